import { BEDROCKD_SIGV4, DIRECT, NGINX, type Running } from './contenders.js'
import type { Bench, Figures } from './measurement.js'
import { toLoad } from './measurements/figures.js'
import { endlessEvents } from './measurements/steady.js'
import { median, percentile } from './statistics.js'
import type { Chart } from './svg.js'

/** One thing that is made larger step by step, and what is looked at meanwhile. */
export interface Sweep {
  readonly name: string
  readonly xLabel: string
  readonly steps: readonly number[]
  readonly charts: readonly {
    readonly key: string
    readonly title: string
    readonly yLabel: string
    /** What the upstream takes directly, in the same round, is taken off. */
    readonly added?: true
    /** The upstream itself is a line of its own. */
    readonly withDirect?: true
  }[]
  run(running: Running, step: number, bench: Bench): Promise<Figures>
}

/** By contender and step: the figures of each round. */
export interface SweepResult {
  readonly sweep: Sweep
  readonly points: readonly {
    readonly contender: string
    readonly step: number
    readonly runs: readonly Figures[]
  }[]
}

export const GROWTH_CONTENDERS: readonly string[] = [DIRECT, NGINX, BEDROCKD_SIGV4]
/** Two minutes each. */
export const GROWTH_ROUNDS_MAX = 2

const EVENTS_PER_SECOND = 10
const WINDOW_MS = 1_500
const SHORT = { warmupMs: 200, windowMs: 800 }

export const SWEEPS: readonly Sweep[] = [
  {
    name: 'streams',
    xLabel: `open streams, ${EVENTS_PER_SECOND} events/s each`,
    steps: [1, 10, 50, 200, 400, 1_000, 2_000],
    charts: [
      { key: 'cpu/event', title: 'CPU per event by open streams', yLabel: 'µs' },
      // Not what is added: the difference of two 99th percentiles is mostly noise.
      { key: 'p99', title: 'From upstream to client per event (p99)', yLabel: 'ms', withDirect: true },
    ],
    async run(running, streams, bench) {
      // Up to what `SETTLE_MS` says of thousands.
      const times = { warmupMs: 500 + streams, windowMs: WINDOW_MS }
      const events = endlessEvents(times, EVENTS_PER_SECOND)
      await bench.setPlan({ events, eventsPerSecond: EVENTS_PER_SECOND })
      const load = {
        ...toLoad(running, true),
        connections: streams,
        streamsOpen: true,
        eventsExpected: events,
      }
      const result = await bench.load({ ...load, eventsStamped: true }, times)
      return {
        'cpu/event': (result.cpuMs * 1000) / result.events,
        p50: percentile(result.delaysMs, 0.5),
        p99: percentile(result.delaysMs, 0.99),
      }
    },
  },
  {
    name: 'events',
    xLabel: 'events in a stream, as fast as they come',
    steps: [10, 50, 200, 1_000, 5_000],
    charts: [{ key: 'cpu/event', title: 'CPU per event by events in a stream', yLabel: 'µs' }],
    async run(running, events, bench) {
      await bench.setPlan({ events, eventsPerChunk: 10 })
      const load = { ...toLoad(running, true), connections: 16, eventsExpected: events }
      const result = await bench.load(load, SHORT)
      return { 'cpu/event': (result.cpuMs * 1000) / result.events }
    },
  },
  {
    name: 'body',
    xLabel: 'characters of the prompt',
    steps: [1_000, 10_000, 100_000, 1_000_000, 5_000_000, 25_000_000],
    charts: [
      { key: 'cpu/request', title: 'CPU per request by size of the prompt', yLabel: 'ms' },
      { key: 'p50', title: 'Added latency (p50) by size of the prompt', yLabel: 'ms', added: true },
    ],
    async run(running, characters, bench) {
      await bench.setPlan({})
      const load = { ...toLoad(running, false, characters), connections: 1, eventsExpected: 0 }
      // Some 300 ms each at the largest.
      const times = { warmupMs: 300, windowMs: characters > 1_000_000 ? 2_000 : SHORT.windowMs }
      const result = await bench.load(load, times)
      return {
        'cpu/request': result.cpuMs / result.replies,
        p50: percentile(result.latenciesMs, 0.5),
      }
    },
  },
]

/** The charts of a sweep: the median of each step. */
export function toCharts(result: SweepResult): readonly Chart[] {
  const { sweep, points } = result
  const names = [...new Set(points.map(({ contender }) => contender))]
  return sweep.charts.map((wanted) => ({
    title: wanted.title,
    xLabel: sweep.xLabel,
    yLabel: wanted.yLabel,
    lines: names
      .filter((name) => name !== DIRECT || wanted.withDirect === true)
      .map((name) => ({
        name,
        points: sweep.steps.map((step) => ({ x: step, y: medianOf(result, name, step, wanted) })),
      })),
  }))
}

/** NaN where nothing was measured. */
function medianOf(
  { points }: SweepResult,
  contender: string,
  step: number,
  { key, added }: Pick<Sweep['charts'][number], 'key' | 'added'>,
): number {
  const runsOf = (name: string): readonly Figures[] =>
    points.find((point) => point.contender === name && point.step === step)?.runs ?? []
  const direct = added === true ? runsOf(DIRECT) : []
  const values = runsOf(contender).map(
    (run, round) => (run[key] ?? Number.NaN) - (added === true ? (direct[round]?.[key] ?? Number.NaN) : 0),
  )
  return median(values.filter(Number.isFinite))
}

/** Runs a sweep in turns: each round goes through all steps, and asks every contender at each. */
export async function runSweep(
  sweep: Sweep,
  started: ReadonlyMap<string, Running>,
  { rounds, bench }: { readonly rounds: number; readonly bench: Bench },
): Promise<SweepResult> {
  const runs = new Map<string, Figures[]>()
  const keyOf = (contender: string, step: number): string => `${step} ${contender}`
  for (let round = 0; round < rounds; round += 1) {
    for (const step of sweep.steps) {
      for (const [contender, running] of started) {
        const figures = await sweep.run(running, step, bench)
        const key = keyOf(contender, step)
        runs.set(key, [...(runs.get(key) ?? []), figures])
      }
    }
  }
  const points = sweep.steps.flatMap((step) =>
    [...started.keys()].map((contender) => ({
      contender,
      step,
      runs: runs.get(keyOf(contender, step)) ?? [],
    })),
  )
  return { sweep, points }
}

/** The same as text: a line for each contender, a column for each step. */
export function formatCharts(charts: readonly Chart[]): string {
  return charts
    .map(({ title, xLabel, yLabel, lines }) => {
      const steps = lines[0]?.points.map(({ x }) => x.toLocaleString('en-US')) ?? []
      const nameWidth = Math.max(xLabel.length, ...lines.map(({ name }) => name.length))
      const toLine = (name: string, cells: readonly string[]): string =>
        `  ${name.padEnd(nameWidth)}  ${cells.map((cell) => cell.padStart(10)).join('  ')}`
      return [
        `growth: ${title} (${yLabel})`,
        toLine(xLabel, steps),
        ...lines.map(({ name, points }) =>
          toLine(
            name,
            points.map(({ y }) => (Number.isFinite(y) ? y.toPrecision(3) : '-')),
          ),
        ),
        '',
      ].join('\n')
    })
    .join('\n')
}
