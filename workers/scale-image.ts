import type { Metadata } from 'sharp'
import type { ImageLimits } from '../src/bedrock/media-limits.js'
import {
  ImageFailure,
  oneAtATime,
  openImage,
  readMetadata,
  requireDecodable,
  runImage,
  toFormat,
} from './decode-image.js'

/** A picture in one of Bedrock's formats. */
export interface EncodedImage {
  readonly format: string
  readonly bytes: Uint8Array
}

/** What a picture is to become. */
export interface ScaleOptions {
  /** Bedrock's names; at least one. */
  readonly formats: readonly string[]
  readonly limits: ImageLimits
  /** Pictures whose turn comes after its abort are not read. */
  readonly signal: AbortSignal
}

/** Width and height, read from the header. Throws an `ImageFailure` for what is no picture, or too large a one to decode. */
export async function measureImage(bytes: Uint8Array): Promise<{ width: number; height: number }> {
  const { width, height } = await readMetadata(bytes)
  return { width, height }
}

/**
 * Writes a picture anew so that it fits: in one of `formats`, upright, within the limits, its proportions kept. Of an animation the first
 * picture. Lossless where that fits, else at falling quality, else smaller. Throws an `ImageFailure`, or the signal's reason where
 * the turn comes too late.
 */
export function scaleImage(
  bytes: Uint8Array,
  { formats, limits, signal }: ScaleOptions,
): Promise<EncodedImage> {
  return oneAtATime(async () => {
    signal.throwIfAborted()
    const metadata = await readMetadata(bytes)
    requireDecodable(metadata)
    const { width, height } = metadata
    let side = Math.min(limits.sidePixelsMax, Math.max(width, height))
    const attempts = planAttempts(bytes, { metadata, formats, side }, limits)
    for (let attempt = attempts.shift(); attempt !== undefined; attempt = attempts.shift()) {
      const encoded = await encode(bytes, attempt, side)
      if (encoded.length <= limits.bytesMax) return { format: attempt.format, bytes: encoded }
      if (attempts.length > 0) continue
      // What is left grows with the area; a little less, so that this is the last round but for odd pictures.
      side = Math.floor(side * Math.min(0.8, Math.sqrt(limits.bytesMax / encoded.length) * 0.95))
      if (side >= 1) attempts.push(attempt)
    }
    throw new ImageFailure('could not be made small enough')
  })
}

interface Attempt {
  readonly format: 'png' | 'jpeg' | 'webp' | 'gif'
  /** Null: lossless. */
  readonly quality: number | null
}

interface Task {
  readonly metadata: Metadata
  readonly formats: readonly string[]
  readonly side: number
}

const LOSSLESS: ReadonlySet<string> = new Set(['png', 'gif', 'tiff'])

/**
 * What is tried, best first; the last of it also smaller. Transparency needs PNG or WebP. JPEG goes before WebP, which takes three times as
 * long to write (12 megapixels: 0.7 s against 0.2 s, and 1.9 s at its default effort).
 */
function planAttempts(bytes: Uint8Array, { metadata, formats, side }: Task, limits: ImageLimits): Attempt[] {
  const { width, height, format, hasAlpha } = metadata
  const share = (side / Math.max(width, height)) ** 2
  const png: Attempt = { format: 'png', quality: null }
  const lossless = LOSSLESS.has(format) && bytes.length * share <= limits.bytesMax
  const lossy: readonly Attempt['format'][] = hasAlpha ? ['webp', 'png', 'jpeg'] : ['jpeg', 'webp', 'png']
  const first = [...lossy, 'gif' as const].find((candidate) => formats.includes(candidate))
  if (first === undefined) throw new ImageFailure('has no format that the model takes')
  const steps: readonly Attempt[] =
    first === 'png' || first === 'gif'
      ? [{ format: first, quality: null }]
      : [90, 80].map((quality) => ({ format: first, quality }))
  return [...(lossless && first !== 'png' && formats.includes('png') ? [png] : []), ...steps]
}

function encode(bytes: Uint8Array, { format, quality }: Attempt, side: number): Promise<Buffer> {
  const image = openImage(bytes).resize({
    width: side,
    height: side,
    fit: 'inside',
    withoutEnlargement: true,
  })
  return runImage(toFormat(image, format, quality ?? 100))
}
