import { createServer } from 'node:net'
import { monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks'
import { isMainThread } from 'node:worker_threads'

/**
 * Loaded before a Node contender (`--import FILE?socket=PATH`): watches its event loop ten times as closely as its metrics do,
 * and its garbage collector. Who connects to the socket gets what was seen since the last time, as JSON. Its ticks cost CPU, so
 * that nothing else is measured in such a process.
 */
const RESOLUTION_MS = 1
const socket = new URL(import.meta.url).searchParams.get('socket')

// Worker threads load it, too.
if (isMainThread && socket !== null) {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  histogram.enable()
  let collectionMaxMs = 0
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) collectionMaxMs = Math.max(collectionMaxMs, duration)
  }).observe({ type: 'gc' })
  const server = createServer((client) => {
    const delayMs = (fraction: number): number =>
      Math.max(0, histogram.percentile(fraction) / 1e6 - RESOLUTION_MS)
    const maxMs = Math.max(0, histogram.max / 1e6 - RESOLUTION_MS)
    client.on('error', () => client.destroy())
    client.end(JSON.stringify({ p50Ms: delayMs(50), p99Ms: delayMs(99), maxMs, collectionMaxMs }))
    histogram.reset()
    collectionMaxMs = 0
  })
  server.listen(socket).unref()
}
