import type { Bytes, Parts } from '../remote-bytes.js'
import { type PieceSource, pieceLength } from './piece-source.js'
import { ReadingWindow } from './reading-window.js'

/** A part of this size goes out as it is; smaller ones are joined. */
const OWN_PIECE_BYTES_MIN = 64 * 1024

/**
 * A body as parts, in memory or in a worker's. Each part is let go once it was taken, so the caller must not keep them either.
 * Strings are encoded at once: they are for the few words between large parts. Where all parts are in memory, `next` returns
 * no promise.
 */
export function createPartsSource(parts: Parts): PieceSource {
  /** The next one is at the end. */
  const waiting = parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)).reverse()
  const bytesTotal = waiting.reduce((sum, part) => sum + part.length, 0)
  let bytesLeft = bytesTotal
  let window: ReadingWindow | null = null

  function take(bytesMax: number): Bytes {
    const part = waiting.pop() ?? new Uint8Array()
    if (part.length <= bytesMax) {
      bytesLeft -= part.length
      return part
    }
    waiting.push(part.subarray(bytesMax, part.length))
    bytesLeft -= bytesMax
    return part.subarray(0, bytesMax)
  }

  return {
    bytesTotal,
    next() {
      const length = pieceLength(bytesLeft)
      const isLast = length === bytesLeft
      const first = take(length)
      const chunks = [first]
      if (isLast || first.length < OWN_PIECE_BYTES_MIN) {
        for (let size = first.length; size < length; ) {
          const chunk = take(length - size)
          chunks.push(chunk)
          size += chunk.length
        }
      }
      if (chunks.every((chunk) => chunk instanceof Uint8Array)) return join(chunks)
      window ??= new ReadingWindow()
      return window.fill(chunks)
    },
    close() {
      waiting.length = 0
      window?.close()
      window = null
    },
  }
}

function join(chunks: readonly Uint8Array[]): Uint8Array {
  const [first = new Uint8Array()] = chunks
  return chunks.length === 1 ? first : Buffer.concat(chunks)
}
