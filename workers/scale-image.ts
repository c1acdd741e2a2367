import sharp, { type Metadata, type Sharp, type SharpOptions } from 'sharp'
import type { ImageLimits } from '../src/bedrock/media-limits.js'
import { createLimiter } from './limiter.js'

// Nothing is asked for twice: libvips would keep up to 50 MB of what it decoded.
sharp.cache(false)
// One core for a picture leaves the others to the streams; two at once gain a picture little.
sharp.concurrency(1)
// Only what is asked for below may be decoded, whatever a file pretends to be: no SVG, no foreign converters.
sharp.block({ operation: ['VipsForeignLoad'] })
sharp.unblock({
  operation: [
    'VipsForeignLoadPng',
    'VipsForeignLoadJpeg',
    'VipsForeignLoadNsgif',
    'VipsForeignLoadWebp',
    'VipsForeignLoadTiff',
    'VipsForeignLoadHeif',
  ],
})

/** The largest phone pictures have 200 megapixels; a small file that claims more is there to fill memory. */
const PIXELS_MAX = 200_000_000
/** Pictures that are decoded whole, four bytes a pixel: 800 kB of interlaced PNG would else take 850 MB. */
const PIXELS_AT_ONCE_MAX = 80_000_000
const SECONDS_MAX = 30
/** sharp works on libuv's four threads, which the whole process shares, DNS included: a worker takes one of them. */
const oneAtATime = createLimiter(1)

const INPUT: SharpOptions = { limitInputPixels: PIXELS_MAX, failOn: 'error' }

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

/** The picture can't be read, or not be made to fit. The message says what is wrong with it, after `the image`. */
export class ImageFailure extends Error {}

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

/** A plain JPEG or PNG is read line by line, unless it has to be turned. */
function requireDecodable({ width, height, format, isProgressive, orientation = 1 }: Metadata): void {
  const inLines = !isProgressive && (format === 'jpeg' || (format === 'png' && orientation === 1))
  if (!inLines && width * height > PIXELS_AT_ONCE_MAX) throw tooManyPixels(PIXELS_AT_ONCE_MAX)
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

async function encode(bytes: Uint8Array, { format, quality }: Attempt, side: number): Promise<Buffer> {
  const image = sharp(bytes, INPUT)
    .autoOrient()
    .resize({ width: side, height: side, fit: 'inside', withoutEnlargement: true })
    .timeout({ seconds: SECONDS_MAX })
  try {
    return await toFormat(image, format, quality ?? 100).toBuffer()
  } catch (error) {
    throw toImageFailure(error)
  }
}

function toFormat(image: Sharp, format: Attempt['format'], quality: number): Sharp {
  switch (format) {
    case 'png':
      return image.png()
    case 'gif':
      return image.gif()
    case 'webp':
      return image.webp({ quality, effort: 0 })
    case 'jpeg':
      // JPEG has no transparency: paper is white.
      return image.flatten({ background: 'white' }).jpeg({ quality })
    default:
      return format satisfies never
  }
}

async function readMetadata(bytes: Uint8Array): Promise<Metadata> {
  try {
    return await sharp(bytes, INPUT).metadata()
  } catch (error) {
    throw toImageFailure(error)
  }
}

function tooManyPixels(most: number): ImageFailure {
  return new ImageFailure(`has more than ${most / 1_000_000} megapixels: send a smaller one`)
}

/** The words of libvips name its own parts; they are not repeated. */
function toImageFailure(error: unknown): ImageFailure {
  const { message } = error as Error
  if (/pixel limit/.test(message)) {
    return tooManyPixels(PIXELS_MAX)
  }
  if (/timeout/i.test(message)) return new ImageFailure(`takes longer than ${SECONDS_MAX} s to decode`)
  return new ImageFailure('is broken, or cut off: its bytes do not decode')
}
