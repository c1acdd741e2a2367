import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toBits, toInt8, toPackedBits, vectorOf } from './vector.js'

test('vectorOf: the same subject has the same vector, another content, purpose or length another one', () => {
  const subject = { content: 'a', purpose: 'search_query', dimensions: 256 }
  const vector = vectorOf(subject)
  assert.deepEqual(vectorOf({ ...subject }), vector)
  for (const change of [{ content: 'b' }, { purpose: 'search_document' }, { dimensions: 512 }]) {
    assert.notDeepEqual(vectorOf({ ...subject, ...change }).slice(0, 256), vector)
  }
})

test('vectorOf: vectors have their number of dimensions, are 1 long and survive as float32', () => {
  for (const dimensions of [256, 384, 512, 1024, 1536, 3072]) {
    const vector = vectorOf({ content: 'Hello', dimensions })
    assert.equal(vector.length, dimensions)
    assert(Math.abs(Math.hypot(...vector) - 1) < 1e-5)
    assert.deepEqual([...Float32Array.from(vector)], vector)
  }
})

test('vectors as whole numbers and as bits', () => {
  assert.deepEqual(toInt8([1, -1, 0.5, 0]), [127, -127, 64, 0])
  assert.deepEqual(toBits([0.1, -0.1, 0]), [1, 0, 0])
  assert.deepEqual(toPackedBits([1, -1, -1, -1, -1, -1, -1, 1, 1]), [0b1000_0001, 0b1000_0000])
})
