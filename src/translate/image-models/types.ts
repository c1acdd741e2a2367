import type { ImageFormat, ImageRequest, ImageSize } from '../../openai/image-types.js'
import type { DropList } from '../drop-list.js'

/** What a model takes as an input picture. The worker makes pictures fit before an adapter sees them. */
export interface InputImageRules {
  /** Bedrock's names; what comes in another one is written anew. */
  readonly formats: readonly ImageFormat[]
  /** Pixels a side. */
  readonly sideMin: number
  readonly sideMax: number
  /** Width times height. */
  readonly pixelsMin: number
  readonly pixelsMax: number
  /** Longer side by shorter side, at most; null: any. */
  readonly aspectMax: number | null
  /** A picture may be transparent; false: it is laid on white first. */
  readonly alpha: boolean
  readonly countMax: number
}

/**
 * What a mask means to a model. OpenAI's: where it is transparent is edited. `black-edits` (Nova, Titan): black is edited,
 * white stays (facts C11). `white-edits` (Stability, and outpainting with Nova and Titan): white is edited, black stays.
 * `none`: takes no mask. Every pixel is black or white, nothing between.
 */
export type MaskConvention = 'black-edits' | 'white-edits' | 'none'

/** An input picture, ready to be said. */
export interface PreparedImage extends ImageSize {
  readonly format: ImageFormat
  readonly base64: string
}

/** What an edit is made of. */
export interface EditInputs {
  readonly images: readonly PreparedImage[]
  /** PNG in the model's convention and of the first image's size, as base64; null: none was sent. */
  readonly mask: string | null
}

/** What one call is to say. */
export interface ImageCallInput {
  readonly request: ImageRequest
  /** Null: pictures are made from words alone. */
  readonly edit: EditInputs | null
  /** Pictures that this call makes; at most `imagesPerCall`. */
  readonly count: number
  /** For this call: clients that name a seed and several pictures get different ones. Null: the model's choice. */
  readonly seed: number | null
  readonly dropped: DropList
}

/** How one family of image models is spoken to. Pure. */
export interface ImageAdapter {
  /** Makes pictures from a prompt alone. */
  readonly generates: boolean
  /** Null: takes no input picture. */
  readonly input: InputImageRules | null
  /** By request: Nova and Titan paint inside of a mask or outside of it. May throw a `GatewayError` that names the field. */
  maskOf(request: ImageRequest): MaskConvention
  /** Pictures of one call. */
  readonly imagesPerCall: number
  /** Formats that it writes by itself; others are written anew from PNG. */
  readonly outputFormats: readonly ImageFormat[]
  /** Largest seed; the smallest is 0. */
  readonly seedMax: number
  /** Without a seed `random` makes another picture every time, `fixed` the same one: then a seed has to be said. */
  readonly seedDefault: 'random' | 'fixed'
  /** The InvokeModel body, before JSON. Throws a `GatewayError` that names the field. */
  toBody(input: ImageCallInput): Readonly<Record<string, unknown>>
}
