import { NGINX } from '../contenders.js'
import type { Measurement } from '../measurement.js'
import { PROMPT_CHARACTERS, percentilesUs, toLoad } from './figures.js'

export const latency: Measurement = {
  name: 'latency',
  title: 'The same on one connection: latency, less what the upstream takes directly',
  metrics: [
    {
      key: 'p50',
      unit: 'µs p50',
      digits: 0,
      added: true,
      targets: [{ comparison: 'at most', value: 100 }],
    },
    {
      key: 'p99',
      unit: 'µs p99',
      digits: 0,
      added: true,
      targets: [{ comparison: 'at most', value: 4, times: NGINX }],
    },
  ],
  async run({ running }, bench) {
    await bench.setPlan({})
    const load = toLoad(running, false, PROMPT_CHARACTERS)
    const { latenciesMs } = await bench.load({ ...load, connections: 1, eventsExpected: 0 })
    return { ...percentilesUs(latenciesMs) }
  },
}
