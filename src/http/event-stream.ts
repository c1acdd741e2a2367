import type { HttpResponse } from 'uWebSockets.js'

/** A comment of the least bytes: clients skip it. Writing it is the only way to learn whether anything still waits. */
const PROBE = ':\n\n'
/** As much of an event that is written in pieces, where a comment can't stand: little is added to what waits already. */
const PROBE_BYTES = 256

/**
 * Server-sent events to one client, with backpressure as one boolean: `write` returns false when the client is behind; then
 * nothing may be written until `onDrain`. Whoever writes makes sure the client is still there.
 */
export class EventStream {
  /** After a `write` that returned false: called each time the client took something. */
  onProgress: (() => void) | null = null
  /** After a `write` that returned false: called once when everything written has left for the client. */
  onDrain: (() => void) | null = null
  /**
   * Set by who writes events in pieces: gives the next bytes of what is begun, at most so many; null: nothing waits; `later`:
   * who says so calls `retry` once it has them.
   */
  takePiece: ((bytesMax: number) => Uint8Array | 'later' | null) | null = null
  #behind = false
  readonly #res: HttpResponse
  readonly #onEnded: () => void

  constructor(res: HttpResponse, onEnded: () => void) {
    this.#res = res
    this.#onEnded = onEnded
    res.onWritable(() => {
      this.retry()
      return true
    })
  }

  /** One write for all events of one read: an event is never split over two, unless `takePiece` gives its rest. */
  write(events: string | Uint8Array): boolean {
    let ready = true
    this.#res.cork(() => {
      ready = this.#res.write(events)
    })
    this.#behind = !ready
    return ready
  }

  end(events: string): void {
    this.#res.cork(() => {
      if (events !== '') this.#res.write(events)
      this.#res.end()
    })
    this.#onEnded()
  }

  /**
   * The socket takes bytes again, which does not mean that it took all that waits: reading on at once would let the rest
   * grow with each round. Inside a cork because only that makes uWebSockets.js send what it still holds, which can be the
   * rest of a write that it said went well.
   */
  retry(): void {
    let drained = false
    this.#res.cork(() => {
      if (!this.#behind) return
      const piece = this.takePiece?.(PROBE_BYTES) ?? PROBE
      if (piece !== 'later') drained = this.#res.write(piece)
    })
    if (!this.#behind) return
    this.onProgress?.()
    if (!drained) return
    this.#behind = false
    this.onDrain?.()
  }
}
