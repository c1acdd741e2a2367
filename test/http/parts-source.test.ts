import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createPartsSource } from '../../src/http/parts-source.js'
import { CORK_BYTES, PIECE_BYTES, type PieceSource } from '../../src/http/piece-source.js'
import { toRemote } from './remote-content.js'

function readAll(source: PieceSource): Uint8Array[] {
  const pieces: Uint8Array[] = []
  for (let bytes = 0; bytes < source.bytesTotal; ) {
    const piece = source.next() as Uint8Array
    assert.ok(piece.length > 0, 'a piece is never empty')
    pieces.push(piece)
    bytes += piece.length
  }
  return pieces
}

test('pieces are the parts in order, whatever sizes they have, and the last of many is never small', () => {
  const size = fc.oneof(
    fc.integer({ min: 0, max: 3 }),
    fc.integer({ min: 0, max: 100_000 }),
    fc.constantFrom(PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, PIECE_BYTES + 2 * CORK_BYTES, 900_000),
  )
  const part = fc.oneof(
    size.map((length) => Buffer.alloc(length, length % 251)),
    fc.string({ unit: 'binary' }),
  )
  fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
      const whole = Buffer.concat(parts.map((each) => Buffer.from(each as string)))
      const source = createPartsSource(parts)
      assert.equal(source.bytesTotal, whole.length)
      const pieces = readAll(source)
      assert.ok(whole.equals(Buffer.concat(pieces)))
      for (const piece of pieces) assert.ok(piece.length <= PIECE_BYTES + 2 * CORK_BYTES)
      if (pieces.length > 1) assert.ok((pieces.at(-1)?.length ?? 0) > CORK_BYTES)
    }),
    { numRuns: 200 },
  )
})

test('parts in a worker are pieces as well, each there until the next is asked for', async () => {
  const length = fc.constantFrom(0, 1, 5_000, CORK_BYTES, PIECE_BYTES, PIECE_BYTES + 2 * CORK_BYTES, 600_000)
  const part = fc.record({ length, remote: fc.boolean() })
  await fc.assert(
    fc.asyncProperty(fc.array(part, { maxLength: 6 }), async (parts) => {
      const contents = parts.map(({ length }, index) => Buffer.alloc(length, index + 1))
      const source = createPartsSource(
        contents.map((content, index) => (parts[index]?.remote === true ? toRemote(content) : content)),
      )
      const pieces: Buffer[] = []
      for (let bytes = 0; bytes < source.bytesTotal; bytes += pieces.at(-1)?.length ?? 0) {
        pieces.push(Buffer.from(await source.next()))
      }
      source.close()
      assert.ok(Buffer.concat(contents).equals(Buffer.concat(pieces)))
      for (const piece of pieces) assert.ok(piece.length > 0 && piece.length <= PIECE_BYTES + 2 * CORK_BYTES)
      if (pieces.length > 1) assert.ok((pieces.at(-1)?.length ?? 0) > CORK_BYTES)
    }),
    { numRuns: 100 },
  )
})

test('a large part is not copied', () => {
  const large = Buffer.alloc(1_000_000)
  const source = createPartsSource([large])
  assert.equal((source.next() as Uint8Array).buffer, large.buffer)
})

test('a hundred thousand small parts are few pieces', () => {
  const source = createPartsSource(Array.from({ length: 100_000 }, () => '0.125,'))
  assert.ok(readAll(source).length <= 3)
})
