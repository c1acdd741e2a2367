import type { Bench, Figures, Measurement, Subject } from '../measurement.js'
import { PORTKEY } from '../portkey.js'
import { PROMPT_CHARACTERS, toLoad } from './figures.js'

export const requests: Measurement = {
  name: 'requests',
  title: 'Requests that are not streamed: 2.5 KB prompt, 1 KB answer, 32 connections',
  metrics: [
    {
      key: 'requests/s',
      unit: 'requests/s',
      digits: 0,
      throughput: true,
      targets: [
        { comparison: 'at least', value: 15_000 },
        { comparison: 'at least', value: 12, times: PORTKEY },
      ],
    },
    {
      key: 'cpu/request',
      unit: 'µs CPU/request',
      digits: 1,
      targets: [{ comparison: 'at most', value: 80 }],
    },
  ],
  run: runRequests,
}

/** Requests that are not streamed, as fast as they are answered. */
export async function runRequests({ running }: Pick<Subject, 'running'>, bench: Bench): Promise<Figures> {
  await bench.setPlan({})
  const load = toLoad(running, false, PROMPT_CHARACTERS)
  const { replies, windowMs, cpuMs } = await bench.load({ ...load, connections: 32, eventsExpected: 0 })
  return { 'requests/s': (replies / windowMs) * 1000, 'cpu/request': (cpuMs * 1000) / replies }
}
