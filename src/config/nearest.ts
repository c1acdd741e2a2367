/** The candidate with the smallest edit distance, prefix and letter case left aside; the first of several. */
export function nearest(name: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined
  let bestDistance = Number.POSITIVE_INFINITY
  for (const candidate of candidates) {
    const distance = editDistance(bare(name), bare(candidate))
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

function bare(name: string): string {
  return name.toLowerCase().replace(/^bedrockd_/, '')
}

/** Levenshtein distance in UTF-16 units. */
export function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, column) => column)
  for (let line = 1; line <= left.length; line += 1) {
    const next = [line]
    for (let column = 1; column <= right.length; column += 1) {
      const replace = at(row, column - 1) + (left[line - 1] === right[column - 1] ? 0 : 1)
      next.push(Math.min(replace, at(row, column) + 1, at(next, column - 1) + 1))
    }
    row = next
  }
  return at(row, right.length)
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY
}
