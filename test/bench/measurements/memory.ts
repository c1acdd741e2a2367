import { BEDROCKD_SIGV4, NGINX, SDK_RELAY } from '../contenders.js'
import type { Measurement } from '../measurement.js'
import { toLoad } from './figures.js'

const FEW_STREAMS = 1_000
const MANY_STREAMS = 5_000
/** Slow, so that the memory is what streams take that are open, not what is under way in them. */
const EVENTS_PER_SECOND = 2
const EVENTS = 1_000

const IDLE = { warmupMs: 500, windowMs: 500 }
const FEW = { warmupMs: 1_500, windowMs: 1_000 }
const MANY = { warmupMs: 4_000, windowMs: 1_500 }

export const memory: Measurement = {
  name: 'memory',
  title: `Memory of a fresh process: idle, and for each open stream of ${FEW_STREAMS.toLocaleString('en-US')} and of ${MANY_STREAMS.toLocaleString('en-US')}`,
  contenders: [NGINX, SDK_RELAY, BEDROCKD_SIGV4],
  metrics: [
    { key: 'idle', unit: 'MB idle', digits: 1, targets: [{ comparison: 'at most', value: 110 }] },
    { key: 'few', unit: `KB/stream of ${FEW_STREAMS}`, digits: 1 },
    {
      key: 'many',
      unit: `KB/stream of ${MANY_STREAMS}`,
      digits: 1,
      targets: [{ comparison: 'at most', value: 16 }],
    },
  ],
  async run({ contender }, bench) {
    const running = await contender.start(bench.context)
    try {
      await bench.setPlan({ events: EVENTS, eventsPerSecond: EVENTS_PER_SECOND })
      const load = { ...toLoad(running, true), eventsExpected: EVENTS }
      const idle = await bench.load({ ...load, connections: 0 }, IDLE)
      const perStream = async (connections: number, times: typeof FEW): Promise<number> => {
        const busy = await bench.load({ ...load, connections }, times)
        return (busy.residentBytes - idle.residentBytes) / connections / 1024
      }
      const few = await perStream(FEW_STREAMS, FEW)
      const many = await perStream(MANY_STREAMS, MANY)
      return { idle: idle.residentBytes / 2 ** 20, few, many }
    } finally {
      await running.stop()
    }
  },
}
