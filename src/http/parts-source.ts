import { type PieceSource, pieceLength } from './piece-source.js'

/** A part of this size goes out as it is; smaller ones are joined. */
const OWN_PIECE_BYTES_MIN = 64 * 1024

/**
 * A body that is in memory, as parts. Each part is let go once it was taken, so the caller must not keep them either.
 * Strings are encoded at once: they are for the few words between large parts.
 */
export function createPartsSource(parts: readonly (Uint8Array | string)[]): PieceSource {
  /** The next one is at the end. */
  const waiting = parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)).reverse()
  const bytesTotal = waiting.reduce((sum, part) => sum + part.length, 0)
  let bytesLeft = bytesTotal

  function take(bytesMax: number): Uint8Array {
    const part = waiting.pop() ?? new Uint8Array()
    if (part.length > bytesMax) waiting.push(part.subarray(bytesMax))
    const taken = part.subarray(0, bytesMax)
    bytesLeft -= taken.length
    return taken
  }

  return {
    bytesTotal,
    next() {
      const length = pieceLength(bytesLeft)
      const isLast = length === bytesLeft
      const first = take(length)
      if (first.length === length || (!isLast && first.length >= OWN_PIECE_BYTES_MIN)) return first
      const joined = [first]
      for (let size = first.length; size < length; ) {
        const part = take(length - size)
        joined.push(part)
        size += part.length
      }
      return Buffer.concat(joined, length)
    },
    close() {
      waiting.length = 0
    },
  }
}
