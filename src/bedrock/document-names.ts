/** Shape DocumentBlock of the service model: 1 to 200 characters. */
const NAME_CHARACTERS_MAX = 200
const NAMELESS = 'document'

/** The names of one request's documents. */
export interface DocumentNames {
  /** A name that Converse takes and no document of this request has yet, as near as can be to the file's. */
  next(fileName: string | null): string
}

/**
 * Bedrock refuses two documents of one name, wherever in the history ("Messages can't contain duplicate document names",
 * maximhq/bifrost#7003): later ones are numbered. Earlier ones keep theirs from turn to turn, for the prompt cache.
 */
export function createDocumentNames(): DocumentNames {
  const taken = new Set<string>()
  return {
    next(fileName) {
      const name = toDocumentName(fileName ?? '')
      let unique = name
      for (let number = 2; taken.has(unique.toLowerCase()); number += 1) {
        unique = appendNumber(name, ` (${number})`)
      }
      taken.add(unique.toLowerCase())
      return unique
    },
  }
}

/**
 * Letters, digits, single spaces, hyphens, parentheses and square brackets (DocumentBlock, AWS API reference): accents are taken off,
 * everything else becomes a space. The extension goes, because no dot may stay and the format says it.
 */
function toDocumentName(fileName: string): string {
  const base = fileName.replace(/^.*[/\\]/, '').replace(/\.[a-z0-9]{1,5}$/i, '')
  const plain = base
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .replace(/[^A-Za-z0-9()[\]-]+/g, ' ')
  return plain.trim().slice(0, NAME_CHARACTERS_MAX).trim() || NAMELESS
}

function appendNumber(name: string, suffix: string): string {
  return name.slice(0, NAME_CHARACTERS_MAX - suffix.length).trimEnd() + suffix
}
