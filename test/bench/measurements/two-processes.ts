import { BEDROCKD_SIGV4 } from '../contenders.js'
import type { Bench, Measurement, Subject } from '../measurement.js'
import { runRequests } from './requests.js'
import { runSaturation } from './saturation.js'

const SPEEDUP_MIN = 1.8
/** One for each process and one for the load side. */
const CORES_MIN = 3
const TARGET = { comparison: 'at least', value: SPEEDUP_MIN, coresMin: CORES_MIN } as const

export const twoProcesses: Measurement = {
  name: 'two-processes',
  title:
    'Two processes on one port against one in the same round; where no third core is free, the second shares that of the load side',
  contenders: [BEDROCKD_SIGV4],
  metrics: [
    { key: 'cores', unit: 'cores', digits: 0 },
    { key: 'requests-1', unit: 'requests/s of one', digits: 0 },
    { key: 'requests-2', unit: 'of two', digits: 0 },
    { key: 'requests-times', unit: 'times the requests/s of one process', digits: 2, targets: [TARGET] },
    { key: 'events-1', unit: 'events/s of one', digits: 0 },
    { key: 'events-2', unit: 'of two', digits: 0 },
    { key: 'events-times', unit: 'times the events/s of one process', digits: 2, targets: [TARGET] },
  ],
  async run({ contender }, bench) {
    const { cores } = bench
    const core = cores?.contender ?? null
    const second = cores === null ? null : (cores.spare[0] ?? cores.load)
    const one = await measure(contender, bench, [core])
    const two = await measure(contender, bench, [core, second])
    return {
      cores: cores === null ? Number.NaN : 2 + cores.spare.length,
      'requests-1': one.requests,
      'requests-2': two.requests,
      'requests-times': two.requests / one.requests,
      'events-1': one.events,
      'events-2': two.events,
      'events-times': two.events / one.events,
    }
  },
}

/** Throughput of as many processes as cores are named. */
async function measure(
  contender: Subject['contender'],
  bench: Bench,
  cores: readonly (number | null)[],
): Promise<{ readonly requests: number; readonly events: number }> {
  if (contender.startOn === undefined) throw new Error(`${contender.name} can't share a port`)
  const running = await contender.startOn(bench.context, cores)
  try {
    const { 'requests/s': requests = Number.NaN } = await runRequests({ running }, bench)
    const { 'events/s': events = Number.NaN } = await runSaturation({ running }, bench, 50)
    return { requests, events }
  } finally {
    await running.stop()
  }
}
