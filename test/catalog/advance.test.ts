import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decideAdvance, type Observation } from '../../src/catalog/advance.js'

const seen = (models: number, systemProfiles = 10): Observation => ({
  models,
  systemProfiles,
  digest: `${models}/${systemProfiles}`,
})
const decide = (standing: Observation | null, observation: Observation, heldBack = false) =>
  decideAdvance({ standing, fetched: { type: 'complete', observation }, heldBack }).type

test('decideAdvance: the first complete list advances, an equal one changes nothing', () => {
  assert.equal(decide(null, seen(1)), 'advanced')
  assert.equal(decide(seen(100), seen(100)), 'unchanged')
  assert.equal(decide(seen(100), seen(101)), 'advanced')
})

test('decideAdvance: an empty list never advances, not even the second time', () => {
  assert.equal(decide(null, seen(0)), 'failed')
  assert.equal(decide(seen(100), seen(0)), 'failed')
  assert.equal(decide(seen(100), seen(0), true), 'failed')
})

test('decideAdvance: half may go at once, more than half needs a second opinion', () => {
  assert.equal(decide(seen(100), seen(50)), 'advanced')
  assert.equal(decide(seen(100), seen(49)), 'held-back')
  assert.equal(decide(seen(100), seen(49), true), 'advanced')
  assert.equal(decide(seen(101), seen(50)), 'held-back')
})

test('decideAdvance: losing the system profiles counts as losing models', () => {
  assert.equal(decide(seen(100, 10), seen(100, 4)), 'held-back')
  assert.equal(decide(seen(100, 10), seen(100, 5)), 'advanced')
  assert.equal(decide(seen(100, 0), seen(100, 0)), 'unchanged')
})

test('decideAdvance: a failed fetch keeps its reason', () => {
  const decision = decideAdvance({
    standing: seen(1),
    fetched: { type: 'failed', reason: 'why' },
    heldBack: true,
  })
  assert.deepEqual(decision, { type: 'failed', reason: 'why' })
})
