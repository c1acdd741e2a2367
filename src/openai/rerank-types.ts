/** A rerank request, checked: Open WebUI's external reranker, Cohere's and Jina's names. */
export interface RerankRequest {
  readonly model: string
  readonly query: string
  readonly documents: readonly string[]
  /** `top_n`, `top_k`; null: all. */
  readonly topCount: number | null
  readonly returnDocuments: boolean
  /** Members of the request that no model sees, by name. */
  readonly dropped: readonly string[]
}
