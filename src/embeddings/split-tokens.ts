/** Divides a call's tokens by characters; the parts add up to the total exactly. */
export function splitTokens(total: number, characters: readonly number[]): readonly number[] {
  const whole = characters.reduce((sum, count) => sum + count, 0)
  // Rounding what is given so far, and not each part, loses nothing.
  const givenUpTo = (upTo: number): number => (whole === 0 ? 0 : Math.round((total * upTo) / whole))
  let seen = 0
  return characters.map((count, index) => {
    const before = givenUpTo(seen)
    seen += count
    return (index === characters.length - 1 ? total : givenUpTo(seen)) - before
  })
}
