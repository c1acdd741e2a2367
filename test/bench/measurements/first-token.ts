import type { Measurement } from '../measurement.js'
import { addedPercentiles, percentilesUs, toLoad } from './figures.js'

const EVENTS = 5
const FIRST_TOKEN_DELAY_MS = 20

export const firstToken: Measurement = {
  name: 'first-token',
  title: `Time to the first token, which Bedrock sends after ${FIRST_TOKEN_DELAY_MS} ms, less those and what the upstream takes directly`,
  metrics: addedPercentiles(200),
  async run({ running }, bench) {
    await bench.setPlan({ events: EVENTS, firstTokenDelayMs: FIRST_TOKEN_DELAY_MS })
    const load = { ...toLoad(running, true), connections: 1, eventsExpected: EVENTS }
    const { firstEventsMs } = await bench.load(load)
    return { ...percentilesUs(firstEventsMs) }
  },
}
