import type { HttpResponse } from 'uWebSockets.js'

/** A comment of the least bytes: clients skip it. Writing it is the only way to learn whether anything still waits. */
const PROBE = ':\n\n'
/** As much of an event that is written in pieces, where a comment can't stand: little is added to what waits already. */
const PROBE_BYTES = 256
const NEWLINE = 0x0a

/** Hears how a client that was behind catches up. */
export interface EventStreamListener {
  /** After a `write` that returned false: called each time the client took something. */
  onProgress(): void
  /** After a `write` that returned false: called once when everything written has left for the client. */
  onDrain(): void
}

/**
 * Server-sent events to one client, with backpressure as one boolean: `write` returns false when the client is behind; then
 * nothing may be written until `onDrain`. Whoever writes makes sure the client is still there.
 */
export class EventStream {
  listener: EventStreamListener | null = null
  /**
   * Set by who writes events in pieces: gives the next bytes of what is begun, at most so many; null: nothing waits; `later`:
   * who says so calls `retry` once it has them.
   */
  takePiece: ((bytesMax: number) => Uint8Array | 'later' | null) | null = null
  #behind = false
  /** The newlines at the end of what was written: with two of them an event is complete. */
  #newlines = 2
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

  /** A part of an event was written and its rest was not: whatever came now would be taken for that rest. */
  get insideEvent(): boolean {
    return this.#newlines < 2
  }

  /** One write for all events of one read: an event is never split over two, unless `takePiece` gives its rest. */
  write(events: string | Uint8Array): boolean {
    let ready = true
    this.#res.cork(() => {
      ready = this.#res.write(events)
    })
    // Who writes events whole is never inside of one.
    if (this.takePiece !== null && typeof events !== 'string') this.#note(events)
    this.#behind = !ready
    return ready
  }

  end(events: string | Uint8Array): void {
    this.#res.cork(() => {
      if (events.length > 0) this.#res.write(events)
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
      if (piece === 'later') return
      drained = this.#res.write(piece)
      if (typeof piece !== 'string') this.#note(piece)
    })
    if (!this.#behind) return
    this.listener?.onProgress()
    if (!drained) return
    this.#behind = false
    this.listener?.onDrain()
  }

  /** Pieces are bytes; what comes as text is whole events. */
  #note(piece: Uint8Array): void {
    const [beforeLast, last] = [piece.at(-2) ?? (this.#newlines > 0 ? NEWLINE : 0), piece.at(-1)]
    if (last !== NEWLINE) this.#newlines = 0
    else this.#newlines = beforeLast === NEWLINE ? 2 : 1
  }
}
