import { BEDROCKD_SIGV4, DIRECT, NGINX, type Running } from '../contenders.js'
import { createLargeBody, type LargeBody, withLargeBody } from '../large-body.js'
import type { Bench, Figures, Measurement, Times } from '../measurement.js'
import { readOver } from '../read-over.js'
import { percentile } from '../statistics.js'
import { watchLoop } from '../watched-loop.js'
import { toLoad } from './figures.js'
import { endlessEvents } from './steady.js'

interface LargeBodies {
  readonly name: string
  readonly title: string
  readonly bytes: number
  readonly images: number
  readonly intervalMs: number
  /** False: the contender may use all cores, those of the load side too. */
  readonly pinned: boolean
}

const WITNESSES = 100
const EVENTS_PER_SECOND = 10
const PROBE_INTERVAL_MS = 2
const WARMUP_MS = 500
const QUIET_MS = 1_500
/** In one window. */
const BODIES_MIN = 3
const FREE_ROUNDS_MAX = 2

const ONE_MB = { bytes: 1_000_000, images: 8, intervalMs: 500 }
/** Below the 25 MiB that a gateway takes by default. */
const MANY_MB = { bytes: 25_000_000, images: 20, intervalMs: 2_000 }

/** What large requests do to streams beside them. */
export const largeBodies: readonly Measurement[] = [
  {
    name: 'large-1mb',
    title: `Chat histories of 1 MB with images, two a second, beside ${WITNESSES} streams`,
    ...ONE_MB,
    pinned: true,
  },
  {
    name: 'large-25mb',
    title: `Chat histories of 25 MB with images, one in 2 s, beside ${WITNESSES} streams`,
    ...MANY_MB,
    pinned: true,
  },
  {
    name: 'large-1mb-free',
    title: 'The same with 1 MB, the contender free to use all cores, which it shares with the load side then',
    ...ONE_MB,
    pinned: false,
  },
  { name: 'large-25mb-free', title: 'The same with 25 MB', ...MANY_MB, pinned: false },
].map(toMeasurement)

function toMeasurement(options: LargeBodies): Measurement {
  const { name, title, pinned } = options
  return {
    name,
    title,
    contenders: pinned ? [DIRECT, NGINX, BEDROCKD_SIGV4] : [DIRECT, BEDROCKD_SIGV4],
    // The targets are about one core of its own; this is to tell what comes from sharing it with the workers.
    ...(pinned ? {} : { roundsMax: FREE_ROUNDS_MAX }),
    metrics: [
      {
        key: 'loop-p99',
        unit: 'ms loop p99',
        digits: 2,
        targets: [{ comparison: 'at most', value: 5 }],
      },
      { key: 'loop-max', unit: 'ms loop max', digits: 1 },
      { key: 'probe-p99', unit: 'ms probe p99', digits: 2, targets: [{ comparison: 'at most', value: 5 }] },
      { key: 'probe-max', unit: 'ms probe max', digits: 1 },
      { key: 'quiet-p99', unit: 'ms/event p99 without', digits: 2, added: true },
      { key: 'event-p99', unit: 'ms/event p99 with', digits: 2, added: true },
      { key: 'large-p50', unit: 'ms/large request', digits: 1 },
    ],
    async run({ contender }, bench) {
      const watched = watchLoop()
      const core = pinned ? bench.context.core : null
      const running = await contender.start({ ...bench.context, core, nodeOptions: watched.nodeOptions })
      try {
        return await measure(running, bench, { ...options, read: () => watched.read() })
      } finally {
        await running.stop()
        watched.close()
      }
    },
  }
}

async function measure(
  running: Running,
  bench: Bench,
  options: LargeBodies & { readonly read: ReturnType<typeof watchLoop>['read'] },
): Promise<Figures> {
  const quietTimes = { warmupMs: WARMUP_MS, windowMs: QUIET_MS }
  // The first one is sent at the start of the warm-up.
  const windowMs = Math.max(bench.windowMs, (BODIES_MIN - 1) * options.intervalMs + WARMUP_MS)
  const times = { warmupMs: WARMUP_MS, windowMs }
  const request = withLargeBody(running.request(false, 1), await largeBodyOf(options))
  const quiet = await watchStreams(running, bench, quietTimes)
  const large = {
    port: running.port,
    pid: null,
    request: request.toString('base64'),
    connections: 1,
    eventsExpected: 0,
    intervalMs: options.intervalMs,
  }
  const [busy, loop, { latenciesMs }] = await Promise.all([
    watchStreams(running, bench, times),
    readOver(options.read, times),
    bench.loadBeside(large, { warmupMs: 0, windowMs: WARMUP_MS + windowMs }),
  ])
  return {
    'loop-p99': loop?.p99Ms ?? Number.NaN,
    'loop-max': loop?.maxMs ?? Number.NaN,
    'probe-p99': percentile(busy.probesMs, 0.99),
    'probe-max': busy.probesMs.at(-1) ?? Number.NaN,
    'quiet-p99': percentile(quiet.delaysMs, 0.99),
    'event-p99': percentile(busy.delaysMs, 0.99),
    'large-p50': percentile(latenciesMs, 0.5),
  }
}

/** The streams that nothing should disturb, and small requests beside them. */
async function watchStreams(
  running: Running,
  bench: Bench,
  times: Times,
): Promise<{ readonly delaysMs: readonly number[]; readonly probesMs: readonly number[] }> {
  const events = endlessEvents(times, EVENTS_PER_SECOND)
  await bench.setPlan({ events, eventsPerSecond: EVENTS_PER_SECOND })
  const load = { ...toLoad(running, true), connections: WITNESSES, eventsExpected: events }
  const [{ delaysMs }, { samplesMs }] = await Promise.all([
    bench.load({ ...load, eventsStamped: true }, times),
    bench.probe({ port: running.port, intervalMs: PROBE_INTERVAL_MS }, times),
  ])
  return { delaysMs, probesMs: samplesMs }
}

const bodies = new Map<number, Promise<LargeBody>>()

/** Made once: it takes a second. */
function largeBodyOf({ bytes, images }: LargeBodies): Promise<LargeBody> {
  const known = bodies.get(bytes)
  if (known !== undefined) return known
  const made = createLargeBody(bytes, images)
  bodies.set(bytes, made)
  return made
}
