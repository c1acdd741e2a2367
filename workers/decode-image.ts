import sharp, { type Metadata, type Sharp, type SharpOptions } from 'sharp'
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

const INPUT: SharpOptions = { limitInputPixels: PIXELS_MAX, failOn: 'error' }

/** sharp works on libuv's four threads, which the whole process shares, DNS included: a worker takes one of them. */
export const oneAtATime = createLimiter(1)

/** The picture can't be read, or not be made to fit. The message says what is wrong with it, after `the image`. */
export class ImageFailure extends Error {}

/** What the header says. Throws an `ImageFailure` for what is no picture, or has too many pixels for any purpose. */
export async function readMetadata(bytes: Uint8Array): Promise<Metadata> {
  try {
    return await sharp(bytes, INPUT).metadata()
  } catch (error) {
    throw toImageFailure(error)
  }
}

/** A plain JPEG or PNG is read line by line, unless it has to be turned. */
export function requireDecodable({ width, height, format, isProgressive, orientation = 1 }: Metadata): void {
  const inLines = !isProgressive && (format === 'jpeg' || (format === 'png' && orientation === 1))
  if (!inLines && width * height > PIXELS_AT_ONCE_MAX) throw tooManyPixels(PIXELS_AT_ONCE_MAX)
}

/**
 * The picture upright, to go on with; nothing is decoded yet. Of an animation the first picture. `lenient`: wrong checksums do not matter, as
 * in browsers; all of it has to be there.
 */
export function openImage(
  bytes: Uint8Array,
  { lenient = false }: { readonly lenient?: boolean } = {},
): Sharp {
  const options: SharpOptions = { ...INPUT, failOn: lenient ? 'truncated' : 'error' }
  return sharp(bytes, options).autoOrient().timeout({ seconds: SECONDS_MAX })
}

/** Throws an `ImageFailure` where the bytes do not decode. */
export async function runImage(image: Sharp): Promise<Buffer> {
  try {
    return await image.toBuffer()
  } catch (error) {
    throw toImageFailure(error)
  }
}

/** Whether it decodes without a fault. The last line needs all lines before it (4 megapixels of PNG: 35 ms), and nothing is kept. */
export async function isFaultless(bytes: Uint8Array, { width, height }: Metadata): Promise<boolean> {
  const lastLine = { left: 0, top: height - 1, width, height: 1 }
  try {
    await sharp(bytes, INPUT).timeout({ seconds: SECONDS_MAX }).extract(lastLine).raw().toBuffer()
    return true
  } catch {
    return false
  }
}

/** `quality`: 1 to 100, for those that lose some. */
export function toFormat(image: Sharp, format: 'png' | 'jpeg' | 'webp' | 'gif', quality: number): Sharp {
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
