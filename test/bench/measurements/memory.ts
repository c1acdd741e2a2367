import { BEDROCKD_SIGV4, NGINX, SDK_RELAY } from '../contenders.js'
import type { Measurement } from '../measurement.js'
import { PORTKEY } from '../portkey.js'
import { SETTLE_MS, toLoad } from './figures.js'
import { endlessEvents } from './steady.js'

const STREAMS = 5_000
/** Slow, so that the memory is what streams take that are open, not what is under way in them. */
const EVENTS_PER_SECOND = 0.5
/**
 * From ready to idle: bedrockd's control thread ends 5 s after the first refresh of the model list, and V8 gives back what a
 * start needed 8 s after it, Portkey's like bedrockd's. From the tenth second on nothing changed in 25 s.
 */
const IDLE_AFTER_MS = 12_000

const IDLE = { warmupMs: 0, windowMs: 200 }
const BUSY = { warmupMs: SETTLE_MS, windowMs: 1_000 }

export const memory: Measurement = {
  name: 'memory',
  title: `Memory of a fresh process: idle, ${IDLE_AFTER_MS / 1000} s after it is ready, and for each of ${STREAMS.toLocaleString('en-US')} open streams`,
  contenders: [NGINX, SDK_RELAY, BEDROCKD_SIGV4, PORTKEY],
  freshMs: IDLE_AFTER_MS,
  metrics: [
    { key: 'idle', unit: 'MB idle', digits: 1, targets: [{ comparison: 'at most', value: 110 }] },
    { key: 'many', unit: 'KB/stream', digits: 1, targets: [{ comparison: 'at most', value: 16 }] },
  ],
  async run({ running }, bench) {
    const events = endlessEvents(BUSY, EVENTS_PER_SECOND)
    await bench.setPlan({ events, eventsPerSecond: EVENTS_PER_SECOND })
    const load = { ...toLoad(running, true), eventsExpected: events }
    const idle = await bench.load({ ...load, connections: 0 }, IDLE)
    const busy = await bench.load({ ...load, connections: STREAMS, streamsOpen: true }, BUSY)
    return {
      idle: idle.residentBytes / 2 ** 20,
      many: (busy.residentBytes - idle.residentBytes) / STREAMS / 1024,
    }
  },
}
