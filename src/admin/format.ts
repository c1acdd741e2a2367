/** A column of a table; numbers read best from the right. */
export interface Column {
  readonly title: string
  readonly align?: 'left' | 'right'
}

const SECOND_MS = 1000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** Lines of a table, aligned, without trailing blanks; an empty cell shows as `-`. */
export function toTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const cells = [
    columns.map(({ title }) => title),
    ...rows.map((row) => row.map((cell) => toPlain(cell) || '-')),
  ]
  const widths = columns.map((_, index) => Math.max(...cells.map((row) => row[index]?.length ?? 0)))
  return cells.map((row) =>
    row
      .map((cell, index) => {
        const width = widths[index] ?? 0
        return columns[index]?.align === 'right' ? cell.padStart(width) : cell.padEnd(width)
      })
      .join('  ')
      .trimEnd(),
  )
}

/** Text that cannot steer a terminal: names come from AWS accounts and from clients. */
export function toPlain(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '?')
}

/** `3m ago`, `in 3m`; `-` for null. */
export function toAge(atMs: number | null, nowMs: number): string {
  if (atMs === null) return '-'
  return atMs > nowMs ? `in ${toDuration(atMs - nowMs)}` : `${toDuration(nowMs - atMs)} ago`
}

/** The two largest units that say something: `850ms`, `42s`, `3m`, `3h 12m`, `2d 4h`. */
export function toDuration(durationMs: number): string {
  if (durationMs < SECOND_MS) return `${Math.round(durationMs)}ms`
  if (durationMs < MINUTE_MS) return `${Math.floor(durationMs / SECOND_MS)}s`
  if (durationMs < HOUR_MS) return `${Math.floor(durationMs / MINUTE_MS)}m`
  if (durationMs < DAY_MS) return toTwoUnits(durationMs, [HOUR_MS, 'h'], [MINUTE_MS, 'm'])
  return toTwoUnits(durationMs, [DAY_MS, 'd'], [HOUR_MS, 'h'])
}

type Unit = readonly [number, string]

function toTwoUnits(durationMs: number, [large, largeName]: Unit, [small, smallName]: Unit): string {
  const rest = Math.floor((durationMs % large) / small)
  const head = `${Math.floor(durationMs / large)}${largeName}`
  return rest === 0 ? head : `${head} ${rest}${smallName}`
}

/** `512 B`, `1.5 KiB`, `123.4 MiB`. */
export function toSize(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10))
  const size = bytes / 1024 ** power
  return `${power === 0 ? size : size.toFixed(1)} ${units[power] ?? 'B'}`
}
