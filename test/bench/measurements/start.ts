import { BEDROCKD_BEARER, BEDROCKD_SIGV4 } from '../contenders.js'
import type { Measurement } from '../measurement.js'

export const start: Measurement = {
  name: 'start',
  title: 'Start to /readyz 200 with a snapshot on disk, AWS unreachable',
  metrics: [{ key: 'ready', unit: 'ms', digits: 0, targets: [{ comparison: 'at most', value: 400 }] }],
  contenders: [BEDROCKD_SIGV4, BEDROCKD_BEARER],
  run: async ({ contender }, { context }) => ({
    ready: (await contender.startWithoutAws?.(context)) ?? Number.NaN,
  }),
}
