import { DIRECT, NGINX, SDK_RELAY } from './contenders.js'
import type { Measurement, Metric } from './measurement.js'
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

/** The table of one measurement as text. */
export function formatTable(measurement: Measurement, rows: readonly Row[]): string {
  const named = (name: string): Row | undefined => rows.find(({ contender }) => contender === name)
  const lines = rows.map((row): readonly string[] => {
    if (row.type === 'missing') return [row.contender, `not measured: ${row.reason}`]
    const cells = measurement.metrics.flatMap((metric) => {
      const summary = summarize(row, metric, named(DIRECT))
      return [
        formatSummary(summary, metric),
        formatRatio(summary, row, metric, named(NGINX), named(DIRECT)),
        formatRatio(summary, row, metric, named(SDK_RELAY), named(DIRECT)),
      ]
    })
    return [row.contender, ...cells]
  })
  const head = ['', ...measurement.metrics.flatMap(({ unit }) => [unit, '× nginx', '× SDK'])]
  const notes = measurement.metrics.flatMap((metric) => loadSideNote(metric, rows, named(DIRECT)))
  return [`${measurement.name}: ${measurement.title}`, ...align([head, ...lines]), ...notes, ''].join('\n')
}

function formatSummary(summary: Summary | null, { digits }: Metric): string {
  if (summary === null) return '-'
  const format = (value: number): string =>
    value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
  return `${format(summary.median)} (${format(summary.min)}–${format(summary.max)})`
}

function formatRatio(
  summary: Summary | null,
  row: Row,
  metric: Metric,
  other: Row | undefined,
  direct: Row | undefined,
): string {
  const against = summarize(other, metric, direct)
  if (summary === null || against === null || row.contender === DIRECT) return ''
  return (summary.median / against.median).toFixed(2)
}

function loadSideNote(metric: Metric, rows: readonly Row[], direct: Row | undefined): readonly string[] {
  const limit = summarize(direct, metric, direct)
  if (metric.throughput === undefined || limit === null) return []
  const factors = rows
    .filter(({ contender }) => contender !== DIRECT)
    .flatMap((row) => {
      const summary = summarize(row, metric, direct)
      return summary === null ? [] : [{ name: row.contender, factor: limit.median / summary.median }]
    })
  const close = factors.filter(({ factor }) => factor < LOAD_SIDE_FACTOR)
  const text = close.map(({ name, factor }) => `${name} (${factor.toFixed(2)})`).join(', ')
  return [
    close.length === 0
      ? `  Directly the load side does at least ${LOAD_SIDE_FACTOR} times what any contender does.`
      : `  Directly the load side does less than ${LOAD_SIDE_FACTOR} times the ${metric.unit} of: ${text}; for these read the CPU figure.`,
  ]
}

function align(lines: readonly (readonly string[])[]): readonly string[] {
  const full = lines.filter((line) => line.length > 2)
  const widths = (full[0] ?? []).map((_, column) =>
    Math.max(...full.map((line) => line[column]?.length ?? 0)),
  )
  const nameWidth = Math.max(...lines.map(([name]) => name?.length ?? 0))
  return lines.map((line) => {
    const [name = '', ...cells] = line
    const padded = cells.map((cell, index) =>
      line.length > 2 ? cell.padStart(widths[index + 1] ?? 0) : cell,
    )
    return `  ${[name.padEnd(nameWidth), ...padded].join('  ')}`.trimEnd()
  })
}
