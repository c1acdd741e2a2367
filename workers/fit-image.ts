import type { Metadata, Sharp } from 'sharp'
import type { ImageFormat, ImageSize } from '../src/openai/image-types.js'
import type { InputImageRules } from '../src/translate/image-models/types.js'
import {
  ImageFailure,
  isFaultless,
  openImage,
  readMetadata,
  requireDecodable,
  runImage,
  toFormat,
} from './decode-image.js'
import { aspectOf, fitSize, scaleSize } from './fit-size.js'

/** What a picture is to become. */
export interface FitOptions {
  readonly rules: InputImageRules
  /** Of the file, before base64. */
  readonly bytesMax: number
}

/** A picture that its model takes. */
export interface FittedImage extends ImageSize {
  readonly format: ImageFormat
  readonly bytes: Uint8Array
}

/**
 * A picture as a model takes it: upright, eight bits a colour, in one of its formats, within its sizes, its proportions kept. What
 * is so already stays byte for byte, but is decoded once: Bedrock's refusal of a broken one names no field. Wrong checksums
 * are put right. Throws an `ImageFailure`.
 */
export async function fitImage(bytes: Uint8Array, options: FitOptions): Promise<FittedImage> {
  const metadata = await readMetadata(bytes)
  requireDecodable(metadata)
  const size = requireSize(metadata.autoOrient, options.rules)
  if (staysAsItIs(bytes, { metadata, size }, options) && (await isFaultless(bytes, metadata))) {
    return { ...size, format: metadata.format as ImageFormat, bytes }
  }
  return encode(bytes, { metadata, size }, options)
}

interface Source {
  readonly metadata: Metadata
  /** That it is to have. */
  readonly size: ImageSize
}

function requireSize(own: ImageSize, rules: InputImageRules): ImageSize {
  const { width, height } = own
  if (rules.aspectMax !== null && aspectOf(own) > rules.aspectMax) {
    throw new ImageFailure(
      `has a longer side of more than ${rules.aspectMax} times the shorter one, which the model does not take: got ${width}x${height}`,
    )
  }
  const size = fitSize(own, rules)
  if (size !== null) return size
  throw new ImageFailure(`can't be scaled to a size that the model takes: got ${width}x${height}`)
}

function staysAsItIs(
  bytes: Uint8Array,
  { metadata, size }: Source,
  { rules, bytesMax }: FitOptions,
): boolean {
  const { width, height, format, orientation = 1, depth, space, hasAlpha, pages = 1 } = metadata
  return (
    (rules.formats as readonly string[]).includes(format) &&
    bytes.length <= bytesMax &&
    size.width === width &&
    size.height === height &&
    orientation === 1 &&
    pages === 1 &&
    depth === 'uchar' &&
    space === 'srgb' &&
    (rules.alpha || !hasAlpha)
  )
}

interface Attempt {
  readonly format: ImageFormat
  readonly quality: number
}

/** Best first, and where none fits the last of them smaller, down to the model's least size. */
async function encode(bytes: Uint8Array, source: Source, options: FitOptions): Promise<FittedImage> {
  const { rules, bytesMax } = options
  const attempts = planAttempts(source.metadata, options)
  let size: ImageSize | null = source.size
  for (let attempt = attempts.shift(); attempt !== undefined && size !== null; attempt = attempts.shift()) {
    const encoded = await encodeAs(bytes, { ...attempt, ...size }, options)
    if (encoded.length <= bytesMax) return { ...size, format: attempt.format, bytes: encoded }
    if (attempts.length > 0) continue
    // What is left grows with the area; a little less, so that this is the last round but for odd pictures.
    size = scaleSize(size, Math.min(0.9, Math.sqrt(bytesMax / encoded.length) * 0.95), rules)
    attempts.push(attempt)
  }
  throw new ImageFailure('could not be made small enough')
}

/** Lossless where the picture came so. Transparency needs PNG or WebP; a model that takes neither gets JPEG. */
function planAttempts({ format, hasAlpha }: Metadata, { rules }: FitOptions): Attempt[] {
  const takesPng = rules.formats.includes('png')
  const pressed: readonly ImageFormat[] =
    hasAlpha && rules.alpha ? (takesPng ? ['webp'] : ['webp', 'jpeg']) : ['jpeg', 'webp']
  const lossy = pressed.find((candidate) => rules.formats.includes(candidate))
  const lossySteps = lossy === undefined ? [] : [95, 85].map((quality) => ({ format: lossy, quality }))
  const camePressed = format === 'jpeg' || format === 'webp' || format === 'heif'
  const startsLossless = takesPng && !(camePressed && lossySteps.length > 0)
  return [...(startsLossless ? [{ format: 'png' as const, quality: 100 }] : []), ...lossySteps]
}

function encodeAs(
  bytes: Uint8Array,
  { format, quality, width, height }: Attempt & ImageSize,
  { rules }: FitOptions,
): Promise<Buffer> {
  const image: Sharp = openImage(bytes, { lenient: true })
    .resize({ width, height, fit: 'fill' })
    .toColourspace('srgb')
  return runImage(toFormat(rules.alpha ? image : image.flatten({ background: 'white' }), format, quality))
}
