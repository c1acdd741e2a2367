import { NGINX } from '../contenders.js'
import { OPEN_LIMIT_MS } from '../load.js'
import type { Measurement } from '../measurement.js'
import { CPU_PER_EVENT, perEvent, toLoad } from './figures.js'

const STREAMS = 400
const EVENTS_PER_SECOND = 40

export const steady: Measurement = {
  name: 'steady',
  title: `${STREAMS} streams of ${EVENTS_PER_SECOND} events/s, one event in each write of the upstream`,
  metrics: [
    { key: 'events/s', unit: 'events/s', digits: 0, pace: STREAMS * EVENTS_PER_SECOND },
    { ...CPU_PER_EVENT, targets: [{ comparison: 'at most', value: 1.5, times: NGINX }] },
  ],
  async run({ running }, bench) {
    const events = endlessEvents(bench, EVENTS_PER_SECOND)
    await bench.setPlan({ events, eventsPerSecond: EVENTS_PER_SECOND })
    const load = { ...toLoad(running, true), connections: STREAMS, streamsOpen: true, eventsExpected: events }
    return perEvent(await bench.load(load))
  },
}

/** So many events that no stream of this pace ends within the run, and be it the last one that opens. */
export function endlessEvents(
  { warmupMs, windowMs }: { readonly warmupMs: number; readonly windowMs: number },
  eventsPerSecond: number,
): number {
  return Math.ceil(((OPEN_LIMIT_MS + warmupMs + windowMs) / 1000 + 5) * eventsPerSecond)
}
