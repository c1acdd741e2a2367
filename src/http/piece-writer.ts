import type { HttpResponse } from 'uWebSockets.js'
import { CORK_BYTES, type PieceSource } from './piece-source.js'

/** A client that is behind is looked at this often: well within the 10 s that uWebSockets.js itself grants. */
const LOOK_EVERY_MS = 1_000

export interface PieceWriterOptions {
  readonly source: PieceSource
  /** A client that takes nothing for so long is given up. */
  readonly stallMs: number
  /** Monotonic milliseconds. */
  readonly now: () => number
  /** Writes the status and the headers, without `content-length`; called inside a cork. */
  readonly writeHead: () => void
  /** Everything was handed to the kernel. */
  readonly onEnded: () => void
  /** The source failed, or (null) the client takes nothing any more. Whoever is told closes the connection or replies. */
  readonly onFailed: (cause: unknown) => void
}

/**
 * Sends a body of known size with backpressure, one piece for each turn of the loop: what the socket does not take stays
 * ours (`tryEnd`), so that nothing gathers in uWebSockets.js, however slow the client is.
 */
export class PieceWriter {
  /** The status has been sent. */
  begun = false
  /** What is to be sent next; null: nothing is waiting for the client. */
  #piece: Uint8Array | null = null
  #stopped = false
  #tookAtMs = 0
  #timer: NodeJS.Timeout | null = null
  readonly #res: HttpResponse
  readonly #options: PieceWriterOptions

  constructor(res: HttpResponse, options: PieceWriterOptions) {
    this.#res = res
    this.#options = options
  }

  start(): void {
    if (this.#stopped) return
    this.#res.onWritable(() => {
      // Also called without need, after `resume`: then there is nothing to do.
      if (this.#timer !== null) this.#send()
      return true
    })
    this.#readOn()
  }

  /** Ends it where it is, for a client that went away. `res` is not touched any more. */
  stop(): void {
    if (this.#stopped) return
    this.#stopped = true
    this.#piece = null
    this.#keepUp()
    this.#options.source.close()
  }

  readonly #readOn = (): void => {
    if (this.#stopped) return
    const piece = this.#options.source.next()
    if (piece instanceof Uint8Array) this.#offer(piece)
    else void piece.then(this.#offer, this.#options.onFailed)
  }

  readonly #offer = (piece: Uint8Array): void => {
    if (this.#stopped) return
    this.#piece = piece
    this.#tookAtMs = this.#options.now()
    this.#send()
  }

  #send(): void {
    const piece = this.#piece
    if (piece === null) return
    const { source, writeHead, onEnded, now } = this.#options
    let tookAll = false
    let done = false
    let sentBytes = 0
    this.#res.cork(() => {
      if (!this.begun) writeHead()
      this.begun = true
      const offset = this.#res.getWriteOffset()
      ;[tookAll, done] = this.#res.tryEnd(piece, source.bytesTotal)
      if (!done) sentBytes = this.#res.getWriteOffset() - offset
    })
    if (done) {
      this.stop()
      onEnded()
    } else if (tookAll) {
      this.#piece = null
      this.#keepUp()
      // Not at once: other requests have their turn between two pieces.
      setImmediate(this.#readOn)
    } else {
      this.#piece = piece.subarray(sentBytes)
      if (sentBytes > 0) this.#tookAtMs = now()
      this.#timer ??= setInterval(this.#look, Math.min(LOOK_EVERY_MS, this.#options.stallMs)).unref()
    }
  }

  /**
   * A socket counts as writable again when a third of its buffer is free, which takes a slow client longer than the 10 s
   * that uWebSockets.js grants. To try again starts these anew and shows whether the client took anything.
   */
  readonly #look = (): void => {
    const { stallMs, now, onFailed } = this.#options
    if (now() - this.#tookAtMs >= stallMs) onFailed(null)
    else if (this.#piece !== null && this.#piece.length > CORK_BYTES) this.#send()
    else {
      // What fits into the cork would count as sent. This starts the 10 s anew, too, and the rest waits for `onWritable`.
      this.#res.pause()
      this.#res.resume()
    }
  }

  #keepUp(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
  }
}
