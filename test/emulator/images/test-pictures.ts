import sharp from 'sharp'
import type { Colour } from './grid.js'

/** What the pictures below are made of unless told otherwise: far from the paint, from grey, black and white. */
export const RED: Colour = [200, 40, 30]

export interface PictureOptions {
  readonly width?: number
  readonly height?: number
  readonly colour?: Colour
  readonly format?: 'png' | 'jpeg' | 'webp' | 'gif'
  /** Fully transparent in the left half: OpenAI's way to say what is edited. */
  readonly transparentLeft?: boolean
  /** Has an alpha channel, opaque everywhere. */
  readonly opaqueAlpha?: boolean
}

/** A picture of one colour to send to a model. 512 by 512 PNG by default. */
export async function testPicture(options: PictureOptions = {}): Promise<Buffer> {
  const { width = 512, height = 512, colour = RED, format = 'png' } = options
  const [r, g, b] = colour
  const picture = sharp({ create: { width, height, channels: 3, background: { r, g, b } } })
  if (options.opaqueAlpha === true) picture.ensureAlpha()
  if (options.transparentLeft === true) {
    const alpha = halves({ width, height }, { left: 0, right: 255 })
    picture.joinChannel(alpha, { raw: { width, height, channels: 1 } })
  }
  return await picture.toFormat(format).toBuffer()
}

export interface MaskOptions {
  readonly width?: number
  readonly height?: number
  /** 0 to 255. */
  readonly left?: number
  readonly right?: number
  readonly withAlpha?: boolean
  readonly format?: 'png' | 'jpeg'
}

/** A mask of two halves, black on the left and white on the right by default. 512 by 512. */
export async function testMask(options: MaskOptions = {}): Promise<Buffer> {
  const { width = 512, height = 512, left = 0, right = 255, format = 'png' } = options
  const mask = sharp(halves({ width, height }, { left, right }), { raw: { width, height, channels: 1 } })
  if (options.withAlpha === true) {
    mask.joinChannel(Buffer.alloc(width * height, 255), { raw: { width, height, channels: 1 } })
  }
  // AWS Nova user guide: a JPEG as mask must have a quality of 100.
  return await (format === 'png' ? mask.png() : mask.jpeg({ quality: 100 })).toBuffer()
}

/** What `edited` says where the left or the right half was edited. */
export const LEFT_EDITED: readonly string[] = new Array<string>(16).fill('########........')
export const RIGHT_EDITED: readonly string[] = new Array<string>(16).fill('........########')
export const NOTHING_EDITED: readonly string[] = new Array<string>(16).fill('................')

function halves(
  { width, height }: { width: number; height: number },
  { left, right }: { left: number; right: number },
): Buffer {
  const bytes = Buffer.alloc(width * height, right)
  for (let y = 0; y < height; y += 1) bytes.fill(left, y * width, y * width + Math.floor(width / 2))
  return bytes
}
