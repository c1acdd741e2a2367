import sharp, { type Sharp } from 'sharp'
import type { RgbPixels } from './draw-picture.js'

/** A picture of a request, opened. */
export interface InputPicture {
  readonly width: number
  readonly height: number
  /** `png`, `jpeg`, `webp`, `gif`, … */
  readonly format: string
  readonly hasAlpha: boolean
  readonly bitsPerSample: number
  readonly bytes: Buffer
}

/** Opens a base64 picture; null where it is no base64, or no picture to its last byte. */
export async function openPicture(base64: string): Promise<InputPicture | null> {
  if (base64.length === 0 || base64.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(base64)) return null
  const bytes = Buffer.from(base64, 'base64')
  try {
    const { width, height, format, hasAlpha, depth } = await sharp(bytes).metadata()
    // A header alone is no picture: a file that was cut off fails only here.
    await sharp(bytes, { failOn: 'error' }).stats()
    return { width, height, format, hasAlpha, bitsPerSample: depth === 'ushort' ? 16 : 8, bytes }
  } catch {
    return null
  }
}

/** Its colours, without alpha, scaled to `size` where that is another one. */
export async function toRgbPixels(
  picture: InputPicture,
  size: { width: number; height: number } = picture,
): Promise<RgbPixels> {
  const rgb = await scaled(picture, size).removeAlpha().toColourspace('srgb').raw().toBuffer()
  return { width: size.width, height: size.height, rgb }
}

/** Its brightness, one byte for each pixel, scaled to `size`. */
export async function toGrey(
  picture: InputPicture,
  size: { width: number; height: number } = picture,
): Promise<Buffer> {
  const { rgb } = await toRgbPixels(picture, size)
  const grey = Buffer.alloc(size.width * size.height)
  for (let pixel = 0; pixel < grey.length; pixel += 1) {
    const at = pixel * 3
    grey[pixel] = Math.round(((rgb[at] ?? 0) + (rgb[at + 1] ?? 0) + (rgb[at + 2] ?? 0)) / 3)
  }
  return grey
}

/** Its alpha, one byte for each pixel; null: it has none. */
export async function toAlpha(picture: InputPicture): Promise<Buffer | null> {
  if (!picture.hasAlpha) return null
  return await sharp(picture.bytes).ensureAlpha().extractChannel('alpha').raw().toBuffer()
}

/** True where no pixel is transparent or translucent. */
export async function isOpaque(picture: InputPicture): Promise<boolean> {
  return (await sharp(picture.bytes).stats()).isOpaque
}

function scaled(picture: InputPicture, size: { width: number; height: number }): Sharp {
  const opened = sharp(picture.bytes)
  if (size.width === picture.width && size.height === picture.height) return opened
  return opened.resize(size.width, size.height, { fit: 'fill' })
}
