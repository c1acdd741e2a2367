import type { ImageLimits } from '../src/bedrock/media-limits.js'
import { type SniffedImage, sniffFormat } from '../src/bedrock/sniff-format.js'
import type { ImageBlock } from '../src/bedrock/types.js'
import type { ModelTarget } from '../src/catalog/types.js'
import { toBase64 } from '../src/translate/media/base64.js'
import { type MediaFile, mediaError } from './read-source.js'
import { unsupportedMedia } from './unsupported-media.js'

const READABLE = 'png, jpeg, gif, webp, avif or tiff'
/** Told by name, but not read: SVG is a program, and the others have no decoder here. */
const NOT_READ: ReadonlySet<SniffedImage> = new Set(['svg', 'heic', 'bmp'])

/** Where an image goes. */
export interface ImageDestination {
  readonly target: ModelTarget
  readonly limits: ImageLimits
  readonly signal: AbortSignal
}

/**
 * An image as the model takes it. One in a format that the model takes and within its limits stays as it is, byte for byte. Throws a
 * `GatewayError` that names `param`.
 */
export async function toImageBlock(
  file: MediaFile,
  param: string,
  { target, limits, signal }: ImageDestination,
): Promise<ImageBlock> {
  const { imageTypes } = target.capabilities
  if (imageTypes.length === 0) throw unsupportedMedia(param, 'images', target)
  const format = requireImageFormat(file, param)
  // Most workers never see an image: loading sharp takes 80 ms and 20 MB.
  const { ImageFailure } = await import('./decode-image.js')
  const { measureImage, scaleImage } = await import('./scale-image.js')
  try {
    const { width, height } = await measureImage(file.bytes)
    const fits =
      imageTypes.includes(format) &&
      file.bytes.length <= limits.bytesMax &&
      Math.max(width, height) <= limits.sidePixelsMax
    if (fits) return { format, source: { bytes: toBase64(file) } }
    const scaled = await scaleImage(file.bytes, { formats: imageTypes, limits, signal })
    return { format: scaled.format, source: { bytes: toBase64({ bytes: scaled.bytes, base64: null }) } }
  } catch (error) {
    if (error instanceof ImageFailure) throw mediaError(param, `is an image that ${error.message}`)
    throw error
  }
}

/** By the bytes; labels are often wrong. Throws a `GatewayError` that names `param` for what is not read. */
export function requireImageFormat({ bytes }: Pick<MediaFile, 'bytes'>, param: string): SniffedImage {
  const sniffed = sniffFormat(bytes)
  if (sniffed === null) throw mediaError(param, `must be an image (${READABLE}), got other bytes`)
  if (sniffed.kind !== 'image')
    throw mediaError(param, `must be an image (${READABLE}), got ${sniffed.format}`)
  if (NOT_READ.has(sniffed.format)) {
    throw mediaError(param, `must be an image as ${READABLE}, got ${sniffed.format}: convert it first`)
  }
  return sniffed.format
}
