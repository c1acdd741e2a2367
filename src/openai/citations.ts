import type { Citation } from './types.js'

/** An entry of `annotations`, OpenAI's shape for web pages. */
export interface AnnotationBody {
  readonly type: 'url_citation'
  readonly url_citation: {
    readonly url: string
    readonly title: string
    readonly start_index: number
    readonly end_index: number
  }
}

/** An entry of `citations`, a member of our own, for what an annotation can't say. */
export interface CitationBody {
  readonly title: string | null
  readonly source: string | null
  readonly text: string | null
  readonly location: object | null
  readonly start_index: number
  readonly end_index: number
}

/** The members of a message or a delta that hold these citations; a member that would be empty is left out. */
export interface CitationMembers {
  readonly annotations?: readonly AnnotationBody[]
  readonly citations?: readonly CitationBody[]
}

/** Web pages become annotations; what is no web page, or has more to say than its address and title, stands in `citations`. */
export function toCitationMembers(citations: readonly Citation[]): CitationMembers {
  const annotations = citations.flatMap(toAnnotations)
  const others = citations.filter((citation) => !isSaidByAnnotation(citation)).map(toCitationBody)
  return {
    ...(annotations.length > 0 ? { annotations } : {}),
    ...(others.length > 0 ? { citations: others } : {}),
  }
}

function toAnnotations({ url, title, start, end }: Citation): readonly AnnotationBody[] {
  if (url === null) return []
  const cited = { url, title: title ?? url, start_index: start, end_index: end }
  return [{ type: 'url_citation', url_citation: cited }]
}

function isSaidByAnnotation({ url, text, source, location }: Citation): boolean {
  return url !== null && text === null && source === null && (location === null || 'web' in location)
}

function toCitationBody({ title, source, text, location, start, end }: Citation): CitationBody {
  return { title, source, text, location, start_index: start, end_index: end }
}
