import { toGatewayError } from '../errors.js'
import { ByteQueue } from '../http/byte-queue.js'
import type { EventStream } from '../http/event-stream.js'
import type { Exchange } from '../http/exchange.js'
import { DONE, PING } from '../openai/chunks.js'
import type { Parts } from '../remote-bytes.js'

/** Handed to uWebSockets.js at once; what of it the socket does not take is copied there. */
const PIECE_BYTES = 64 * 1024

export interface EventWriterOptions {
  readonly exchange: Exchange
  /** Goes before the first write, be it a ping; absent: nothing does. */
  readonly opening?: string
  /** A comment after this much silence. */
  readonly pingMs: number
  /** A client that takes nothing for longer is closed. */
  readonly writeStallMs: number
  /** Monotonic milliseconds. */
  readonly now: () => number
}

/**
 * Events of many megabytes to one client: a piece for each turn of the loop, and the next one when the client has taken the
 * last. The first write, be it a ping, commits the 200. Has no timer: whoever has it sweeps.
 */
export class EventWriter {
  readonly #options: EventWriterOptions
  readonly #queue: ByteQueue
  #stream: EventStream | null = null
  #wroteAtMs: number
  /** Since when the client, being behind, has taken nothing; null: it keeps up. */
  #stalledSinceMs: number | null = null
  /** The last event was sent, or nothing is sent any more. */
  #over = false
  #begun = false
  #pumping = false
  #bytesTotal = 0
  /** Told once that nothing waits any more. */
  #onIdle: (() => void) | null = null

  constructor(options: EventWriterOptions) {
    this.#options = options
    this.#queue = new ByteQueue({
      onHere: () => {
        if (this.#stalledSinceMs === null) this.#pump()
        else if (!options.exchange.over) this.#stream?.retry()
      },
      onLost: (cause) => {
        options.exchange.facts.error = toGatewayError(cause)
        options.exchange.close()
      },
    })
    this.#wroteAtMs = options.now()
  }

  /** Bytes handed over for the client. */
  get bytesTotal(): number {
    return this.#bytesTotal
  }

  /** The client is behind. */
  get paused(): boolean {
    return this.#stalledSinceMs !== null
  }

  /** Sends one event as soon as the client has taken those before. The bytes must not change any more. */
  write(event: Parts): void {
    if (!this.#begun && this.#options.opening !== undefined) this.#queue.push([this.#options.opening])
    this.#begun = true
    this.#queue.push(event)
    this.#pumpSoon()
  }

  /** Ends the stream once the client has taken everything; at least one event was written. Resolves then, or when it is gone. */
  async end(): Promise<void> {
    await this.#idle()
    this.#queue.clear()
    if (!this.#options.exchange.over) this.#stream?.end(DONE)
  }

  /** As `end`, but with an error: a reply of its own where nothing was written, else the last event. */
  async fail(error: unknown): Promise<void> {
    await this.#idle()
    this.#queue.clear()
    this.#options.exchange.replyError(error)
  }

  /** Lets go of everything; for a client that is gone. */
  stop(): void {
    this.#over = true
    this.#queue.clear()
    this.#onIdle?.()
  }

  async #idle(): Promise<void> {
    if (this.#pumping && !this.#options.exchange.over) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve
      })
    }
    this.#over = true
  }

  #pumpSoon(): void {
    if (this.#pumping) return
    this.#pumping = true
    this.#pump()
  }

  readonly #pump = (): void => {
    const { exchange, now } = this.#options
    // The gateway itself may have ended the reply, in a shutdown.
    if (exchange.over) {
      this.stop()
      return
    }
    const piece = this.#queue.take(PIECE_BYTES)
    if (piece === null) {
      this.#pumping = false
      this.#onIdle?.()
      return
    }
    if (piece === 'later') return
    this.#wroteAtMs = now()
    this.#bytesTotal += piece.length
    this.#stream ??= this.#open()
    if (this.#stream.write(piece)) setImmediate(this.#pump)
    else this.#stalledSinceMs = this.#wroteAtMs
  }

  #open(): EventStream {
    const { exchange, now } = this.#options
    const stream = exchange.openEventStream()
    stream.takePiece = (bytesMax) => this.#queue.take(bytesMax)
    stream.listener = {
      onProgress: () => {
        this.#stalledSinceMs = now()
      },
      onDrain: () => {
        this.#stalledSinceMs = null
        this.#pump()
      },
    }
    return stream
  }

  /** Pings a client that hears nothing, and closes one that takes nothing; called a few times a second. */
  sweep(nowMs: number): void {
    const { exchange, pingMs, writeStallMs } = this.#options
    if (this.#over || exchange.over) return
    if (this.#stalledSinceMs !== null) {
      if (nowMs - this.#stalledSinceMs >= writeStallMs) exchange.close()
    } else if (!this.#pumping && nowMs - this.#wroteAtMs >= pingMs) this.write([PING])
  }
}
