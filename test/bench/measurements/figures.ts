import { NGINX, type Running } from '../contenders.js'
import type { LoadResult } from '../load.js'
import type { Figures, Metric } from '../measurement.js'
import { percentile } from '../statistics.js'

export const PROMPT_CHARACTERS = 2_500
const SHORT_PROMPT_CHARACTERS = 200

/**
 * From the last of thousands of streams being open to the window. 2,000 streams took bedrockd 0.9 to 5 s to open; in the first
 * 1 to 2 s after that the 99th percentile of delays per half second was 60 to 220 ms, later 1 to 15 ms.
 */
export const SETTLE_MS = 2_500

export const EVENTS_PER_SECOND: Metric = {
  key: 'events/s',
  unit: 'events/s',
  digits: 0,
  throughput: true,
}
export const CPU_PER_EVENT: Metric = { key: 'cpu/event', unit: 'µs CPU/event', digits: 2 }

/** What each load of this contender has in common. */
export function toLoad(running: Running, stream: boolean, promptCharacters = SHORT_PROMPT_CHARACTERS) {
  return {
    port: running.port,
    pid: running.pid,
    request: running.request(stream, promptCharacters).toString('base64'),
  }
}

export function perEvent({ events, windowMs, cpuMs }: LoadResult): Figures {
  return { 'events/s': (events / windowMs) * 1000, 'cpu/event': (cpuMs * 1000) / events }
}

export function percentilesUs(sortedMs: readonly number[]): { readonly p50: number; readonly p99: number } {
  return { p50: percentile(sortedMs, 0.5) * 1000, p99: percentile(sortedMs, 0.99) * 1000 }
}

/** Median and p99 of what is added, in µs: the median is held to a figure, the p99 to four times what nginx adds. */
export function addedPercentiles(medianUsMax: number): readonly Metric[] {
  const added = { digits: 0, added: true } as const
  return [
    {
      key: 'p50',
      unit: 'µs p50',
      ...added,
      targets: [{ comparison: 'at most', value: medianUsMax }],
    },
    {
      key: 'p99',
      unit: 'µs p99',
      ...added,
      targets: [{ comparison: 'at most', value: 4, times: NGINX }],
    },
  ]
}
