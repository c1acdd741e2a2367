import type { Measurement } from '../measurement.js'
import { addedPercentiles, PROMPT_CHARACTERS, percentilesUs, toLoad } from './figures.js'

export const latency: Measurement = {
  name: 'latency',
  title: 'The same on one connection: latency, less what the upstream takes directly',
  metrics: addedPercentiles(100),
  async run({ running }, bench) {
    await bench.setPlan({})
    const load = toLoad(running, false, PROMPT_CHARACTERS)
    const { latenciesMs } = await bench.load({ ...load, connections: 1, eventsExpected: 0 })
    return { ...percentilesUs(latenciesMs) }
  },
}
