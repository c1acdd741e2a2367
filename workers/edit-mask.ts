import sharp from 'sharp'
import type { ImageSize } from '../src/openai/image-types.js'
import type { MaskConvention } from '../src/translate/image-models/types.js'
import { openImage, readMetadata, requireDecodable, runImage } from './decode-image.js'

/** Of 255; half transparent, or half bright. */
const HALF = 128
const CHANNELS = 4
const WHITE = 255

export interface MaskOptions {
  /** Of the picture that it covers. */
  readonly size: ImageSize
  readonly convention: Exclude<MaskConvention, 'none'>
}

/**
 * A mask as a model takes it: a PNG of that size, black and white and nothing between, eight bits a colour, no alpha. OpenAI's is
 * transparent where the picture is edited. One that is transparent nowhere can't mean that; it is read as diffusion tools draw them: white
 * is edited. Throws an `ImageFailure`.
 */
export async function toMask(bytes: Uint8Array, { size, convention }: MaskOptions): Promise<Uint8Array> {
  const pixels = await readPixels(bytes, size)
  const edited = isSeeThrough(pixels) ? isTransparentAt : isBrightAt
  return writeMask(pixels, { size, convention }, edited)
}

/** The mask that a picture itself holds: its transparent places (OpenAI's CreateImageEditRequest). Null where it has none. */
export async function toAlphaMask(bytes: Uint8Array, options: MaskOptions): Promise<Uint8Array | null> {
  const { hasAlpha } = await readMetadata(bytes)
  if (!hasAlpha) return null
  const pixels = await readPixels(bytes, options.size)
  return isSeeThrough(pixels) ? writeMask(pixels, options, isTransparentAt) : null
}

/** Red, green, blue and alpha of each pixel, eight bits each, whatever the picture has. Nearest pixels: a mask has no shades. */
async function readPixels(bytes: Uint8Array, { width, height }: ImageSize): Promise<Uint8Array> {
  requireDecodable(await readMetadata(bytes))
  const image = openImage(bytes, { lenient: true }).resize({ width, height, fit: 'fill', kernel: 'nearest' })
  return runImage(image.toColourspace('srgb').ensureAlpha().raw({ depth: 'uchar' }))
}

function isSeeThrough(pixels: Uint8Array): boolean {
  for (let at = 0; at < pixels.length; at += CHANNELS) if (isTransparentAt(pixels, at)) return true
  return false
}

function isTransparentAt(pixels: Uint8Array, at: number): boolean {
  return (pixels[at + 3] ?? WHITE) < HALF
}

/** Luma of Rec. 601, in thousandths. */
function isBrightAt(pixels: Uint8Array, at: number): boolean {
  const luma = 299 * (pixels[at] ?? 0) + 587 * (pixels[at + 1] ?? 0) + 114 * (pixels[at + 2] ?? 0)
  return luma >= HALF * 1000
}

/** Three colours, as AWS asks of every input picture (Amazon Nova user guide, "Image generation and editing"). */
function writeMask(
  pixels: Uint8Array,
  { size, convention }: MaskOptions,
  isEditedAt: (pixels: Uint8Array, at: number) => boolean,
): Promise<Uint8Array> {
  const whiteWhereEdited = convention === 'white-edits'
  const shades = new Uint8Array(pixels.length / CHANNELS)
  for (let index = 0; index < shades.length; index += 1) {
    shades[index] = isEditedAt(pixels, index * CHANNELS) === whiteWhereEdited ? WHITE : 0
  }
  return runImage(
    sharp(shades, { raw: { ...size, channels: 1 } })
      .toColourspace('srgb')
      .png(),
  )
}
