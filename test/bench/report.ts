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
      return other === null ? [] : [[name, own.median / other.median]]
    }),
  )
}

/** The table of one measurement as text. A reference that was not measured has no column. */
export function formatTable(measurement: Measurement, rows: readonly Row[]): string {
  const direct = rows.find(({ contender }) => contender === DIRECT)
  const references = REFERENCES.filter(({ name }) =>
    rows.some(({ contender, type }) => contender === name && type === 'measured'),
  )
  const lines = rows.map((row): readonly string[] => {
    if (row.type === 'missing') return [row.contender, `not measured: ${row.reason}`]
    const cells = measurement.metrics.flatMap((metric) => {
      const ratios = ratiosOf(row, metric, rows)
      return [
        formatSummary(summarize(row, metric, direct), metric),
        ...references.map(({ name }) => formatRatio(ratios[name])),
      ]
    })
    return [row.contender, ...cells]
  })
  const heads = references.map(({ head }) => head)
  const head = ['', ...measurement.metrics.flatMap(({ unit }) => [unit, ...heads])]
  const notes = measurement.metrics.flatMap((metric) => loadSideNote(metric, rows, direct))
  return [`${measurement.name}: ${measurement.title}`, ...align([head, ...lines]), ...notes, ''].join('\n')
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

function align(lines: readonly (readonly string[])[]): readonly string[] {
  const columns = lines[0]?.length
  const full = lines.filter((line) => line.length === columns)
  const widths = (full[0] ?? []).map((_, column) =>
    Math.max(...full.map((line) => line[column]?.length ?? 0)),
  )
  const nameWidth = Math.max(...lines.map(([name]) => name?.length ?? 0))
  return lines.map((line) => {
    const [name = '', ...cells] = line
    const padded = cells.map((cell, index) =>
      line.length === columns ? cell.padStart(widths[index + 1] ?? 0) : cell,
    )
    return `  ${[name.padEnd(nameWidth), ...padded].join('  ')}`.trimEnd()
  })
}
