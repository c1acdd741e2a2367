import assert from 'node:assert/strict'
import { test } from 'node:test'
import { editDistance, nearest } from '../../src/config/nearest.js'

test('editDistance counts insertions, deletions and replacements', () => {
  assert.equal(editDistance('', ''), 0)
  assert.equal(editDistance('', 'abc'), 3)
  assert.equal(editDistance('abc', ''), 3)
  assert.equal(editDistance('kitten', 'sitting'), 3)
  assert.equal(editDistance('ping_seconds', 'ping_second'), 1)
})

test('nearest leaves the prefix and letter case aside, and has no answer without candidates', () => {
  assert.equal(nearest('BEDROCKD_port', ['BEDROCKD_PORTS', 'PORT']), 'PORT')
  assert.equal(nearest('x', []), undefined)
})
