import { GatewayError } from '../../errors.js'
import { fieldError } from '../../openai/fields.js'
import { cutText, type Truncation } from './cut-text.js'
import { imageFormatOf, type SniffedImage } from './image-format.js'
import type { EmbeddingAdapter, EmbeddingOptions, ReadyInput } from './types.js'

/** The images that a model takes. */
export interface ImageRules {
  /** Images of one call. */
  readonly batchMax: number
  readonly formats: readonly string[]
  /** Of the file itself, before base64. */
  readonly bytesMax: number
  toBody(images: readonly SniffedImage[], options: EmbeddingOptions): Readonly<Record<string, unknown>>
}

/** What makes one family of models different. */
export interface EmbeddingFamily {
  /** For messages. */
  readonly name: string
  /** Sizes of a vector that it can make. */
  readonly dimensions: readonly number[]
  /** Texts of one call. */
  readonly batchMax: number
  readonly batchCharactersMax: number
  /** Of one text; null: only tokens count, and the model cuts by itself. */
  readonly textCharactersMax: number | null
  readonly images: ImageRules | null
  /** It tells questions from documents. */
  readonly takesPurpose: boolean
  readonly vectorMembers: readonly string[]
  toBody(texts: readonly string[], options: EmbeddingOptions): Readonly<Record<string, unknown>>
}

/** The adapter of a family: what all of them check and cut is said here once. */
export function createEmbeddingAdapter(family: EmbeddingFamily): EmbeddingAdapter {
  const { batchMax, batchCharactersMax, images, takesPurpose, vectorMembers } = family
  return {
    batchMax,
    imageBatchMax: images?.batchMax ?? 0,
    batchCharactersMax,
    takesImages: images !== null,
    takesPurpose,
    vectorMembers,
    check(input, param, truncate = null) {
      if (input.type === 'image') checkImage(input.base64, param, family)
      else checkText(input.text, param, { family, truncate })
    },
    checkOptions: ({ dimensions }) => checkDimensions(dimensions, family),
    toBody: (inputs, options) => toBody(inputs, options, family),
  }
}

function checkDimensions(dimensions: number | null, family: EmbeddingFamily): void {
  if (dimensions === null || family.dimensions.includes(dimensions)) return
  throw fieldError('dimensions', `${family.dimensions.join(', ')} for ${family.name}`, dimensions)
}

function checkText(
  text: string,
  param: string,
  { family, truncate }: { readonly family: EmbeddingFamily; readonly truncate: Truncation },
): void {
  if (text.trim() === '') throw new GatewayError('invalid_request', `${param} must not be blank`, { param })
  const { name, textCharactersMax } = family
  if (truncate !== 'none' || textCharactersMax === null || text.length <= textCharactersMax) return
  throw new GatewayError(
    'context_length_exceeded',
    `${param} must be at most ${textCharactersMax} characters for ${name} with truncate "NONE", got ${text.length}`,
    { param },
  )
}

function checkImage(base64: string, param: string, { name, images }: EmbeddingFamily): void {
  if (images === null) {
    throw new GatewayError('unsupported', `${param} is an image, and ${name} takes texts only.`, { param })
  }
  const format = imageFormatOf(base64)
  if (format === null || !images.formats.includes(format)) {
    const got = format === null ? 'bytes of no picture' : format
    const expected = `${param} must be ${images.formats.join(', ')} for ${name}`
    throw new GatewayError('invalid_request', `${expected}, got ${got}`, { param })
  }
  const bytes = Math.floor((base64.length * 3) / 4)
  if (bytes <= images.bytesMax) return
  throw new GatewayError(
    'invalid_request',
    `${param} must be at most ${images.bytesMax} bytes for ${name}, got ${bytes}`,
    { param },
  )
}

function toBody(
  inputs: readonly ReadyInput[],
  options: EmbeddingOptions,
  family: EmbeddingFamily,
): Readonly<Record<string, unknown>> {
  const images = inputs.flatMap((input) => (input.type === 'image' ? [input] : []))
  if (images.length > 0 && family.images !== null) {
    const sniffed = images.map(({ base64 }) => ({ format: imageFormatOf(base64) ?? 'png', base64 }))
    return family.images.toBody(sniffed, options)
  }
  const texts = inputs.flatMap((input) => (input.type === 'text' ? [input.text] : []))
  const max = family.textCharactersMax
  return family.toBody(
    max === null ? texts : texts.map((text) => cutText(text, max, options.truncate)),
    options,
  )
}
