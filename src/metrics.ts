import type { Histogram, MetricValueWithName } from 'prom-client'
import Counter from 'prom-client/lib/counter.js'
import Gauge from 'prom-client/lib/gauge.js'
import Registry from 'prom-client/lib/registry.js'
import type { Exchange, PictureKind } from './http/exchange.js'
import { REPAIRS, type Repair, type Sanitized } from './translate/repairs.js'

/** Label values that come from Bedrock are open-ended: what is beyond this many is counted as `other`. */
const seriesMax = 500

/**
 * Every counter: its help text, its labels, and the label values that exist from the start (so that dashboards and
 * scripts see a 0 instead of nothing).
 */
const counterTable = {
  requests: { help: 'Requests by route and HTTP status.', labels: ['route', 'status'], values: [] },
  tokens: {
    help: 'Tokens that Bedrock charged for chats, embeddings and ranking.',
    labels: ['direction'],
    values: ['input', 'output'],
  },
  images: {
    help: 'Pictures sent to clients, by what asked for them.',
    labels: ['kind'],
    values: ['generation', 'edit', 'chat'] satisfies readonly PictureKind[],
  },
  upstream_errors: { help: 'Errors of Bedrock by type.', labels: ['type'], values: [] },
  sanitized: {
    help: 'Repairs of histories that Bedrock would refuse.',
    labels: ['repair'],
    values: Object.values(REPAIRS),
  },
  refreshes: {
    help: 'Model list refreshes of one region by outcome.',
    labels: ['outcome'],
    values: ['advanced', 'unchanged', 'adopted', 'held-back', 'failed'],
  },
  lessons: {
    help: 'Parameters that a model was seen to refuse, and is spared from then on.',
    labels: ['parameter'],
    values: [],
  },
  embedding_throttles: {
    help: 'Times that AWS began to throttle embedding calls, by region and model.',
    labels: ['lane'],
    values: [],
  },
  stream_endings: {
    help: 'Streams by the way they ended.',
    labels: ['ending'],
    values: ['stop', 'error', 'client-gone'],
  },
} as const satisfies Record<string, CounterRow>

interface CounterRow {
  readonly help: string
  readonly labels: readonly [string] | readonly [string, string]
  readonly values: readonly string[]
}

const histogramTable = {
  first_byte: {
    name: 'bedrockd_time_to_first_byte_seconds',
    help: 'Seconds until the first token of a stream, or the first byte of a whole answer.',
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60, 120],
  },
  duration: {
    name: 'bedrockd_request_duration_seconds',
    help: 'Seconds from a request to the end of its answer.',
    buckets: [0.001, 0.005, 0.025, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600],
  },
} as const

export type StreamEnding = (typeof counterTable.stream_endings.values)[number]
export type RefreshOutcome = (typeof counterTable.refreshes.values)[number]

export interface RequestFacts {
  /** One of a closed set (a route's name or pattern), never a raw path. */
  readonly route: string
  readonly status: number
  readonly durationSeconds: number
  /** null: nothing was sent, or it does not matter for this route. */
  readonly firstByteSeconds: number | null
}

/** What is measured outside and only read when somebody asks. */
export interface Gauges {
  readonly streamsOpen: () => number
  readonly connectionsOpen: () => number
  readonly embeddingInputsWaiting: () => number
}

/** Counts per request, per stream or per refresh; nothing here is meant to be called per event. */
export interface Metrics {
  countRequest(request: RequestFacts): void
  countTokens(tokens: { readonly input: number; readonly output: number }): void
  countPictures(kind: PictureKind, count: number): void
  /** `type`: the exception's name as Bedrock sends it, or our own error code. */
  countUpstreamError(type: string): void
  countSanitized(sanitized: Sanitized): void
  countRefresh(outcome: RefreshOutcome): void
  countLesson(parameter: string): void
  /** `lane`: region and model. */
  countEmbeddingThrottle(lane: string): void
  countStreamEnding(ending: StreamEnding): void
  /** Every counter by a dotted name: `tokens.input`, `stream_endings.stop`, `requests.<route>.<status>`. */
  snapshotCounters(): Record<string, number>
  /** Starts Node's own metrics (memory, garbage collection, delay of the event loop); the first scrape does at the latest. */
  watchProcess(): Promise<void>
  /** The text that Prometheus scrapes, with its content type. */
  expose(): Promise<{ readonly contentType: string; readonly text: string }>
}

const REPAIR_NAMES = Object.entries(REPAIRS) as readonly (readonly [Repair, string])[]

/** Metrics with a registry of their own. */
export function createMetrics(gauges: Gauges): Metrics {
  const registry = new Registry()
  const requests = createTally('requests', registry)
  const tokens = createTally('tokens', registry)
  const pictures = createTally('images', registry)
  const upstreamErrors = createTally('upstream_errors', registry)
  const sanitizedTally = createTally('sanitized', registry)
  const refreshes = createTally('refreshes', registry)
  const lessons = createTally('lessons', registry)
  const throttles = createTally('embedding_throttles', registry)
  const endings = createTally('stream_endings', registry)
  const duration = createHistogram('duration', registry)
  const firstByte = createHistogram('first_byte', registry)
  createGauge(
    'bedrockd_streams_open',
    'Chats and streams of pictures under way.',
    gauges.streamsOpen,
    registry,
  )
  createGauge('bedrockd_connections_open', 'Client connections.', gauges.connectionsOpen, registry)
  createGauge(
    'bedrockd_embedding_inputs_waiting',
    'Inputs of embeddings requests under way.',
    gauges.embeddingInputsWaiting,
    registry,
  )
  const inputTokens = tokens.bind('input')
  const outputTokens = tokens.bind('output')
  const tallies = [
    requests,
    tokens,
    pictures,
    upstreamErrors,
    sanitizedTally,
    refreshes,
    lessons,
    throttles,
    endings,
  ]
  let watching: Promise<void> | null = null
  /** Loaded apart: that takes 26 ms, and nobody reads them where there is no listener for metrics. */
  const watchProcess = (): Promise<void> => {
    watching ??= import('prom-client/lib/defaultMetrics.js').then(({ default: collectDefaultMetrics }) =>
      collectDefaultMetrics({ register: registry }),
    )
    return watching
  }

  return {
    countRequest: ({ route, status, durationSeconds, firstByteSeconds }) => {
      requests.bind(route, String(status)).total += 1
      duration.observe(durationSeconds)
      if (firstByteSeconds !== null) firstByte.observe(firstByteSeconds)
    },
    countTokens: ({ input, output }) => {
      inputTokens.total += input
      outputTokens.total += output
    },
    countPictures: (kind, count) => {
      pictures.bind(kind).total += count
    },
    countUpstreamError: (type) => {
      upstreamErrors.bind(type).total += 1
    },
    countSanitized: (sanitized) => {
      for (const [repair, name] of REPAIR_NAMES) {
        // Nearly always none: looking each series up for nothing is a microsecond of every request.
        if (sanitized[repair] > 0) sanitizedTally.bind(name).total += sanitized[repair]
      }
    },
    countRefresh: (outcome) => {
      refreshes.bind(outcome).total += 1
    },
    countLesson: (parameter) => {
      lessons.bind(parameter).total += 1
    },
    countEmbeddingThrottle: (lane) => {
      throttles.bind(lane).total += 1
    },
    countStreamEnding: (ending) => {
      endings.bind(ending).total += 1
    },
    snapshotCounters: () => Object.fromEntries(tallies.flatMap((tally) => tally.totals())),
    watchProcess,
    async expose() {
      await watchProcess()
      return { contentType: registry.contentType, text: await registry.metrics() }
    },
  }
}

interface Series {
  total: number
}

interface Tally {
  /** The series of these label values; the same object each time, so it can be kept. */
  bind(...values: readonly string[]): Series
  totals(): readonly (readonly [string, number])[]
}

/**
 * A counter whose numbers are plain fields: the admin socket reads them at once, and Prometheus's counter takes them
 * over when it is scraped. (prom-client 15 gives its own numbers out by promise only.)
 */
function createTally(name: keyof typeof counterTable, registry: Registry): Tally {
  const row: CounterRow = counterTable[name]
  const series = new Map<string, Series & { readonly labels: readonly string[] }>()

  function bind(...values: readonly string[]): Series {
    const key = values.join('.')
    const known = series.get(key)
    if (known !== undefined) return known
    const other = row.labels.map(() => 'other')
    if (series.size >= seriesMax && key !== other.join('.')) return bind(...other)
    const added = { total: 0, labels: values }
    series.set(key, added)
    return added
  }

  for (const value of row.values) bind(value)
  const counter = new Counter({
    name: `bedrockd_${name}_total`,
    help: row.help,
    labelNames: row.labels,
    registers: [registry],
    collect: () => {
      counter.reset()
      for (const { labels, total } of series.values()) counter.labels(...labels).inc(total)
    },
  })
  return {
    bind,
    totals: () => [...series].map(([key, { total }]) => [`${name}.${key}`, total] as const),
  }
}

interface Distribution {
  observe(seconds: number): void
}

/**
 * A histogram whose numbers are plain fields, as those of a tally are: prom-client's own looks series and bucket up by text
 * for each value. The registry asks it for its values when it is scraped, like any metric.
 */
function createHistogram(key: keyof typeof histogramTable, registry: Registry): Distribution {
  const { name, help, buckets } = histogramTable[key]
  const totals = buckets.map(() => 0)
  let sum = 0
  let count = 0

  function listValues(): MetricValueWithName<'le'>[] {
    let below = 0
    const bucketValues = buckets.map((le, index) => {
      below += totals[index] ?? 0
      return { metricName: `${name}_bucket`, labels: { le }, value: below }
    })
    return [
      ...bucketValues,
      { metricName: `${name}_bucket`, labels: { le: '+Inf' }, value: count },
      { metricName: `${name}_sum`, labels: {}, value: sum },
      { metricName: `${name}_count`, labels: {}, value: count },
    ]
  }

  const get = async () => ({ name, help, type: 'histogram', values: listValues(), aggregator: 'sum' })
  // Of a metric the registry uses the name and `get` (prom-client 15); the types want one of its own classes.
  registry.registerMetric({ name, get } as unknown as Histogram)
  return {
    observe(seconds) {
      const index = buckets.findIndex((le) => seconds <= le)
      if (index >= 0) totals[index] = (totals[index] ?? 0) + 1
      sum += seconds
      count += 1
    },
  }
}

function createGauge(name: string, help: string, read: () => number, registry: Registry): void {
  const gauge: Gauge = new Gauge({ name, help, registers: [registry], collect: () => gauge.set(read()) })
}

/** Counts one request that is over. `nowMs` is the clock its start was taken from. */
export function countExchange(metrics: Metrics, exchange: Exchange, nowMs: number): void {
  const { facts } = exchange
  metrics.countRequest({
    route: exchange.pattern,
    status: exchange.outcome,
    durationSeconds: (nowMs - exchange.startedAtMs) / 1000,
    firstByteSeconds: facts.firstByteMs === null ? null : facts.firstByteMs / 1000,
  })
  if (facts.promptTokens !== null && facts.completionTokens !== null) {
    metrics.countTokens({ input: facts.promptTokens, output: facts.completionTokens })
  }
  if (facts.pictures !== null) metrics.countPictures(facts.pictures.kind, facts.pictures.count)
  if (facts.sanitized !== null) metrics.countSanitized(facts.sanitized)
  if (facts.error?.upstream) metrics.countUpstreamError(facts.error.upstream.type ?? facts.error.code)
  if (facts.streamed) metrics.countStreamEnding(toStreamEnding(exchange))
}

function toStreamEnding({ clientGone, facts }: Exchange): StreamEnding {
  if (clientGone) return 'client-gone'
  return facts.error === null ? 'stop' : 'error'
}
