import type { Bytes, Parts } from '../remote-bytes.js'
import { ReadingWindow, WINDOW_BYTES } from './reading-window.js'

export interface ByteQueueOptions {
  /** After `take` returned `later`: now there is something to take. */
  readonly onHere: () => void
  /** After `take` returned `later`: what comes next can't be had. */
  readonly onLost: (cause: unknown) => void
}

/** Bytes on their way out, in order, without a copy of what is large; strings are for the few words between. */
export class ByteQueue {
  readonly #options: ByteQueueOptions
  readonly #parts: Bytes[] = []
  /** The first part that waits. */
  #next = 0
  #window: ReadingWindow | null = null
  #reading = false

  constructor(options: ByteQueueOptions) {
    this.#options = options
  }

  push(parts: Parts): void {
    for (const part of parts) {
      const bytes = typeof part === 'string' ? Buffer.from(part) : part
      if (bytes.length > 0) this.#parts.push(bytes)
    }
  }

  /**
   * At least one byte and at most so many, to be used before anything else is taken; `later`: they are on their way from a
   * worker; null: nothing waits.
   */
  take(bytesMax: number): Uint8Array | 'later' | null {
    const part = this.#parts[this.#next]
    if (part === undefined) return null
    if (!(part instanceof Uint8Array)) {
      if (!this.#reading) void this.#read(part)
      return 'later'
    }
    if (part.length > bytesMax) {
      this.#parts[this.#next] = part.subarray(bytesMax)
      return part.subarray(0, bytesMax)
    }
    this.#next += 1
    if (this.#next === this.#parts.length) this.#forget()
    return part
  }

  /** Lets go of everything. */
  clear(): void {
    this.#forget()
    this.#window?.close()
    this.#window = null
  }

  /** Puts the beginning of a part, as it can be taken, in the place of the part. */
  async #read(part: Exclude<Bytes, Uint8Array>): Promise<void> {
    const { onHere, onLost } = this.#options
    this.#window ??= new ReadingWindow()
    const window = this.#window
    const length = Math.min(part.length, WINDOW_BYTES)
    const rest = length < part.length ? [part.subarray(length, part.length)] : []
    this.#reading = true
    try {
      const piece = await window.fill([part.subarray(0, length)])
      if (this.#window !== window) return
      this.#parts.splice(this.#next, 1, piece, ...rest)
      this.#reading = false
      onHere()
    } catch (cause) {
      if (this.#window === window) onLost(cause)
    }
  }

  #forget(): void {
    this.#parts.length = 0
    this.#next = 0
  }
}
