/** What to look for in a picture, and what is to be there instead. */
export interface SearchWords {
  readonly search: string
  readonly prompt: string
}

const ARROWS = ['=>', '->', '→'] as const

/**
 * A client that can only send a prompt (Open WebUI) may say both in it: `cat => dog` in any language, or `replace the cat
 * with a dog`. Null: it says one thing.
 */
export function splitSearchWords(prompt: string): SearchWords | null {
  for (const arrow of ARROWS) {
    const found = splitAt(prompt, arrow)
    if (found !== null) return found
  }
  const [, rest] = /^\s*(?:please\s+)?replace\s+(.+)$/is.exec(prompt) ?? []
  if (rest === undefined) return null
  return splitAt(rest, ' with ') ?? splitAt(rest, ' by ')
}

function splitAt(text: string, separator: string): SearchWords | null {
  const at = text.toLowerCase().indexOf(separator)
  if (at < 0) return null
  const search = text.slice(0, at).trim()
  const prompt = text.slice(at + separator.length).trim()
  return search === '' || prompt === '' ? null : { search, prompt }
}
