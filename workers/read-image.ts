import { sniffFormat } from '../src/bedrock/sniff-format.js'
import type { ImageWish } from '../src/images/tasks.js'
import type { ImageFormat } from '../src/openai/image-types.js'
import { decodeBase64, type EncodedBytes } from '../src/translate/media/base64.js'
import {
  ImageFailure,
  oneAtATime,
  openImage,
  readMetadata,
  requireDecodable,
  runImage,
  toFormat,
} from './decode-image.js'
import type { EncodedImage } from './read-images.js'
import { measureImage, scaleImage } from './scale-image.js'

/** Where the client names none; OpenAI's own is 100. */
const QUALITY_DEFAULT = 95
/** sharp knows no 0. */
const QUALITY_MIN = 1
/** For a picture that is made smaller, in whatever format fits best. */
const SMALLER_FORMATS: readonly ImageFormat[] = ['png', 'jpeg', 'webp']

/**
 * A picture of a reply, from base64, as the client wants it. One that is so already is passed on as it came, and only its header is
 * read. Throws an `ImageFailure`.
 */
export async function readImage(text: string, wish: ImageWish): Promise<EncodedImage> {
  const came = decodeBase64(text)
  if (came === null || came.bytes.length === 0) throw new ImageFailure('is no base64')
  const made = await makeImage(came, wish)
  const { width, height } = await measureImage(made.bytes)
  const bytes = wish.encoding === 'file' ? made.bytes : toAscii(made)
  return { format: formatOf(made.bytes), width, height, bytes }
}

/** The bytes as they came where nothing has to be done to them. */
async function makeImage(came: EncodedBytes, wish: ImageWish): Promise<EncodedBytes> {
  const { outputFormat, bytesMax } = wish
  const asked =
    formatOf(came.bytes) === outputFormat && !compresses(wish) ? came : await encode(came.bytes, wish)
  if (bytesMax === null || asked.bytes.length <= bytesMax) return asked
  const limits = { bytesMax, sidePixelsMax: Number.MAX_SAFE_INTEGER, countMax: null }
  const { signal } = new AbortController()
  return { ...(await scaleImage(came.bytes, { formats: SMALLER_FORMATS, limits, signal })), base64: null }
}

function compresses({ outputFormat, outputCompression }: ImageWish): boolean {
  return outputFormat !== 'png' && outputCompression !== null && outputCompression < 100
}

function encode(bytes: Uint8Array, { outputFormat, outputCompression }: ImageWish): Promise<EncodedBytes> {
  return oneAtATime(async () => {
    requireDecodable(await readMetadata(bytes))
    const quality = Math.max(QUALITY_MIN, outputCompression ?? QUALITY_DEFAULT)
    return { bytes: await runImage(toFormat(openImage(bytes), outputFormat, quality)), base64: null }
  })
}

/** By the bytes. A model that writes something else breaks its protocol. */
function formatOf(bytes: Uint8Array): ImageFormat {
  const format = sniffFormat(bytes)?.format
  if (format === 'png' || format === 'jpeg' || format === 'webp') return format
  throw new ImageFailure('is no PNG, JPEG or WebP')
}

/** Base64 in memory of its own. What came in good base64 is not written anew. */
function toAscii({ bytes, base64 }: EncodedBytes): Uint8Array {
  const text = base64 ?? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
  const ascii = Buffer.allocUnsafeSlow(text.length)
  ascii.write(text, 'latin1')
  return ascii
}
