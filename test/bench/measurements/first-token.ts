import { NGINX } from '../contenders.js'
import type { Measurement } from '../measurement.js'
import { percentilesUs, toLoad } from './figures.js'

const EVENTS = 5
const FIRST_TOKEN_DELAY_MS = 20

export const firstToken: Measurement = {
  name: 'first-token',
  title: `Time to the first token, which Bedrock sends after ${FIRST_TOKEN_DELAY_MS} ms, less those and what the upstream takes directly`,
  metrics: [
    {
      key: 'p50',
      unit: 'µs p50',
      digits: 0,
      added: true,
      targets: [{ comparison: 'at most', value: 200 }],
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
    await bench.setPlan({ events: EVENTS, firstTokenDelayMs: FIRST_TOKEN_DELAY_MS })
    const load = { ...toLoad(running, true), connections: 1, eventsExpected: EVENTS }
    const { firstEventsMs } = await bench.load(load)
    return { ...percentilesUs(firstEventsMs) }
  },
}
