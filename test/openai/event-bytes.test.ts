import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { EventBytes } from '../../src/openai/event-bytes.js'

const OWNER = {}
const OTHER = {}

/** What is gathered one after the other: a text, bytes, or a part of bytes. */
const pieces = fc.array(
  fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 40_000, size: 'max' }),
    fc.string({ unit: 'grapheme', maxLength: 60 }),
    fc.uint8Array({ maxLength: 90_000, size: 'max' }),
    fc.uint8Array({ maxLength: 60 }),
  ),
  { maxLength: 6 },
)

test('what was gathered is taken in order, byte by byte, however large, and again and again', () => {
  const out = new EventBytes()
  fc.assert(
    fc.property(pieces, fc.boolean(), (gathered, inPart) => {
      out.begin(OWNER)
      for (const piece of gathered) {
        if (typeof piece === 'string') out.write(piece)
        else if (inPart)
          out.copy(Buffer.concat([Buffer.from('<'), piece, Buffer.from('>')]), 1, piece.length + 1)
        else out.append(piece)
      }
      const expected = Buffer.concat(
        gathered.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece)),
      )
      assert.equal(out.length, expected.length)
      const taken = out.take(OWNER)
      if (expected.length === 0) assert.equal(taken, null)
      else assert.deepEqual(taken, expected)
      assert.equal(out.take(OWNER), null)
    }),
    { numRuns: 150 },
  )
})

test('what one has gathered goes to nobody else, taken or not', () => {
  const out = new EventBytes()
  out.begin(OWNER)
  out.write('secret')
  assert.equal(out.take(OTHER), null)
  out.begin(OTHER)
  assert.equal(out.length, 0)
  assert.equal(out.take(OWNER), null)
  out.write('mine')
  assert.equal(String(out.take(OTHER)), 'mine')
})

test('what one gathers in several parts stays together', () => {
  const out = new EventBytes()
  out.begin(OWNER)
  out.write('a')
  out.begin(OWNER)
  out.write('b')
  assert.equal(String(out.take(OWNER)), 'ab')
})
