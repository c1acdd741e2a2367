import { randomFillSync } from 'node:crypto'
import sharp, { type Sharp } from 'sharp'
import { bitOf, CELLS_PER_SIDE, type Colour, cellSpans, GREY, isMiddle, PAINT } from './grid.js'

export type OutputFormat = 'png' | 'jpeg' | 'webp'

/** Pixels of three bytes, row by row. */
export interface RgbPixels {
  readonly width: number
  readonly height: number
  readonly rgb: Buffer
}

export interface Drawing {
  readonly width: number
  readonly height: number
  /** SHA-256 in hex. */
  readonly hash: string
  /** Of the same size; what shows on the rims. Null: grey. */
  readonly below: RgbPixels | null
  /** One byte for each pixel; not 0: edited. Null: nothing is. */
  readonly edited: Uint8Array | null
  /** The rims around the middle half are transparent, as if the object stood in the middle. JPEG has no alpha: white there. */
  readonly removesBackground: boolean
  readonly format: OutputFormat
  /** Makes it as large as a photograph: 3 MB for a megapixel as PNG. */
  readonly noise: boolean
}

/** A picture that carries its hash and what was edited, encoded; `readDrawnPicture` reads it. */
export async function drawPicture(drawing: Drawing): Promise<Buffer> {
  const { width, height, removesBackground, format, noise } = drawing
  const rgb = drawing.below === null ? plain(width * height, GREY) : copyOf(drawing.below.rgb)
  if (drawing.edited !== null) paint(rgb, drawing.edited)
  drawHash(rgb, drawing)
  if (noise) addNoise(rgb)
  const picture = sharp(rgb, { raw: { width, height, channels: 3 } })
  if (removesBackground) {
    const alpha = { raw: { width, height, channels: 1 as const } }
    picture.joinChannel(drawSubject(width, height), alpha)
  }
  return await encode(picture, format, { noise })
}

/** A mask as PNG: white where `white` is not 0, else black. */
export async function drawMask(white: Uint8Array, size: { width: number; height: number }): Promise<Buffer> {
  const raw = { width: size.width, height: size.height, channels: 1 as const }
  return await sharp(
    white.map((value) => (value === 0 ? 0 : 255)),
    { raw },
  )
    .png()
    .toBuffer()
}

/** Bytes of one colour. */
export function plain(pixels: number, colour: Colour): Buffer {
  return Buffer.alloc(pixels * 3, Uint8Array.from(colour))
}

// Small buffers of `Buffer.from` lie anywhere in a shared one; noise needs whole words.
function copyOf(bytes: Buffer): Buffer {
  const copy = Buffer.alloc(bytes.length)
  bytes.copy(copy)
  return copy
}

function paint(rgb: Buffer, edited: Uint8Array): void {
  const [red, green, blue] = PAINT
  for (let pixel = 0; pixel < edited.length; pixel += 1) {
    if (edited[pixel] === 0) continue
    rgb[pixel * 3] = red
    rgb[pixel * 3 + 1] = green
    rgb[pixel * 3 + 2] = blue
  }
}

function drawHash(rgb: Buffer, { width, height, hash }: Drawing): void {
  const columns = cellSpans(width)
  cellSpans(height).forEach(({ inner, innerEnd }, row) => {
    for (let y = inner; y < innerEnd; y += 1) {
      columns.forEach((column, index) => {
        const value = bitOf(hash, row * CELLS_PER_SIDE + index) ? 255 : 0
        rgb.fill(value, (y * width + column.inner) * 3, (y * width + column.innerEnd) * 3)
      })
    }
  })
}

// The middles stay opaque everywhere, so that the hash survives a picture that is put on a ground.
function drawSubject(width: number, height: number): Buffer {
  const alpha = Buffer.alloc(width * height)
  const columns = cellSpans(width)
  cellSpans(height).forEach((span, row) => {
    for (let y = span.start; y < span.end; y += 1) {
      columns.forEach((column, index) => {
        const whole = isMiddle(row, index)
        if (!whole && (y < span.inner || y >= span.innerEnd)) return
        const start = whole ? column.start : column.inner
        alpha.fill(255, y * width + start, y * width + (whole ? column.end : column.innerEnd))
      })
    }
  })
  return alpha
}

const NOISE_WORDS = 1 << 20
let noiseWords: Uint32Array | null = null

// Six random bits a byte: nothing can be compressed, and black stays below 64, white above 191. Repeats are further apart than
// deflate looks back.
function addNoise(bytes: Buffer): void {
  noiseWords ??= randomFillSync(new Uint32Array(NOISE_WORDS)).map((word) => word & 0x3f3f3f3f)
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2)
  for (let index = 0; index < words.length; index += 1) {
    words[index] = (words[index] ?? 0) ^ (noiseWords[index & (NOISE_WORDS - 1)] ?? 0)
  }
}

async function encode(picture: Sharp, format: OutputFormat, { noise }: { noise: boolean }): Promise<Buffer> {
  switch (format) {
    case 'png':
      return await picture.png({ compressionLevel: noise ? 1 : 6 }).toBuffer()
    case 'jpeg':
      return await picture
        .flatten({ background: '#ffffff' })
        .jpeg({ quality: 90, chromaSubsampling: '4:4:4' })
        .toBuffer()
    case 'webp':
      return await picture.webp({ quality: 90, effort: 0 }).toBuffer()
    default:
      return format satisfies never
  }
}
