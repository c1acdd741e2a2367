import type { EmbeddingInput, EmbeddingRequest } from '../../openai/embedding-types.js'

/** What holds for all inputs of one call; two requests that agree in it may share a call. */
export type EmbeddingOptions = Pick<EmbeddingRequest, 'dimensions' | 'purpose' | 'truncate'>

/** Tokens are text by now. */
export type ReadyInput = Exclude<EmbeddingInput, { readonly type: 'tokens' }>

/** How one family of embedding models is spoken to. Pure. */
export interface EmbeddingAdapter {
  /** Texts of one call. */
  readonly batchMax: number
  /** Images of one call; 0: it sees none. */
  readonly imageBatchMax: number
  /** Characters of all texts of one call together; the request's body has a limit of its own. */
  readonly batchCharactersMax: number
  readonly takesImages: boolean
  /** It tells questions from documents. */
  readonly takesPurpose: boolean
  /** Throws a `GatewayError` that names the field: dimensions that the model has not, an image it can't see, a blank or too long text. */
  check(input: ReadyInput, param: string, truncate?: EmbeddingOptions['truncate']): void
  checkOptions(options: EmbeddingOptions): void
  /** The InvokeModel body, before JSON, for inputs of one kind that were checked. */
  toBody(inputs: readonly ReadyInput[], options: EmbeddingOptions): Readonly<Record<string, unknown>>
  /** Names of the reply's members that hold vectors, in the order of preference: `embedding`, `float`, `embeddings`. */
  readonly vectorMembers: readonly string[]
}
