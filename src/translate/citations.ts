import type { WireCitation } from '../bedrock/types.js'
import type { Citation } from '../openai/types.js'

/** A passage of the reply's text, in UTF-16 units; `end` is the unit after its last. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** One citation of Bedrock's, and the passage that rests on it. */
export function toCitation(citation: WireCitation, { start, end }: Span): Citation {
  const { title = null, source = null, sourceContent = [], location = null } = citation
  const text = sourceContent.map((part) => part.text ?? '').join('')
  return {
    start,
    end,
    url: location?.web?.url ?? toWebAddress(source),
    title,
    text: text === '' ? null : text,
    location,
    source,
  }
}

/** Search results name their source as their author likes; often that is an address. */
function toWebAddress(source: string | null): string | null {
  return source !== null && /^https?:\/\/\S+$/.test(source) ? source : null
}

/**
 * Which passage a citation is about. Claude's stand in the block of the text they are about, before it (facts C5); a block
 * of citations alone is about the text before it.
 */
export interface PassageTracker {
  /** Units of text that were said. */
  advance(units: number): void
  /** The passage of the block that ends here, or of the last one that had text. */
  endBlock(): Span
}

export function createPassageTracker(): PassageTracker {
  return new Passages()
}

const NOTHING: Span = { start: 0, end: 0 }

class Passages implements PassageTracker {
  #position = 0
  #blockStart = 0
  #passage = NOTHING

  advance(units: number): void {
    this.#position += units
  }

  endBlock(): Span {
    if (this.#position > this.#blockStart) this.#passage = { start: this.#blockStart, end: this.#position }
    this.#blockStart = this.#position
    return this.#passage
  }
}

/** UTF-16 units of the text that a JSON string stands for, quotes included, without parsing it. */
export function unitsOfJson(json: string): number {
  let units = json.length - 2
  let at = json.indexOf('\\')
  while (at >= 0) {
    const isNumbered = json.charCodeAt(at + 1) === LOWER_U
    units -= isNumbered ? 5 : 1
    at = json.indexOf('\\', at + 2)
  }
  return units
}

const LOWER_U = 0x75
