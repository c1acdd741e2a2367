/** What a terminal shows of one line without breaking it. */
export const WIDTH_MAX = 160

const GAP = '  '

/** A table's lines: the first cell of each is its name, to the left; the others stand to the right, under their heads. */
interface Table {
  readonly head: readonly string[]
  /** As many cells as there are heads, or a name and a text that belongs to no column. */
  readonly lines: readonly (readonly string[])[]
}

/** Aligns a table. Columns that the width has no place for go into more tables below it; `groups` of columns stay together. */
export function toColumns({ head, lines }: Table, groups: readonly number[]): readonly string[] {
  const full = lines.filter((line) => line.length === head.length)
  const widths = head.map((text, column) =>
    Math.max(text.length, ...full.map((line) => line[column]?.length ?? 0)),
  )
  const nameWidth = Math.max(...lines.map(([name = '']) => name.length))
  const show = (line: readonly string[], from: number, to: number): string => {
    const cells =
      line.length === head.length
        ? line.slice(from, to).map((cell, index) => cell.padStart(widths[from + index] ?? 0))
        : line.slice(1)
    return GAP + [(line[0] ?? '').padEnd(nameWidth), ...cells].join(GAP)
  }
  return packGroups(groups, widths, nameWidth).flatMap(([from, to], index) => [
    show(head, from, to).trimEnd(),
    // What has no columns is said once.
    ...lines
      .filter((line) => index === 0 || line.length === head.length)
      .map((line) => show(line, from, to).trimEnd()),
  ])
}

/** From which column to which (not included) each table goes. */
function packGroups(
  groups: readonly number[],
  widths: readonly number[],
  nameWidth: number,
): readonly (readonly [number, number])[] {
  const tables: [number, number][] = []
  let at = 1
  let used = Number.POSITIVE_INFINITY
  for (const columns of groups) {
    const width = widths.slice(at, at + columns).reduce((sum, each) => sum + GAP.length + each, 0)
    const last = tables.at(-1)
    if (last === undefined || used + width > WIDTH_MAX) {
      tables.push([at, at + columns])
      used = GAP.length + nameWidth + width
    } else {
      last[1] += columns
      used += width
    }
    at += columns
  }
  return tables
}
