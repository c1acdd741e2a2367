export interface RerankReply {
  readonly id: string
  /** As the client named it. */
  readonly model: string
  /** Places in the request's list with their scores, best first. */
  readonly results: readonly { readonly index: number; readonly score: number }[]
  /** JSON text of a document, by its place in the request; null: they are not repeated. */
  readonly documentJson: ((index: number) => Uint8Array) | null
  /** Null: the model does not count (recording 172). */
  readonly promptTokens: number | null
}

/**
 * A rerank reply as parts of one JSON text, in order: `id`, `results` and `meta` as Cohere has them (Open WebUI reads `results`
 * alone), `object`, `model` and `usage` as Jina has them.
 */
export function toRerankReply({
  id,
  model,
  results,
  documentJson,
  promptTokens,
}: RerankReply): readonly (Uint8Array | string)[] {
  const parts: (Uint8Array | string)[] = []
  let text = `{"id":${JSON.stringify(id)},"object":"list","model":${JSON.stringify(model)},"results":[`
  for (const [place, { index, score }] of results.entries()) {
    text += `${place === 0 ? '' : ','}{"index":${index},"relevance_score":${score}`
    if (documentJson !== null) {
      parts.push(`${text},"document":{"text":`, documentJson(index))
      text = '}'
    }
    text += '}'
  }
  const tokens = promptTokens ?? 0
  const usage = { prompt_tokens: tokens, total_tokens: tokens }
  const end = { meta: { api_version: { version: '2' } }, usage }
  parts.push(`${text}],${JSON.stringify(end).slice(1)}`)
  return parts
}
