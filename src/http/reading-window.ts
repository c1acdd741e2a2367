import type { Bytes, RemoteBytes } from '../remote-bytes.js'
import { CORK_BYTES, PIECE_BYTES } from './piece-source.js'

/** As much as any piece has. */
export const WINDOW_BYTES = PIECE_BYTES + 2 * CORK_BYTES
/** Kept for the next ones: shared memory is freed only when V8 happens to collect garbage, and it does not count it. */
const FREE_MAX = 16

const free: Uint8Array[] = []

/**
 * Shared memory through which one reader has bytes of a worker. V8 does not charge it to this thread: memory that moves here
 * would be, and a few pictures of 25 MB then make it mark its heap for 5 ms and more at a time (Node 20).
 */
export class ReadingWindow {
  #memory: Uint8Array | null = free.pop() ?? new Uint8Array(new SharedArrayBuffer(WINDOW_BYTES))
  #busy = false

  /** The chunks as one piece of at most `WINDOW_BYTES`, which is there until the next. Rejects as `RemoteBytes.read` does. */
  async fill(chunks: readonly Bytes[]): Promise<Uint8Array> {
    const memory = this.#memory ?? new Uint8Array()
    let filled = 0
    this.#busy = true
    for (const chunk of chunks) {
      const place = memory.subarray(filled, filled + chunk.length)
      if (chunk instanceof Uint8Array) place.set(chunk)
      else await chunk.read(place)
      filled += chunk.length
    }
    this.#busy = false
    return memory.subarray(0, filled)
  }

  /** Lets others have the memory. */
  close(): void {
    // A worker may still be writing there.
    if (this.#memory !== null && !this.#busy && free.length < FREE_MAX) free.push(this.#memory)
    this.#memory = null
  }
}

/** All bytes in pieces, each of which is there until the next. */
export async function* readPieces(bytes: RemoteBytes): AsyncGenerator<Uint8Array> {
  const window = new ReadingWindow()
  try {
    for (let start = 0; start < bytes.length; start += WINDOW_BYTES) {
      yield await window.fill([bytes.subarray(start, Math.min(bytes.length, start + WINDOW_BYTES))])
    }
  } finally {
    window.close()
  }
}
