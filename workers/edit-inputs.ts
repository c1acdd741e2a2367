import type { ImageRequest, UploadedImage } from '../src/openai/image-types.js'
import type { EditInputs, ImageAdapter, PreparedImage } from '../src/translate/image-models/types.js'
import { ImageFailure, oneAtATime } from './decode-image.js'
import { toAlphaMask, toMask } from './edit-mask.js'
import { type FittedImage, fitImage } from './fit-image.js'
import { requireImageFormat } from './media-image.js'
import { mediaError } from './read-source.js'

/** The pictures of an edit, as the client sent them. */
export interface Uploads {
  /** At least one. */
  readonly images: readonly UploadedImage[]
  readonly mask: UploadedImage | null
}

/** What they are to become. */
export interface EditInputOptions {
  /** Takes pictures, and so many, and a mask if there is one: `checkInputs`. */
  readonly adapter: ImageAdapter
  readonly request: ImageRequest
  /** Of all pictures and the mask, in base64. */
  readonly charactersMax: number
  /** Pictures whose turn comes after its abort are not read. */
  readonly signal: AbortSignal
}

/** Black and white pack well: 9 megapixels of noise have 1.2 MB. */
const MASK_CHARACTERS = 2_000_000

/**
 * The pictures of an edit and its mask, as the model takes them. Without a mask the transparent places of the first picture are one, for a
 * model that takes masks. Throws a `GatewayError` that names the field, or the signal's reason.
 */
export async function toEditInputs(
  { images, mask }: Uploads,
  { adapter, request, charactersMax, signal }: EditInputOptions,
): Promise<EditInputs> {
  const rules = adapter.input
  if (rules === null) throw new TypeError('expected a model that takes pictures')
  const convention = adapter.maskOf(request)
  const bytesMax = shareBytes(images, charactersMax - (convention === 'none' ? 0 : MASK_CHARACTERS))
  const read = <Value>({ param, bytes }: UploadedImage, make: () => Promise<Value>): Promise<Value> =>
    oneAtATime(async () => {
      signal.throwIfAborted()
      requireImageFormat({ bytes }, param)
      return await naming(param, make())
    })
  const fitted: FittedImage[] = []
  for (const [index, image] of images.entries()) {
    fitted.push(await read(image, () => fitImage(image.bytes, { rules, bytesMax: bytesMax[index] ?? 0 })))
  }
  const [first] = images
  const [size] = fitted
  if (first === undefined || size === undefined) throw new TypeError('expected a picture')
  const { width, height } = size
  if (convention === 'none') return { images: fitted.map(toPrepared), mask: null }
  const how = { size: { width, height }, convention }
  const made =
    mask === null
      ? await read(first, () => toAlphaMask(first.bytes, how))
      : await read(mask, () => toMask(mask.bytes, how))
  return { images: fitted.map(toPrepared), mask: made === null ? null : toBase64(made) }
}

/** Bytes that each picture may have: what there is beside its own, or an equal share where that is too little. */
function shareBytes(images: readonly UploadedImage[], characters: number): readonly number[] {
  // Four characters are three bytes, and the last ones of each picture are filled up.
  const budget = Math.floor(characters / 4) * 3 - images.length * 2
  const total = images.reduce((sum, { bytes }) => sum + bytes.length, 0)
  const left = Math.floor((budget - total) / images.length)
  const equal = Math.floor(budget / images.length)
  return images.map(({ bytes }) => (left >= 0 ? bytes.length + left : equal))
}

async function naming<Value>(param: string, work: Promise<Value>): Promise<Value> {
  try {
    return await work
  } catch (error) {
    if (error instanceof ImageFailure) throw mediaError(param, `is an image that ${error.message}`)
    throw error
  }
}

function toPrepared({ width, height, format, bytes }: FittedImage): PreparedImage {
  return { width, height, format, base64: toBase64(bytes) }
}

function toBase64({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('base64')
}
