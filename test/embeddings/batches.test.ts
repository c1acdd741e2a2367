import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toBatches } from '../../src/embeddings/batches.js'
import { COHERE_V3, COHERE_V4 } from '../../src/translate/embedding-models/cohere.js'
import type { ReadyInput } from '../../src/translate/embedding-models/types.js'

const text = (length: number): ReadyInput => ({ type: 'text', text: 'x'.repeat(length) })
const PICTURE: ReadyInput = { type: 'image', base64: 'AAAA' }

test('texts are split by count, in order', () => {
  const batches = toBatches(
    Array.from({ length: 200 }, () => text(1)),
    COHERE_V3,
  )
  assert.deepEqual(
    batches.map(({ inputs }) => inputs.length),
    [96, 96, 8],
  )
  assert.deepEqual(
    batches.flatMap(({ indexes }) => indexes),
    Array.from({ length: 200 }, (_, index) => index),
  )
})

test('texts are split by characters, and one that is too long is alone', () => {
  const max = COHERE_V4.batchCharactersMax
  const batches = toBatches([text(max - 1), text(1), text(1), text(max + 1), text(1)], COHERE_V4)
  assert.deepEqual(
    batches.map(({ indexes }) => indexes),
    [[0, 1], [2], [3], [4]],
  )
})

test('pictures make calls of their own and keep their places', () => {
  const inputs = [text(1), PICTURE, text(1), PICTURE]
  const places = (adapter: typeof COHERE_V4) => toBatches(inputs, adapter).map(({ indexes }) => indexes)
  assert.deepEqual(places(COHERE_V4), [
    [0, 2],
    [1, 3],
  ])
  assert.deepEqual(places(COHERE_V3), [[0, 2], [1], [3]])
})
