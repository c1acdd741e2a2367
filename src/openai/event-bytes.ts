const BYTES_USUALLY = 64 * 1024
/** UTF-8 writes one UTF-16 unit as up to three bytes. */
const BYTES_PER_UNIT_MAX = 3
/** Up to here a loop is quicker than a call that copies. */
const LOOP_BYTES_MAX = 32

/**
 * Server-sent events as the bytes they are on the wire, gathered in memory that is used again and again: an event whose text
 * is copied from Bedrock's frame to here, between two constant parts, never becomes a string.
 *
 * One stream at a time has the memory: what it gathered and did not take is gone as soon as another begins, so that nothing of
 * one client can ever reach another.
 */
export class EventBytes {
  #bytes = Buffer.allocUnsafeSlow(BYTES_USUALLY)
  #length = 0
  #owner: object | null = null

  get length(): number {
    return this.#length
  }

  /** From here on `owner` gathers; what it has gathered since it last took stays. */
  begin(owner: object): void {
    if (this.#owner === owner) return
    this.#owner = owner
    this.#length = 0
  }

  /** What `owner` has gathered, until the next `begin` only; null: nothing. */
  take(owner: object): Buffer | null {
    if (this.#owner !== owner) return null
    this.#owner = null
    if (this.#length === 0) return null
    const taken = this.#bytes.subarray(0, this.#length)
    this.#length = 0
    // The reply that needed so much was the exception.
    if (this.#bytes.length > BYTES_USUALLY) this.#bytes = Buffer.allocUnsafeSlow(BYTES_USUALLY)
    return taken
  }

  write(events: string): void {
    if (events === '') return
    this.#makeRoom(events.length * BYTES_PER_UNIT_MAX)
    this.#length += this.#bytes.write(events, this.#length, 'utf8')
  }

  copy(bytes: Uint8Array, start: number, end: number): void {
    const count = end - start
    this.#makeRoom(count)
    if (count > LOOP_BYTES_MAX) this.#bytes.set(bytes.subarray(start, end), this.#length)
    else
      for (let index = 0; index < count; index += 1)
        this.#bytes[this.#length + index] = bytes[start + index] as number
    this.#length += count
  }

  append(bytes: Uint8Array): void {
    this.#makeRoom(bytes.length)
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
  }

  #makeRoom(count: number): void {
    const lacking = this.#length + count
    if (lacking <= this.#bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(lacking, this.#bytes.length * 2))
    larger.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = larger
  }
}
