import { DIRECT } from './contenders.js'
import type { Measurement, Metric } from './measurement.js'
import { type Row, summarize } from './report.js'

/** What a metric of bedrockd is held to. */
export interface Target {
  readonly comparison: 'at most' | 'at least'
  readonly value: number
  /** The value is that many times the figure of this contender; absent: it is the figure itself. */
  readonly times?: string
  /** Cores without which it can't be judged. */
  readonly coresMin?: number
}

export interface Verdict {
  readonly contender: string
  readonly metric: string
  readonly unit: string
  readonly target: Target
  /** In the target's terms: the median, or how many times the other's it is. Null: not measured. */
  readonly value: number | null
  /** Null: can't be said here. */
  readonly met: boolean | null
}

/** The contenders that targets are for. */
const OURS = /^bedrockd/

/** Each target of the measurement for each bedrockd that was measured. */
export function judgeTargets(
  measurement: Measurement,
  rows: readonly Row[],
  coresFree: number,
): readonly Verdict[] {
  return measurement.metrics.flatMap((metric) =>
    (metric.targets ?? []).flatMap((target) =>
      rows
        .filter((row) => OURS.test(row.contender) && row.type === 'measured')
        .map((row): Verdict => {
          const value = measuredOf(row, metric, target, rows)
          const isJudged = value !== null && coresFree >= (target.coresMin ?? 0)
          const met = isJudged ? isMet(target, value) : null
          return { contender: row.contender, metric: metric.key, unit: metric.unit, target, value, met }
        }),
    ),
  )
}

function measuredOf(row: Row, metric: Metric, { times }: Target, rows: readonly Row[]): number | null {
  const named = (name: string): Row | undefined => rows.find(({ contender }) => contender === name)
  const own = summarize(row, metric, named(DIRECT))
  if (times === undefined || own === null) return own?.median ?? null
  const other = summarize(named(times), metric, named(DIRECT))
  // Nothing, or less than nothing that noise made: no ratio says anything.
  return other === null || other.median <= 0 ? null : own.median / other.median
}

function isMet({ comparison, value: limit }: Target, value: number): boolean {
  return comparison === 'at most' ? value <= limit : value >= limit
}

/** One line for each verdict. */
export function formatVerdicts(verdicts: readonly Verdict[]): string {
  return verdicts
    .map(({ contender, unit, target, value, met }) => {
      const { times, coresMin } = target
      const limit = `${target.value.toLocaleString('en-US')}${times === undefined ? ` ${unit}` : ` × ${times} (${unit})`}`
      const measured = value === null ? 'not measured' : toShort(value)
      const cores = coresMin === undefined ? '' : ` where ${coresMin} cores are free`
      const verdict = met === null ? 'can’t be said here' : met ? 'met' : 'MISSED'
      return `  target ${target.comparison} ${limit}${cores}: ${contender} ${measured}, ${verdict}`
    })
    .join('\n')
}

function toShort(value: number): string {
  const fractionDigits = Math.abs(value) < 10 ? 2 : Math.abs(value) < 100 ? 1 : 0
  return value.toLocaleString('en-US', { maximumFractionDigits: fractionDigits })
}
