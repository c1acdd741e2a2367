import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { InputImageRules } from '../../src/translate/image-models/types.js'
import { fitSize } from '../../workers/fit-size.js'

const RULES: InputImageRules = {
  formats: ['png'],
  alpha: true,
  sideMin: 64,
  sideMax: 4096,
  pixelsMin: 4096,
  pixelsMax: 9_437_184,
  aspectMax: 2.5,
  countMax: 1,
}

test('fitSize: what the model takes stays', () => {
  assert.deepEqual(fitSize({ width: 64, height: 100 }, RULES), { width: 64, height: 100 })
})

test('fitSize: a small picture grows to the least side', () => {
  assert.deepEqual(fitSize({ width: 1, height: 1 }, RULES), { width: 64, height: 64 })
  assert.deepEqual(fitSize({ width: 20, height: 10 }, RULES), { width: 128, height: 64 })
})

test('fitSize: a large one shrinks to the longest side, or to the pixels', () => {
  assert.deepEqual(fitSize({ width: 8192, height: 4096 }, RULES), { width: 4096, height: 2048 })
  assert.deepEqual(fitSize({ width: 4096, height: 4096 }, RULES), { width: 3072, height: 3072 })
})

test('fitSize: proportions on their limit stay within it', () => {
  const size = fitSize({ width: 9999, height: 4000 }, RULES)
  assert.ok(size !== null && size.width / size.height <= 2.5, JSON.stringify(size))
})

test('fitSize: null where no size fits', () => {
  const narrow = { ...RULES, sideMin: 320, sideMax: 400, aspectMax: null }
  assert.equal(fitSize({ width: 1000, height: 100 }, narrow), null)
})

test('fitSize: whatever the picture, the rules hold and its proportions hardly change', () => {
  const side = fc.integer({ min: 1, max: 20_000 })
  fc.assert(
    fc.property(side, side, (width, height) => {
      fc.pre(Math.max(width, height) / Math.min(width, height) <= 2.5)
      const size = fitSize({ width, height }, RULES)
      assert.ok(size !== null)
      const sides = [size.width, size.height]
      assert.ok(Math.min(...sides) >= RULES.sideMin && Math.max(...sides) <= RULES.sideMax)
      assert.ok(size.width * size.height <= RULES.pixelsMax)
      const [longer, shorter] = [Math.max(...sides), Math.min(...sides)]
      assert.ok(longer / shorter <= 2.5)
      assert.ok(Math.abs(size.width / size.height / (width / height) - 1) < 0.03)
    }),
    { numRuns: 2_000 },
  )
})
