import { BEDROCKD_SIGV4, NGINX } from '../contenders.js'
import type { Measurement } from '../measurement.js'
import { growthOf } from '../memory-growth.js'
import { PROMPT_CHARACTERS, toLoad } from './figures.js'

const REQUESTS = 200_000
const REQUESTS_PER_SAMPLE = 20_000
const SAMPLES = REQUESTS / REQUESTS_PER_SAMPLE
/** A contender that needs longer for one sample is none. */
const SAMPLE_LIMIT_MS = 120_000
/**
 * What counts as flat. The heap breathes by some MB from one sample to the next; whatever a request leaves behind for good, were
 * it one empty object of 56 bytes in a map, is more than this over 180,000 requests.
 */
const GROWTH_MAX_MB = 10

export const flatMemory: Measurement = {
  name: 'flat',
  title: `Memory of a fresh process over ${REQUESTS.toLocaleString('en-US')} requests that are not streamed, from sample 1 to sample ${SAMPLES}`,
  contenders: [NGINX, BEDROCKD_SIGV4],
  // Ten samples of half a minute each in itself.
  roundsMax: 1,
  metrics: [
    { key: 'first', unit: 'MB first', digits: 1 },
    { key: 'last', unit: 'MB last', digits: 1 },
    { key: 'most', unit: 'MB most', digits: 1 },
    {
      key: 'growth',
      unit: 'MB growth',
      digits: 1,
      targets: [{ comparison: 'at most', value: GROWTH_MAX_MB }],
    },
    { key: 'per-1000', unit: 'KB/1,000 requests', digits: 1 },
  ],
  async run({ contender }, bench) {
    const running = await contender.start(bench.context)
    try {
      await bench.setPlan({})
      const load = { ...toLoad(running, false, PROMPT_CHARACTERS), connections: 32, eventsExpected: 0 }
      const samplesBytes: number[] = []
      while (samplesBytes.length < SAMPLES) {
        const times = { warmupMs: 0, windowMs: SAMPLE_LIMIT_MS }
        const result = await bench.load({ ...load, repliesMax: REQUESTS_PER_SAMPLE }, times)
        if (result.replies < REQUESTS_PER_SAMPLE) throw new Error('too slow for 200,000 requests')
        samplesBytes.push(result.residentBytes)
      }
      const { firstMb, lastMb, mostMb, growthMb, growthKbPer1000 } = growthOf(
        samplesBytes,
        REQUESTS_PER_SAMPLE,
      )
      return { first: firstMb, last: lastMb, most: mostMb, growth: growthMb, 'per-1000': growthKbPer1000 }
    } finally {
      await running.stop()
    }
  },
}
