import { BEDROCKD_SIGV4, DIRECT, NGINX, SDK_RELAY } from './contenders.js'
import { PORTKEY } from './portkey.js'
import type { Target, Verdict } from './targets.js'

/** What `main.ts` writes as JSON, as far as the README tells it. */
export interface BenchResults {
  readonly date: string
  readonly machine: {
    readonly cpu: string
    readonly cpus: number
    readonly kernel: string
    readonly node: string
  }
  readonly runs: number
  readonly windowMs: number
  readonly results: readonly MeasurementResult[]
}

interface MeasurementResult {
  readonly name: string
  readonly overloaded: readonly { readonly name: string; readonly reached: number }[]
  readonly targets: readonly Pick<Verdict, 'contender' | 'metric' | 'target' | 'value' | 'met'>[]
  readonly rows: readonly {
    readonly contender: string
    /** No median: not measured. */
    readonly figures: readonly {
      readonly key: string
      readonly median?: number
      readonly throughput?: boolean
      readonly pace?: number
    }[]
  }[]
}

const COLUMNS = [
  { head: 'bedrockd', contender: BEDROCKD_SIGV4 },
  { head: 'nginx', contender: NGINX },
  { head: 'SDK relay', contender: SDK_RELAY },
  { head: 'Portkey', contender: PORTKEY },
] as const

interface Line {
  readonly measurement: string
  readonly metric: string
  readonly text: string
  readonly unit?: string
}

const LINES: readonly Line[] = [
  {
    measurement: 'saturation',
    metric: 'events/s',
    text: 'streamed events/s, 64 connections, as fast as they come',
  },
  { measurement: 'saturation', metric: 'cpu/event', text: 'CPU per event there', unit: 'µs' },
  {
    measurement: 'steady',
    metric: 'cpu/event',
    text: 'CPU per event, 400 streams of 40 events/s, one event in each write',
    unit: 'µs',
  },
  {
    measurement: 'requests',
    metric: 'requests/s',
    text: 'requests/s that are not streamed, 32 connections',
  },
  { measurement: 'requests', metric: 'cpu/request', text: 'CPU per such request', unit: 'µs' },
  { measurement: 'latency', metric: 'p50', text: 'added latency, one connection, p50', unit: 'µs' },
  { measurement: 'latency', metric: 'p99', text: 'the same, p99', unit: 'µs' },
  { measurement: 'first-token', metric: 'p50', text: 'added time to the first token, p50', unit: 'µs' },
  { measurement: 'first-token', metric: 'p99', text: 'the same, p99', unit: 'µs' },
  {
    measurement: 'many-streams',
    metric: 'event-p99',
    text: 'added delay of an event, 2,000 streams of 10 events/s, p99',
    unit: 'ms',
  },
  { measurement: 'many-streams', metric: 'loop-p99', text: 'event-loop delay there, p99', unit: 'ms' },
  {
    measurement: 'large-1mb',
    metric: 'loop-p99',
    text: 'event-loop delay beside bodies of 1 MB, p99',
    unit: 'ms',
  },
  { measurement: 'large-25mb', metric: 'loop-p99', text: 'the same beside 25 MB', unit: 'ms' },
  { measurement: 'memory', metric: 'idle', text: 'memory idle, 12 s after it is ready', unit: 'MB' },
  { measurement: 'memory', metric: 'many', text: 'memory for each of 5,000 open streams', unit: 'KB' },
  { measurement: 'flat', metric: 'growth', text: 'memory grown over 200,000 requests', unit: 'MB' },
  {
    measurement: 'start',
    metric: 'ready',
    text: 'start to `/readyz` 200, snapshot on disk, AWS unreachable',
    unit: 'ms',
  },
  {
    measurement: 'two-processes',
    metric: 'requests-times',
    text: 'requests/s of two processes on one port, times those of one',
  },
  { measurement: 'two-processes', metric: 'events-times', text: 'the same for streamed events/s' },
]

/** What the bench does where nothing else is asked for. */
const RUNS_MIN = 5

const OVERLOADED = '\\*'
const LOAD_SIDE = '†'

/** The README's numbers as Markdown: machine and run, table, notes. Lines that were not measured are left out. */
export function toReadmeTable(results: BenchResults): string {
  const lines = LINES.flatMap((line) => {
    const measurement = results.results.find(({ name }) => name === line.measurement)
    return measurement === undefined ? [] : [{ line, measurement }]
  })
  const table = [
    ['measured', 'target', ...COLUMNS.map(({ head }) => head)],
    Array<string>(2 + COLUMNS.length).fill('---'),
    ...lines.map(({ line, measurement }) => [
      line.text,
      toTargets(line, measurement),
      ...COLUMNS.map(({ contender }) => toCell(line, measurement, contender)),
    ]),
  ].map((cells) => `| ${cells.join(' | ')} |`)
  const text = table.join('\n')
  const notes = [
    ...(text.includes(`${OVERLOADED} |`) ? [toOverloadNote(results)] : []),
    ...(text.includes(`${LOAD_SIDE} |`)
      ? [`${LOAD_SIDE} The load side itself makes less than twice as many: the CPU figure tells more.`]
      : []),
  ]
  return [toIntroduction(results), '', text, ...notes.flatMap((note) => ['', note])].join('\n')
}

function toIntroduction({ date, machine, runs, windowMs }: BenchResults): string {
  const { cpu, cpus, kernel, node } = machine
  const warning = runs < RUNS_MIN ? ' **A trial run: too short to rely on.**' : ''
  return `${date.slice(0, 10)}: ${cpus} cores of ${cpu}, Linux ${kernel}, Node ${node.slice(1)}; medians of ${runs} runs of ${windowMs / 1000} s, taken in turns.${warning}`
}

function toCell({ metric, unit }: Line, measurement: MeasurementResult, contender: string): string {
  const figure = figureOf(measurement, contender, metric)
  if (figure?.median === undefined) return '–'
  const isOverloaded =
    metric.startsWith('cpu') && measurement.overloaded.some(({ name }) => name === contender)
  const direct = figureOf(measurement, DIRECT, metric)?.median
  const isLoadSide = figure.throughput === true && direct !== undefined && direct < 2 * figure.median
  const mark = isOverloaded ? ` ${OVERLOADED}` : isLoadSide ? ` ${LOAD_SIDE}` : ''
  return `${format(figure.median)}${unit === undefined ? '' : ` ${unit}`}${mark}`
}

function figureOf({ rows }: MeasurementResult, contender: string, metric: string) {
  return rows.find((row) => row.contender === contender)?.figures.find(({ key }) => key === metric)
}

function toTargets({ metric, unit }: Line, { targets }: MeasurementResult): string {
  const own = targets.filter((each) => each.contender === BEDROCKD_SIGV4 && each.metric === metric)
  return own.map((verdict) => toTarget(verdict, unit)).join('; ')
}

/** `at most 80 µs`, `at most 1.5 × nginx: 1.72, missed`. */
function toTarget(
  {
    target,
    value,
    met,
  }: { readonly target: Target; readonly value: number | null; readonly met: boolean | null },
  unit: string | undefined,
): string {
  const { comparison, times, coresMin } = target
  const limit = `${comparison} ${target.value.toLocaleString('en-US')}`
  const outcome = [
    ...(times === undefined || value === null ? [] : [format(value)]),
    ...(met === false ? ['missed'] : []),
  ].join(', ')
  const of =
    times === undefined
      ? unit === undefined
        ? ''
        : ` ${unit}`
      : ` × ${COLUMNS.find(({ contender }) => contender === times)?.head ?? times}`
  const cores = coresMin === undefined ? '' : ` on ${coresMin} cores`
  return `${limit}${of}${cores}${outcome === '' ? '' : `: ${outcome}`}`
}

function toOverloadNote({ results }: BenchResults): string {
  const reached = results
    .filter(({ name }) =>
      LINES.some(({ measurement, metric }) => measurement === name && metric.startsWith('cpu')),
    )
    .flatMap(({ overloaded, rows }) => {
      const pace =
        rows.flatMap(({ figures }) => figures).find((figure) => figure.pace !== undefined)?.pace ?? 0
      return overloaded
        .filter(({ name }) => COLUMNS.some(({ contender }) => contender === name))
        .map(({ name, reached }) => `${name} ${format(reached)} of ${format(pace)} events/s`)
    })
  return `${OVERLOADED} Not at that pace (${reached.join(', ')}): its figure is that of overload, where events wait and are taken many at a time.`
}

/** Three digits are as many as the spread allows. */
function format(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString('en-US', { maximumFractionDigits: 2 })
}

const BEGIN = '<!-- numbers: written by make numbers -->'
const END = '<!-- end of numbers -->'

/** The README with the table in its place. Throws where it has no such place. */
export function withNumbers(readme: string, table: string): string {
  const begin = readme.indexOf(BEGIN)
  const end = readme.indexOf(END)
  if (begin < 0 || end < begin) throw new Error(`expected ${BEGIN} and ${END} in the README`)
  return `${readme.slice(0, begin + BEGIN.length)}\n${table}\n${readme.slice(end)}`
}
