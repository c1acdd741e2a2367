import { BEDROCKD_SIGV4, DIRECT, NGINX, SDK_RELAY } from '../contenders.js'
import { loadWith } from '../load-with.js'
import { scrapeLoopDelay } from '../loop-delay.js'
import type { Measurement } from '../measurement.js'
import { readOver } from '../read-over.js'
import { percentile } from '../statistics.js'
import { CPU_PER_EVENT, perEvent, SETTLE_MS, toLoad } from './figures.js'
import { endlessEvents } from './steady.js'

const STREAMS = 2_000
const EVENTS_PER_SECOND = 10
const PROBE_INTERVAL_MS = 10

/** 99th percentiles of a loop are what it keeps one in a hundred waiting; of events, less what they take directly. */
export const manyStreams: Measurement = {
  name: 'many-streams',
  title: `${STREAMS.toLocaleString('en-US')} streams of ${EVENTS_PER_SECOND} events/s: time from the upstream's write to the client, event loop, small requests beside it`,
  contenders: [DIRECT, NGINX, SDK_RELAY, BEDROCKD_SIGV4],
  metrics: [
    { key: 'events/s', unit: 'events/s', digits: 0, pace: STREAMS * EVENTS_PER_SECOND },
    CPU_PER_EVENT,
    { key: 'event-p50', unit: 'ms/event p50', digits: 2, added: true },
    {
      key: 'event-p99',
      unit: 'ms/event p99',
      digits: 2,
      added: true,
      targets: [{ comparison: 'at most', value: 15 }],
    },
    {
      key: 'loop-p99',
      unit: 'ms loop p99',
      digits: 1,
      targets: [{ comparison: 'at most', value: 20 }],
    },
    { key: 'probe-p50', unit: 'ms probe p50', digits: 2 },
    { key: 'probe-p99', unit: 'ms probe p99', digits: 2 },
  ],
  async run({ running }, bench) {
    const times = { warmupMs: SETTLE_MS, windowMs: bench.windowMs }
    const events = endlessEvents(times, EVENTS_PER_SECOND)
    await bench.setPlan({ events, eventsPerSecond: EVENTS_PER_SECOND })
    const load = { ...toLoad(running, true), connections: STREAMS, streamsOpen: true, eventsExpected: events }
    const { metricsPort } = running
    const stamped = { ...load, eventsStamped: true }
    const [result, [{ samplesMs }, loop]] = await loadWith(bench, { load: stamped, times }, (window) =>
      Promise.all([
        bench.probe({ port: running.port, intervalMs: PROBE_INTERVAL_MS }, window),
        metricsPort === undefined ? null : readOver(() => scrapeLoopDelay(metricsPort), window),
      ]),
    )
    return {
      ...perEvent(result),
      'event-p50': percentile(result.delaysMs, 0.5),
      'event-p99': percentile(result.delaysMs, 0.99),
      'loop-p99': loop?.p99Ms ?? Number.NaN,
      'probe-p50': percentile(samplesMs, 0.5),
      'probe-p99': percentile(samplesMs, 0.99),
    }
  },
}
