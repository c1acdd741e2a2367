/** Bytes on their way out, in order, without a copy of what is large; strings are for the few words between. */
export class ByteQueue {
  readonly #parts: Uint8Array[] = []
  /** The first part that waits. */
  #next = 0

  push(parts: readonly (Uint8Array | string)[]): void {
    for (const part of parts) {
      const bytes = typeof part === 'string' ? Buffer.from(part) : part
      if (bytes.length > 0) this.#parts.push(bytes)
    }
  }

  /** At least one byte and at most so many; null: nothing waits. */
  take(bytesMax: number): Uint8Array | null {
    const part = this.#parts[this.#next]
    if (part === undefined) return null
    if (part.length > bytesMax) {
      this.#parts[this.#next] = part.subarray(bytesMax)
      return part.subarray(0, bytesMax)
    }
    this.#next += 1
    if (this.#next === this.#parts.length) this.clear()
    return part
  }

  clear(): void {
    this.#parts.length = 0
    this.#next = 0
  }
}
