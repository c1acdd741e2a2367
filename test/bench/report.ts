import { toColumns } from './columns.js'
import { DIRECT, DIRECT_BY_WRK, NGINX, SDK_RELAY } from './contenders.js'
import type { Measurement, Metric } from './measurement.js'
import { PORTKEY } from './portkey.js'
import { median } from './statistics.js'

/** The runs of one contender in one measurement, or why there are none. */
export type Row =
  | {
      readonly type: 'measured'
      readonly contender: string
      /** One object per round, by metric. */
      readonly runs: readonly Readonly<Record<string, number>>[]
    }
  | { readonly type: 'missing'; readonly contender: string; readonly reason: string }

export interface Summary {
  readonly median: number
  readonly min: number
  readonly max: number
}

/** What the others are compared with, and the head of the column. */
const REFERENCES = [
  { name: NGINX, head: '× nginx' },
  { name: SDK_RELAY, head: '× SDK' },
  { name: PORTKEY, head: '× Portkey' },
] as const

const LOAD_SIDE: readonly string[] = [DIRECT, DIRECT_BY_WRK]

/** The load side must be able to do this many times what a contender does, else it is measured itself. */
const LOAD_SIDE_FACTOR = 2

/** A contender that is further from its pace is overloaded: behind it, or ahead of it with what has waited before. */
const PACE_TOLERANCE = 0.05

/** Median and spread of a metric; null where the contender has no such figure. */
export function summarize(row: Row | undefined, metric: Metric, direct: Row | undefined): Summary | null {
  if (row?.type !== 'measured') return null
  const isBaseline = row.contender === DIRECT
  const values = row.runs.flatMap((run, round) => {
    const value = run[metric.key] ?? Number.NaN
    if (metric.added === undefined || isBaseline) return [value]
    return direct?.type === 'measured' ? [value - (direct.runs[round]?.[metric.key] ?? Number.NaN)] : [value]
  })
  const finite = values.filter(Number.isFinite)
  if (finite.length === 0) return null
  return { median: median(finite), min: Math.min(...finite), max: Math.max(...finite) }
}

/** A contender's median divided by each reference's, by the reference's name; none where there is nothing to divide. */
export function ratiosOf(row: Row, metric: Metric, rows: readonly Row[]): Readonly<Record<string, number>> {
  const direct = rows.find(({ contender }) => contender === DIRECT)
  const own = summarize(row, metric, direct)
  if (own === null || LOAD_SIDE.includes(row.contender)) return {}
  return Object.fromEntries(
    REFERENCES.flatMap(({ name }) => {
      const reference = rows.find(({ contender }) => contender === name)
      const other = summarize(reference, metric, direct)
      // Nothing, or less than nothing that noise made: no ratio says anything.
      return other === null || other.median <= 0 ? [] : [[name, own.median / other.median]]
    }),
  )
}

/** The table of one measurement as text, with the ratios that matter there. A reference that was not measured has no column. */
export function formatTable(measurement: Measurement, rows: readonly Row[]): string {
  const direct = rows.find(({ contender }) => contender === DIRECT)
  const groups = measurement.metrics.map((metric) => ({ metric, references: referencesOf(metric, rows) }))
  const lines = rows.map((row): readonly string[] => {
    if (row.type === 'missing') return [row.contender, `not measured: ${row.reason}`]
    const cells = groups.flatMap(({ metric, references }) => {
      const ratios = ratiosOf(row, metric, rows)
      return [
        formatSummary(summarize(row, metric, direct), metric),
        ...references.map(({ name }) => formatRatio(ratios[name])),
      ]
    })
    return [row.contender, ...cells]
  })
  const head = [
    '',
    ...groups.flatMap(({ metric, references }) => [metric.unit, ...references.map((each) => each.head)]),
  ]
  const table = toColumns(
    { head, lines },
    groups.map(({ references }) => 1 + references.length),
  )
  const notes = measurement.metrics.flatMap((metric) => [
    ...loadSideNote(metric, rows, direct),
    ...paceNote(metric, rows),
  ])
  return [`${measurement.name}: ${measurement.title}`, ...table, ...notes, ''].join('\n')
}

/** Those that the metric is to be compared with and that were measured. */
function referencesOf({ targets = [], comparedWith = [] }: Metric, rows: readonly Row[]) {
  const wanted = new Set([...comparedWith, ...targets.map(({ times }) => times)])
  return REFERENCES.filter(
    ({ name }) =>
      wanted.has(name) && rows.some(({ contender, type }) => contender === name && type === 'measured'),
  )
}

function formatSummary(summary: Summary | null, { digits }: Metric): string {
  if (summary === null) return '-'
  const format = (value: number): string =>
    value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
  return `${format(summary.median)} (${format(summary.min)}–${format(summary.max)})`
}

/** Three digits are more than the spread allows. */
function formatRatio(ratio: number | undefined): string {
  if (ratio === undefined) return ''
  return ratio.toFixed(Math.abs(ratio) >= 100 ? 0 : Math.abs(ratio) >= 10 ? 1 : 2)
}

function loadSideNote(metric: Metric, rows: readonly Row[], direct: Row | undefined): readonly string[] {
  const limit = summarize(direct, metric, direct)
  if (metric.throughput === undefined || limit === null) return []
  const factors = rows
    .filter(({ contender }) => !LOAD_SIDE.includes(contender))
    .flatMap((row) => {
      const summary = summarize(row, metric, direct)
      return summary === null ? [] : [{ name: row.contender, factor: limit.median / summary.median }]
    })
  if (factors.length === 0) return []
  const close = factors.filter(({ factor }) => factor < LOAD_SIDE_FACTOR)
  const text = close.map(({ name, factor }) => `${name} (${factor.toFixed(2)})`).join(', ')
  return [
    close.length === 0
      ? `  Directly the load side does at least ${LOAD_SIDE_FACTOR} times what any contender does.`
      : `  Directly the load side does less than ${LOAD_SIDE_FACTOR} times the ${metric.unit} of: ${text}; for these read the CPU figure.`,
  ]
}

/** The contenders that are not at the pace, with their figure: behind it, or catching up what has waited. */
export function findOverloaded(
  metric: Metric,
  rows: readonly Row[],
): readonly { readonly name: string; readonly reached: number }[] {
  const { pace } = metric
  if (pace === undefined) return []
  return rows.flatMap((row) => {
    const reached = summarize(row, metric, undefined)?.median
    const isAtPace = reached === undefined || Math.abs(reached - pace) <= pace * PACE_TOLERANCE
    return isAtPace ? [] : [{ name: row.contender, reached }]
  })
}

function paceNote(metric: Metric, rows: readonly Row[]): readonly string[] {
  const overloaded = findOverloaded(metric, rows)
  if (overloaded.length === 0) return []
  const format = (value: number): string => value.toLocaleString('en-US', { maximumFractionDigits: 0 })
  const names = overloaded.map(({ name, reached }) => `${name} (${format(reached)})`).join(', ')
  return [
    `  Not at the pace of ${format(metric.pace ?? 0)} ${metric.unit}: ${names}.`,
    '  Their CPU figure is that of overload, where events wait and are taken many at a time.',
  ]
}
