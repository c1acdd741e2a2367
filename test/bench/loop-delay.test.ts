import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createMetrics } from '../../src/metrics.js'
import { parseLoopDelay } from './loop-delay.js'

const gauges = { streamsOpen: () => 0, connectionsOpen: () => 0, embeddingInputsWaiting: () => 0 }

function hold(ms: number): void {
  const endMs = performance.now() + ms
  while (performance.now() < endMs);
}

test('the delay is what the daemon’s own metrics say, without the ticks of the histogram itself', async () => {
  const metrics = createMetrics(gauges)
  await metrics.watchProcess()
  await sleep(50)
  await metrics.expose()
  for (let round = 0; round < 5; round += 1) {
    hold(100)
    await sleep(30)
  }
  const { maxMs } = parseLoopDelay((await metrics.expose()).text)
  // From one tick to the next: at least the hold less the 10 ms before which no tick was due.
  assert.ok(maxMs >= 80, `${maxMs} ms`)
})

test('asking for the metrics starts the histogram anew', async () => {
  const metrics = createMetrics(gauges)
  await metrics.watchProcess()
  await sleep(30)
  hold(3_000)
  await sleep(30)
  const held = parseLoopDelay((await metrics.expose()).text)
  await sleep(50)
  const after = parseLoopDelay((await metrics.expose()).text)
  assert.ok(after.maxMs < held.maxMs, `${held.maxMs} then ${after.maxMs} ms`)
})

test('metrics without the figures are refused', () => {
  assert.throws(() => parseLoopDelay('nodejs_eventloop_lag_p50_seconds 0.01\n'), /p99_seconds/)
})
