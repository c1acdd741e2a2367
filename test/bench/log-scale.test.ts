import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toLogScale } from './log-scale.js'

const ends = { from: 0, to: 100 }

test('equal factors are equal distances', () => {
  const scale = toLogScale([1, 10_000], ends)
  assert.deepEqual([1, 10, 100, 10_000].map(scale.at), [0, 25, 50, 100])
})

test('an axis may run downwards', () => {
  const scale = toLogScale([1, 100], { from: 100, to: 0 })
  assert.deepEqual([1, 10, 100].map(scale.at), [100, 50, 0])
})

test('the ends are round values around all others', () => {
  assert.deepEqual(toLogScale([3, 40], ends).ticks, [2, 5, 10, 20, 50])
  assert.deepEqual(toLogScale([0.03, 0.4], ends).ticks, [0.02, 0.05, 0.1, 0.2, 0.5])
})

test('many decades have powers of ten only', () => {
  assert.deepEqual(toLogScale([1, 25_000_000], ends).ticks, [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7])
})

test('a single value has an axis, too', () => {
  for (const value of [1, 3, 10, 0.5]) {
    const scale = toLogScale([value, value], ends)
    assert.ok(scale.ticks.length >= 2, String(value))
    assert.ok(scale.at(value) >= 0 && scale.at(value) <= 100, String(value))
  }
})
