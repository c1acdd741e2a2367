/** How well a document answers a query, 0 to 1: the words they share, of all words that either has. A float32. */
export function scoreOf({ query, document }: { readonly query: string; readonly document: string }): number {
  const asked = wordsOf(query)
  const said = wordsOf(document)
  const shared = [...asked].filter((word) => said.has(word)).length
  const all = asked.size + said.size - shared
  return all === 0 ? 0 : Math.fround(shared / all)
}

function wordsOf(text: string): ReadonlySet<string> {
  return new Set(text.toLowerCase().match(/[\p{L}\p{N}]+/gu))
}

export interface RerankResult {
  /** Place in the list of documents. */
  readonly index: number
  readonly relevance_score: number
}

/** The documents from best to worst, equal ones in their order; at most `top` of them. */
export function rank(query: string, documents: readonly string[], top: number): readonly RerankResult[] {
  return documents
    .map((document, index) => ({ index, relevance_score: scoreOf({ query, document }) }))
    .sort((one, other) => other.relevance_score - one.relevance_score)
    .slice(0, top)
}
