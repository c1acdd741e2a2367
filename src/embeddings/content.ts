import type { EmbeddingAdapter, EmbeddingOptions, ReadyInput } from '../translate/embedding-models/types.js'

/** What waits for a call of a model. */
export type EmbeddingContent = OneInput | FinishedBody

/** One input; several may make one call. */
export interface OneInput {
  readonly type: 'input'
  readonly input: ReadyInput
  readonly adapter: EmbeddingAdapter
  readonly options: EmbeddingOptions
}

/** A whole call of a large request, made in a worker. Plain data. */
export interface FinishedBody {
  readonly type: 'body'
  /** JSON in the model's own words. */
  readonly body: Uint8Array
  /** SHA-256 of it in hex. */
  readonly payloadHash: string
  /** Which inputs of the request it holds. */
  readonly indexes: readonly number[]
  readonly vectorMembers: readonly string[]
  readonly truncate: EmbeddingOptions['truncate']
}

/** What came of it. */
export interface EmbeddingResult {
  /** JSON text of a vector for each input. */
  readonly vectors: readonly Uint8Array[]
  /** Its share of what AWS counted; null: AWS did not count. */
  readonly tokens: number | null
  /** Of the call, which others may have shared. */
  readonly requestId: string | null
}

/** What counts against a model's limit: the characters of a text, or of a picture's base64. */
export function charactersOf(input: ReadyInput): number {
  return input.type === 'text' ? input.text.length : input.base64.length
}
