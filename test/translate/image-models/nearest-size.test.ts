import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { nearestInRange, nearestOf } from '../../../src/translate/image-models/nearest-size.js'

const RANGE = { sideMin: 320, sideMax: 4096, step: 16, pixelsMax: 4_194_303, aspectMax: 4 } as const

test('nearestInRange: a size that can be made stays as it is', () => {
  const sides = fc.integer({ min: 20, max: 256 }).map((steps) => steps * 16)
  fc.assert(
    fc.property(sides, sides, (width, height) => {
      const long = Math.max(width, height) / Math.min(width, height)
      fc.pre(long <= 4 && width * height <= RANGE.pixelsMax)
      assert.deepEqual(nearestInRange({ width, height }, RANGE), { width, height })
    }),
  )
})

test('nearestInRange: whatever is wanted, the result can be made and has nearly its shape', () => {
  const side = fc.oneof(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 999_999 }))
  fc.assert(
    fc.property(side, side, (width, height) => {
      const size = nearestInRange({ width, height }, RANGE)
      for (const each of [size.width, size.height]) {
        assert.ok(each >= 320 && each <= 4096 && each % 16 === 0, JSON.stringify(size))
      }
      assert.ok(size.width * size.height < 4_194_304, JSON.stringify(size))
      const aspect = size.width / size.height
      assert.ok(aspect >= 0.25 && aspect <= 4, JSON.stringify(size))
      const wanted = Math.min(4, Math.max(0.25, width / height))
      // One step of 16 in 320, on either side.
      assert.ok(Math.abs(Math.log(aspect / wanted)) < 0.1, `${width}x${height} ${JSON.stringify(size)}`)
    }),
    { numRuns: 1000 },
  )
})

test('nearestOf: the shape goes before the area, and wide is as far as high', () => {
  const square = { width: 1024, height: 1024 }
  const small = { width: 512, height: 512 }
  const wide = { width: 1152, height: 768 }
  const high = { width: 768, height: 1152 }
  const sizes = [square, small, wide, high] as const
  assert.equal(nearestOf({ width: 256, height: 256 }, sizes), small)
  assert.equal(nearestOf({ width: 600, height: 600 }, sizes), small)
  assert.equal(nearestOf({ width: 4096, height: 4096 }, sizes), square)
  assert.equal(nearestOf({ width: 300, height: 200 }, sizes), wide)
  assert.equal(nearestOf({ width: 100, height: 900 }, sizes), high)
})
