/** One thing to embed. */
export type EmbeddingInput =
  | { readonly type: 'text'; readonly text: string }
  /** OpenAI's token ids (cl100k_base); they become text before a model sees them. */
  | { readonly type: 'tokens'; readonly tokens: readonly number[] }
  /** Base64 without a prefix. */
  | { readonly type: 'image'; readonly base64: string }

/** What the vectors are for; models that tell questions from documents make different ones. */
export type EmbeddingPurpose = 'document' | 'query' | 'classification' | 'clustering'

/** An embeddings request, checked (OpenAI's CreateEmbeddingRequest). */
export interface EmbeddingRequest {
  readonly model: string
  readonly inputs: readonly EmbeddingInput[]
  readonly encodingFormat: 'float' | 'base64'
  readonly dimensions: number | null
  /** Null: not said. */
  readonly purpose: EmbeddingPurpose | null
  /** The member that said it. */
  readonly purposeField: string | null
  /** Which end of too long a text is cut off; null: not said. */
  readonly truncate: 'start' | 'end' | 'none' | null
  /** Members of the request that no model sees, by name. */
  readonly dropped: readonly string[]
}
