import { createHash } from 'node:crypto'

/** What a vector is made of. */
export interface VectorSubject {
  /** The text as it was sent; of a picture, sound or film its base64; of several parts, joined by a newline. */
  readonly content: string
  /** Cohere's `input_type`, Nova's `embeddingPurpose`; Titan has none. */
  readonly purpose?: string
  readonly dimensions: number
}

/**
 * The vector that the emulated models answer for a subject: of length 1, the same at every call, another one for another
 * content, purpose or number of dimensions. Every number is a float32, so that base64 of floats loses nothing.
 */
export function vectorOf({ content, purpose = '', dimensions }: VectorSubject): readonly number[] {
  const digest = createHash('sha256')
    .update(JSON.stringify([content, purpose, dimensions]))
    .digest()
  const next = createNumbers(digest)
  const raw = Array.from({ length: dimensions }, () => next())
  const length = Math.hypot(...raw)
  return raw.map((value) => Math.fround(value / length))
}

/** The middle of two vectors, which is what Titan answers for a text and a picture. */
export function middleOf(first: readonly number[], second: readonly number[]): readonly number[] {
  return first.map((value, index) => Math.fround((value + (second[index] ?? 0)) / 2))
}

/** One whole number from -128 to 127 for each dimension. */
export function toInt8(vector: readonly number[]): readonly number[] {
  return vector.map((value) => Math.max(-128, Math.min(127, Math.round(value * 127))))
}

/** One bit for each dimension. */
export function toBits(vector: readonly number[]): readonly number[] {
  return vector.map((value) => (value > 0 ? 1 : 0))
}

/** Eight dimensions in each number from 0 to 255, the first in the highest bit. */
export function toPackedBits(vector: readonly number[]): readonly number[] {
  const bits = toBits(vector)
  return Array.from({ length: Math.ceil(bits.length / 8) }, (_, index) =>
    bits.slice(index * 8, index * 8 + 8).reduce((byte, bit, place) => byte | (bit << (7 - place)), 0),
  )
}

// The sfc32 generator, seeded with the first 16 bytes: from -0.5 to 0.5.
function createNumbers(seed: Buffer): () => number {
  let [a, b, c, counter] = [0, 4, 8, 12].map((offset) => seed.readInt32LE(offset)) as [
    number,
    number,
    number,
    number,
  ]
  return () => {
    const sum = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return (sum >>> 0) / 2 ** 32 - 0.5
  }
}
