import { NGINX, SDK_RELAY } from '../contenders.js'
import type { Bench, Figures, Measurement, Subject } from '../measurement.js'
import { PORTKEY } from '../portkey.js'
import { CPU_PER_EVENT, EVENTS_PER_SECOND, perEvent, toLoad } from './figures.js'

const EVENTS = 500
const SINGLE_ROUNDS_MAX = 3

export const saturation: Measurement = {
  name: 'saturation',
  title: `Streams of ${EVENTS} events as fast as they come, 64 connections, 50 events in one HTTP chunk`,
  metrics: [
    {
      ...EVENTS_PER_SECOND,
      comparedWith: [NGINX],
      targets: [
        { comparison: 'at least', value: 250_000 },
        { comparison: 'at least', value: 5, times: SDK_RELAY },
        { comparison: 'at least', value: 5, times: PORTKEY },
      ],
    },
    CPU_PER_EVENT,
  ],
  run: (subject, bench) => runSaturation(subject, bench, 50),
}

export const saturationSingle: Measurement = {
  name: 'saturation-single',
  title: 'The same, each event in an HTTP chunk of its own',
  // No target is about it.
  roundsMax: SINGLE_ROUNDS_MAX,
  metrics: [{ ...EVENTS_PER_SECOND, comparedWith: [NGINX, SDK_RELAY] }, CPU_PER_EVENT],
  run: (subject, bench) => runSaturation(subject, bench, 1),
}

/** Streams as fast as they come. */
export async function runSaturation(
  { running }: Pick<Subject, 'running'>,
  bench: Bench,
  eventsPerChunk: number,
): Promise<Figures> {
  await bench.setPlan({ events: EVENTS, eventsPerChunk })
  return perEvent(await bench.load({ ...toLoad(running, true), connections: 64, eventsExpected: EVENTS }))
}
