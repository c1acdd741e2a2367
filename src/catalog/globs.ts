/**
 * A test for a list of globs (`*`: any characters, `?`: one), case-insensitive and over the whole text.
 * Never true for an empty list.
 */
export function createGlobs(globs: readonly string[]): (text: string) => boolean {
  if (globs.length === 0) return () => false
  const patterns = globs.map(toPattern)
  return (text) => patterns.some((pattern) => pattern.test(text))
}

function toPattern(glob: string): RegExp {
  // Neighbouring stars are one: `a**b` must not make a pattern that backtracks for ever.
  const source = glob
    .replace(/\*+/g, '*')
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${source}$`, 'is')
}
