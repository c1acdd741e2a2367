import type { BenchContext, Contender, Running } from './contenders.js'
import type { Load, LoadResult } from './load.js'
import { percentile } from './statistics.js'
import { DEFAULT_PLAN, type UpstreamPlan } from './wire.js'

export interface Metric {
  readonly key: string
  readonly unit: string
  /** Decimals in the table. */
  readonly digits: number
  /** What the upstream takes directly, in the same round, is taken off. */
  readonly added?: true
  /** Throughput: the load side must be able to do twice as much. */
  readonly throughput?: true
}

/** What a measurement may use. */
export interface Bench {
  readonly context: BenchContext
  readonly windowMs: number
  readonly warmupMs: number
  setPlan(plan: Partial<UpstreamPlan>): Promise<void>
  /** Throws when a reply was not what it must be. */
  load(
    load: Omit<Load, 'warmupMs' | 'windowMs'>,
    times?: Pick<Load, 'warmupMs' | 'windowMs'>,
  ): Promise<LoadResult>
}

export interface Measurement {
  readonly name: string
  readonly title: string
  readonly metrics: readonly Metric[]
  /** Starts processes of its own. */
  readonly fresh?: true
  /** One run; a metric may be NaN where it means nothing for this contender. */
  run(subject: Subject, bench: Bench): Promise<Readonly<Record<string, number>>>
}

export interface Subject {
  readonly contender: Contender
  readonly running: Running
}

const PROMPT_CHARACTERS = 2_500
const SHORT_PROMPT_CHARACTERS = 200
const MEMORY_STREAMS = 1_000
const IDLE_MS = 1_000

const EVENTS_PER_SECOND: Metric = { key: 'events/s', unit: 'events/s', digits: 0, throughput: true }
const CPU_PER_EVENT: Metric = { key: 'cpu/event', unit: 'µs CPU/event', digits: 2 }

/** Every measurement, in the order of the table. */
export const MEASUREMENTS: readonly Measurement[] = [
  {
    name: 'saturation',
    title: 'Streams of 500 events as fast as they come, 64 connections, 50 events in one HTTP chunk',
    metrics: [EVENTS_PER_SECOND, CPU_PER_EVENT],
    run: (subject, bench) => runSaturation(subject, bench, 50),
  },
  {
    name: 'saturation-single',
    title: 'The same, each event in an HTTP chunk of its own',
    metrics: [EVENTS_PER_SECOND, CPU_PER_EVENT],
    run: (subject, bench) => runSaturation(subject, bench, 1),
  },
  {
    name: 'steady',
    title: '400 streams of 40 events/s, one event in each write of the upstream',
    metrics: [{ key: 'events/s', unit: 'events/s', digits: 0 }, CPU_PER_EVENT],
    run: runSteady,
  },
  {
    name: 'requests',
    title: 'Requests that are not streamed: 2.5 KB prompt, 1 KB answer, 32 connections',
    metrics: [
      { key: 'requests/s', unit: 'requests/s', digits: 0, throughput: true },
      { key: 'cpu/request', unit: 'µs CPU/request', digits: 1 },
    ],
    run: runRequests,
  },
  {
    name: 'latency',
    title: 'The same on one connection: latency, less what the upstream takes directly',
    metrics: [
      { key: 'p50', unit: 'µs p50', digits: 0, added: true },
      { key: 'p99', unit: 'µs p99', digits: 0, added: true },
    ],
    run: runLatency,
  },
  {
    name: 'first-token',
    title:
      'Time to the first token, which Bedrock sends after 20 ms, less those and what the upstream takes directly',
    metrics: [
      { key: 'p50', unit: 'µs p50', digits: 0, added: true },
      { key: 'p99', unit: 'µs p99', digits: 0, added: true },
    ],
    run: runFirstToken,
  },
  {
    name: 'memory',
    title: `Memory of a fresh process, idle and with ${MEMORY_STREAMS} open streams`,
    metrics: [
      { key: 'idle', unit: 'MB idle', digits: 1 },
      { key: 'per-stream', unit: 'KB/stream', digits: 1 },
    ],
    fresh: true,
    run: runMemory,
  },
  {
    name: 'start',
    title: 'Start to /readyz 200 with a snapshot on disk, AWS unreachable',
    metrics: [{ key: 'ready', unit: 'ms', digits: 0 }],
    fresh: true,
    run: async ({ contender }, { context }) => ({
      ready: (await contender.startWithoutAws?.(context)) ?? Number.NaN,
    }),
  },
]

async function runSaturation({ running }: Subject, bench: Bench, eventsPerChunk: number) {
  const events = 500
  await bench.setPlan({ events, eventsPerChunk })
  return perEvent(await bench.load({ ...toLoad(running, true), connections: 64, eventsExpected: events }))
}

async function runSteady({ running }: Subject, bench: Bench) {
  const eventsPerSecond = 40
  // Long enough never to end within the run.
  const events = Math.ceil(((bench.warmupMs + bench.windowMs) / 1000 + 5) * eventsPerSecond)
  await bench.setPlan({ events, eventsPerSecond })
  return perEvent(await bench.load({ ...toLoad(running, true), connections: 400, eventsExpected: events }))
}

async function runRequests({ running }: Subject, bench: Bench) {
  await bench.setPlan({})
  const load = toLoad(running, false, PROMPT_CHARACTERS)
  const { replies, windowMs, cpuMs } = await bench.load({ ...load, connections: 32, eventsExpected: 0 })
  return { 'requests/s': (replies / windowMs) * 1000, 'cpu/request': (cpuMs * 1000) / replies }
}

async function runLatency({ running }: Subject, bench: Bench) {
  await bench.setPlan({})
  const load = toLoad(running, false, PROMPT_CHARACTERS)
  const { latenciesMs } = await bench.load({ ...load, connections: 1, eventsExpected: 0 })
  return percentilesUs(latenciesMs)
}

async function runFirstToken({ running }: Subject, bench: Bench) {
  const events = 5
  await bench.setPlan({ events, firstTokenDelayMs: 20 })
  const { firstEventsMs } = await bench.load({
    ...toLoad(running, true),
    connections: 1,
    eventsExpected: events,
  })
  return percentilesUs(firstEventsMs)
}

async function runMemory({ contender }: Subject, bench: Bench) {
  const running = await contender.start(bench.context)
  try {
    const events = 1_000
    await bench.setPlan({ events, eventsPerSecond: 2 })
    const times = { warmupMs: IDLE_MS, windowMs: IDLE_MS }
    const none = { ...toLoad(running, true), connections: 0, eventsExpected: events }
    const idle = await bench.load(none, times)
    const busy = await bench.load(
      { ...none, connections: MEMORY_STREAMS },
      { warmupMs: 4_000, windowMs: 2_000 },
    )
    if (running.pid === null) return {}
    return {
      idle: idle.residentBytes / 2 ** 20,
      'per-stream': (busy.residentBytes - idle.residentBytes) / MEMORY_STREAMS / 1024,
    }
  } finally {
    await running.stop()
  }
}

function toLoad(running: Running, stream: boolean, promptCharacters = SHORT_PROMPT_CHARACTERS) {
  return {
    port: running.port,
    pid: running.pid,
    request: running.request(stream, promptCharacters).toString('base64'),
  }
}

function perEvent({ events, windowMs, cpuMs }: LoadResult): Record<string, number> {
  return { 'events/s': (events / windowMs) * 1000, 'cpu/event': (cpuMs * 1000) / events }
}

function percentilesUs(sortedMs: readonly number[]): Record<string, number> {
  return { p50: percentile(sortedMs, 0.5) * 1000, p99: percentile(sortedMs, 0.99) * 1000 }
}

/** A whole plan from the members that differ from the default. */
export function toPlan(plan: Partial<UpstreamPlan>): UpstreamPlan {
  return { ...DEFAULT_PLAN, ...plan }
}
