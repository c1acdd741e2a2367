import type { Fields } from './fields.js'
import type { Guardrail } from './types.js'

export type ImageFormat = 'png' | 'jpeg' | 'webp'

export interface ImageSize {
  /** Pixels. */
  readonly width: number
  readonly height: number
}

/** An image request of either endpoint, checked (OpenAI's CreateImageRequest and CreateImageEditRequest), without its pictures. */
export interface ImageRequest {
  readonly model: string
  /** Null: none was sent; only some of the edit services do without. */
  readonly prompt: string | null
  /** `n`. */
  readonly count: number
  /** Null: `auto`, or not said. */
  readonly size: ImageSize | null
  /** As said: `hd`, `high`, `standard`, `low`, …; null: `auto`, or not said. */
  readonly quality: string | null
  readonly style: string | null
  readonly background: 'transparent' | 'opaque' | null
  readonly outputFormat: ImageFormat
  /** 0 to 100, for jpeg and webp; null: as the model or the encoder does it. */
  readonly outputCompression: number | null
  readonly responseFormat: 'b64_json' | 'url'
  readonly stream: boolean
  readonly seed: number | null
  readonly negativePrompt: string | null
  /** `guardrailConfig` (also `guardrail_config`). */
  readonly guardrail: Guardrail | null
  /** What else was sent (`creativity`, `strength`, `search_prompt`, …): an adapter reads what its model has. */
  readonly others: Fields
}

/** A picture that came with an edit, as the client sent it. */
export interface UploadedImage {
  /** The form field, for errors: `image`, `image[1]`, `mask`. */
  readonly param: string
  readonly bytes: Uint8Array
}
