import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { sliceVectors } from '../../src/bedrock/vector-slices.js'
import { recordingsDir, skipWithout } from '../shared.js'
import { type Recording, readReplies } from './recordings.js'

const MEMBERS = ['float', 'embeddings', 'embedding']

/** What `JSON.parse` finds: the vectors of each member, in the order of the text. */
function vectorsOf(
  value: unknown,
  member = '',
  found = new Map<string, unknown[]>(),
): Map<string, unknown[]> {
  if (Array.isArray(value)) {
    if (value.length > 0 && value.every((item) => typeof item === 'number')) {
      found.set(member, [...(found.get(member) ?? []), value])
    } else for (const item of value) vectorsOf(item, member, found)
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, item] of Object.entries(value)) vectorsOf(item, name, found)
  }
  return found
}

function parseSlices(slices: readonly Buffer[] | null): unknown {
  return slices?.map((slice) => JSON.parse(slice.toString()) as unknown) ?? null
}

function slice(text: string, members: readonly string[], count: number): unknown {
  return parseSlices(sliceVectors(Buffer.from(text), members, count))
}

/** Replies in the shapes that exist: with strings full of brackets and quotes, numbers of every form, and space anywhere. */
const finite = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
  fc.constantFrom(0, 1e-7, -1e21, 5e-324),
)
const text = fc.oneof(
  fc.string(),
  fc.string({ unit: fc.constantFrom('"', '\\', '[', ']', '{', '}', ',', ':', 'é') }),
)
const vector = fc.array(finite, { minLength: 1, maxLength: 8 })
const junk = fc.dictionary(
  text.filter((name) => !MEMBERS.includes(name)),
  fc.oneof(
    text,
    fc.array(text),
    fc.boolean(),
    fc.constant(null),
    finite,
    fc.dictionary(text, text),
    fc.constant([]),
  ),
  { maxKeys: 4 },
)
const vectors = fc.array(vector, { minLength: 1, maxLength: 5 })
const reply = fc.oneof(
  fc
    .tuple(junk, vector)
    .map(([other, embedding]) => ({ ...other, embedding, embeddingsByType: { float: embedding } })),
  fc.tuple(junk, vectors).map(([other, embeddings]) => ({ embeddings, ...other })),
  fc
    .tuple(junk, vectors)
    .map(([other, float]) => ({ ...other, embeddings: { int8: [[1], [2]], float }, ...other })),
  fc.tuple(junk, vectors).map(([other, all]) => ({
    embeddings: all.map((embedding) => ({ ...other, embedding, embeddingType: 'TEXT' })),
  })),
)
const indent = fc.constantFrom(undefined, 1, '\t', '\r\n')

suite('sliceVectors', () => {
  test('finds what JSON.parse finds, in every recorded reply of an embedding model', {
    skip: skipWithout(recordingsDir),
  }, () => {
    const replies = readReplies('InvokeModel').filter(isEmbedding)
    assert.ok(replies.length >= 25, `${replies.length} recordings`)
    for (const { id, json } of replies) {
      const found = vectorsOf(json)
      for (const [member, expected] of found) {
        assert.deepEqual(slice(JSON.stringify(json), [member], expected.length), expected, id)
        assert.equal(slice(JSON.stringify(json), [member], expected.length + 1), null, id)
      }
      assert.ok(found.size > 0, id)
    }
  })

  test('finds what JSON.parse finds, in any reply, and nothing in one that is cut off', () => {
    fc.assert(
      fc.property(reply, indent, fc.nat(), (value, space, cut) => {
        const json = JSON.stringify(value, null, space)
        const found = vectorsOf(JSON.parse(json))
        for (const member of MEMBERS) {
          const expected = found.get(member)
          assert.deepEqual(slice(json, [member], expected?.length ?? 1), expected ?? null)
        }
        const bytes = Buffer.from(json)
        const start = bytes.subarray(0, cut % bytes.length)
        for (const member of MEMBERS) {
          assert.equal(sliceVectors(start, [member], found.get(member)?.length ?? 1), null)
        }
      }),
      { numRuns: 2_000 },
    )
  })

  test('nothing is found in a recorded reply cut off at any byte', {
    skip: skipWithout(recordingsDir),
  }, () => {
    const replies = readReplies('InvokeModel').filter(isEmbedding)
    const short = replies.find(({ id }) => id === '0687')
    const two = replies.find(({ id }) => id === '0167')
    assert.ok(short && two)
    for (const [{ json }, member, count] of [
      [short, 'embedding', 1],
      [two, 'embeddings', 2],
    ] as const) {
      const bytes = Buffer.from(JSON.stringify(json))
      assert.ok(sliceVectors(bytes, [member], count))
      for (let length = 0; length < bytes.length; length += 1) {
        assert.equal(sliceVectors(bytes.subarray(0, length), [member], count), null)
      }
    }
  })

  test('takes the first member that holds as many as were asked for', () => {
    const json = '{"embeddings":{"int8":[[1],[2]],"float":[[0.5],[0.25]]},"embedding":[3]}'
    assert.deepEqual(slice(json, ['float', 'int8'], 2), [[0.5], [0.25]])
    assert.deepEqual(slice(json, ['embeddings', 'int8', 'float'], 2), [[1], [2]])
    assert.deepEqual(slice(json, ['float', 'embedding'], 1), [[3]])
    assert.equal(slice(json, ['float'], 3), null)
    assert.equal(slice(json, ['float'], 0), null)
  })

  test('a name with escapes is the name that it stands for', () => {
    assert.deepEqual(slice('{"\\u0066loat":[1]}', ['float'], 1), [[1]])
  })

  test('never throws, whatever the bytes', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc
        .string({ unit: fc.constantFrom('"', '\\', '[', ']', '{', '}', ':', '1', '-', ' '), maxLength: 200 })
        .map(Buffer.from),
    )
    fc.assert(
      fc.property(bytes, (some) => {
        sliceVectors(Buffer.from(some), MEMBERS, 1)
      }),
      { numRuns: 5_000 },
    )
    assert.equal(sliceVectors(Buffer.from('['.repeat(1_000_000)), MEMBERS, 1), null)
    assert.equal(sliceVectors(Buffer.from('{"float":[1]}}'), MEMBERS, 1), null)
    assert.equal(sliceVectors(Buffer.from('{"float":[1]]'), MEMBERS, 1), null)
  })
})

function isEmbedding({ json }: Recording): boolean {
  return typeof json === 'object' && json !== null && ('embedding' in json || 'embeddings' in json)
}
