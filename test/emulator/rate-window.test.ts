import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRateWindow } from './rate-window.js'

test('createRateWindow: in any second as many calls as are admitted; refused ones do not count', () => {
  let nowMs = 0
  const window = createRateWindow(() => nowMs)
  const admittedAt = (atMs: number) => {
    nowMs = atMs
    return window.admits(2)
  }
  assert.deepEqual([0, 400, 500, 999].map(admittedAt), [true, true, false, false])
  assert.deepEqual([1000, 1001, 1399, 1400, 1401].map(admittedAt), [true, false, false, true, false])
})

test('createRateWindow: no limit admits everything, and clear forgets what was counted', () => {
  const window = createRateWindow(() => 0)
  assert(Array.from({ length: 100 }, () => window.admits(0)).every((admitted) => admitted))
  assert.deepEqual([window.admits(1), window.admits(1)], [true, false])
  window.clear()
  assert(window.admits(1))
})
