/**
 * An InvokeModel reply of an image model (facts C11): Nova and Titan say `images` and `error`, Stability `images`,
 * `finish_reasons` and `seeds`. Both say what was filtered with status 200.
 */
export interface ImageReply {
  /** Base64, in the order of the reply. */
  readonly images: readonly string[]
  readonly seeds: readonly number[]
  /** Why pictures are missing, in the model's words; null: none is. Of the client's prompt nothing is in it. */
  readonly filtered: string | null
}
