import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createBodyParts } from '../../src/http/body-parts.js'

function collect(chunks: readonly Uint8Array[]): Buffer[] {
  const parts = createBodyParts()
  chunks.forEach((chunk, index) => {
    const memory = new Uint8Array(chunk).buffer
    parts.push(memory, index === chunks.length - 1)
    // What uWebSockets.js does after its callback.
    structuredClone(memory, { transfer: [memory] })
  })
  return parts.take()
}

test('whatever the chunks are, the parts hold their bytes in order', () => {
  const sizes = fc.oneof(fc.constantFrom(0, 1, 2, 16_383, 16_384, 65_535, 65_536, 65_537), fc.nat(70_000))
  fc.assert(
    fc.property(fc.array(sizes, { maxLength: 12 }), (lengths) => {
      const chunks = lengths.map((length, index) => Buffer.alloc(length, index + 1))
      assert.ok(Buffer.concat(collect(chunks)).equals(Buffer.concat(chunks)))
    }),
    { numRuns: 60 },
  )
})

test('whenever memory is there, and however much, the parts hold the bytes in order and nothing else', () => {
  const sizes = fc.oneof(fc.constantFrom(0, 1, 16_384, 65_537), fc.nat(40_000))
  fc.assert(
    fc.property(
      fc.array(sizes, { maxLength: 8 }),
      fc.nat(8),
      fc.integer({ min: -30_000, max: 30_000 }),
      (lengths, readyAt, room) => {
        const chunks = lengths.map((length, index) => Buffer.alloc(length, index + 1))
        const body = Buffer.concat(chunks)
        const parts = createBodyParts()
        const memory = Buffer.alloc(Math.max(0, body.length + room), 255)
        chunks.forEach((chunk, index) => {
          if (index === readyAt) parts.moveTo(memory)
          parts.push(chunk, false)
        })
        const taken = parts.take()
        assert.ok(Buffer.concat(taken).equals(body))
        const isOne = readyAt < chunks.length && room >= 0 && body.length > 0
        if (isOne) assert.deepEqual([taken.length, taken[0]?.buffer], [1, memory.buffer])
      },
    ),
    { numRuns: 200 },
  )
})

test('a body that came byte by byte becomes parts of 64 KiB', () => {
  const parts = collect(Array.from({ length: 200_000 }, (_, index) => Uint8Array.of(index)))
  assert.deepEqual(
    parts.map((part) => part.length),
    [65_536, 65_536, 65_536, 3_392],
  )
})

test('every part has memory of its own, so that it can move to a worker', () => {
  const parts = collect([1, 20_000, 1, 1, 70_000, 3].map((length) => Buffer.alloc(length)))
  assert.equal(new Set(parts.map((part) => part.buffer)).size, parts.length)
  for (const part of parts) assert.equal(part.buffer.byteLength, part.length)
})

test('a body in one chunk is one part', () => {
  assert.deepEqual(collect([Buffer.from('{}')]), [Buffer.from('{}')])
})

test('what was dropped is gone', () => {
  const parts = createBodyParts()
  parts.push(new Uint8Array([1]).buffer, false)
  parts.push(new Uint8Array(20_000).buffer, false)
  parts.moveTo(Buffer.alloc(30_000))
  parts.drop()
  assert.deepEqual(parts.take(), [])
})
