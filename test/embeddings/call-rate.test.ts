import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CallRate } from '../../src/embeddings/call-rate.js'

/** The middle of the jitter: three quarters of the longest pause. */
const half = () => 0.5
const FIRST_PAUSE_MS = 187.5

function succeed(rate: CallRate, times: number, atMs: number): void {
  for (let count = 0; count < times; count += 1) rate.onSucceeded(atMs, atMs)
}

test('without a throttle there is no limit and no wait', () => {
  const rate = new CallRate(half)
  for (let count = 0; count < 1_000; count += 1) rate.onStarted(0)
  assert.equal(rate.perSecond(0), Number.POSITIVE_INFINITY)
  assert.equal(rate.delayMs(0), 0)
  assert.ok(rate.isForgettable(0))
})

test('a throttle pauses, and leaves a part of what went well in the last second', () => {
  const rate = new CallRate(half)
  succeed(rate, 500, 1_000)
  succeed(rate, 100, 5_000)
  assert.equal(rate.onThrottled(5_100, 5_200), true)
  assert.equal(rate.perSecond(5_200), 70)
  assert.equal(rate.delayMs(5_200), FIRST_PAUSE_MS)
  assert.equal(rate.isForgettable(5_200), false)
})

test('calls that were under way together are one wave', () => {
  const rate = new CallRate(half)
  succeed(rate, 100, 5_000)
  assert.equal(rate.onThrottled(5_000, 5_010), true)
  for (const startedAtMs of [5_000, 5_005, 5_010]) assert.equal(rate.onThrottled(startedAtMs, 5_020), false)
  assert.equal(rate.perSecond(5_020), 70)
  assert.equal(rate.onThrottled(6_100, 6_110), true)
  assert.ok(rate.perSecond(6_110) < 70)
})

test('a wave right after another pauses, but lowers nothing: AWS still counts the calls that led to the first', () => {
  const rate = new CallRate(half)
  succeed(rate, 100, 5_000)
  rate.onThrottled(5_000, 5_010)
  assert.equal(rate.onThrottled(5_300, 5_310), true)
  assert.ok(rate.perSecond(5_310) >= 70)
  assert.equal(rate.delayMs(5_310), 2 * FIRST_PAUSE_MS)
})

test('pauses double from wave to wave, up to ten seconds, until a call of after the throttle succeeds', () => {
  const rate = new CallRate(() => 1 - Number.EPSILON)
  const pauses: number[] = []
  let nowMs = 0
  for (let wave = 0; wave < 8; wave += 1) {
    assert.equal(rate.onThrottled(nowMs, nowMs + 1), true)
    // What was under way before says nothing new.
    rate.onSucceeded(nowMs - 1, nowMs + 1)
    pauses.push(Math.round(rate.delayMs(nowMs + 1)))
    nowMs += 20_000
  }
  assert.deepEqual(pauses, [250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000])
  rate.onSucceeded(nowMs, nowMs)
  rate.onThrottled(nowMs + 1, nowMs + 2)
  assert.equal(Math.round(rate.delayMs(nowMs + 2)), 250)
})

test('calls are spread evenly at the limit, and a late timer makes no burst', () => {
  const rate = new CallRate(half)
  succeed(rate, 100, 5_000)
  rate.onThrottled(5_000, 5_000)
  const resumedMs = 5_000 + FIRST_PAUSE_MS
  assert.equal(rate.delayMs(resumedMs), 0)
  rate.onStarted(resumedMs)
  assert.ok(Math.abs(rate.delayMs(resumedMs) - 1000 / 70) < 0.5)
  const lateMs = resumedMs + 5_000
  let started = 0
  for (; rate.delayMs(lateMs) === 0; started += 1) rate.onStarted(lateMs)
  assert.ok(started <= 2, `${started} calls at once`)
})

test('the rate grows slowly, also from nothing', () => {
  const rate = new CallRate(half)
  succeed(rate, 100, 5_000)
  rate.onThrottled(5_000, 5_000)
  const resumedMs = 5_000 + FIRST_PAUSE_MS
  assert.equal(rate.perSecond(resumedMs + 2_000), 70 + 2 * 7)
  const silent = new CallRate(half)
  silent.onThrottled(0, 0)
  assert.ok(silent.perSecond(0) > 0)
  assert.ok(silent.perSecond(10_000) > 5 && silent.perSecond(10_000) < 15)
})

test('a second throttle in the pause-free time lowers the rate that is in force', () => {
  const rate = new CallRate(half)
  succeed(rate, 100, 5_000)
  rate.onThrottled(5_000, 5_000)
  succeed(rate, 10, 6_500)
  rate.onThrottled(6_500, 6_600)
  assert.equal(rate.perSecond(6_600), 7)
})

test('two minutes after the last throttle there is no limit any more', () => {
  const rate = new CallRate(half)
  rate.onThrottled(0, 0)
  assert.equal(rate.isForgettable(120_000), false)
  assert.equal(rate.isForgettable(120_001), true)
  rate.onStarted(120_001)
  assert.equal(rate.perSecond(120_001), Number.POSITIVE_INFINITY)
  assert.equal(rate.delayMs(120_001), 0)
})
