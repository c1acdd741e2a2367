import assert from 'node:assert/strict'
import { test } from 'node:test'
import { growthOf } from './memory-growth.js'

const MB = 2 ** 20

test('growth goes from the first sample to the last, whatever lies between', () => {
  const growth = growthOf([100 * MB, 140 * MB, 104 * MB], 20_000)
  assert.deepEqual(growth, { firstMb: 100, lastMb: 104, mostMb: 140, growthMb: 4, growthKbPer1000: 102.4 })
})

test('memory that is given back is growth below nothing', () => {
  assert.equal(growthOf([100 * MB, 90 * MB], 1_000).growthMb, -10)
})
