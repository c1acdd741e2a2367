import type { HttpResponse } from 'uWebSockets.js'
import { open } from 'node:fs/promises'
import type { BodyBudget } from './body-budget.js'

/** A smaller body costs a millisecond at most. */
const BODY_BYTES_MIN = 1024 * 1024
/** For all bodies on their way together: memory that a client has only announced to fill. */
const AHEAD_BYTES_MAX = 64 * 1024 * 1024
/** The threads that make it do other things, too: scale pictures, for one. */
const WAIT_MS_MAX = 1_000

export interface MemoryAheadOptions {
  /** Of the client, which waits meanwhile. */
  readonly res: Pick<HttpResponse, 'pause' | 'resume'>
  /** As announced. */
  readonly bytes: number
  readonly bodies: BodyBudget
  /** Gets as many bytes, which nobody else has. Not called where it takes too long. */
  readonly onReady: (memory: Buffer) => void
}

/**
 * Memory for one large body, made while its client waits. Copying 25 MB into memory that the process has just been given, page
 * by page, takes 25 ms of the event loop and more; into memory that was touched before, 2 ms. And it is one turn of the loop:
 * uWebSockets.js reads on as long as its buffer of 512 KB comes full, whether or not the client is paused. So threads of libuv's touch
 * the memory first. With this and `TURN_BYTES_MAX` of `connection.ts` the longest hold becomes half (37 ms to 18, with the workers
 * on the same core; p99 of what events beside it wait, 15 ms to 8). A pool of used memory would take less CPU, but hold what an idle daemon should not, and leave
 * one client's bytes where another's come.
 */
export class MemoryAhead {
  readonly #res: MemoryAheadOptions['res']
  readonly #bodies: BodyBudget
  readonly #bytes: number
  readonly #timer: NodeJS.Timeout
  readonly #touched: Promise<void>
  #waiting = true
  #ended = false

  /** Null: the body is small, of unknown length, or too many others are on their way; it is taken as it comes. */
  static make(options: MemoryAheadOptions): MemoryAhead | null {
    const { bytes, bodies } = options
    const fits = bodies.aheadBytes + bytes <= AHEAD_BYTES_MAX
    return bytes >= BODY_BYTES_MIN && fits ? new MemoryAhead(options) : null
  }

  private constructor({ res, bytes, bodies, onReady }: MemoryAheadOptions) {
    // Zeros come soon: to write them here would be to touch it.
    const memory = Buffer.allocUnsafeSlow(bytes)
    this.#res = res
    this.#bodies = bodies
    this.#bytes = bytes
    bodies.aheadBytes += bytes
    res.pause()
    this.#timer = setTimeout(() => this.#goOn(), WAIT_MS_MAX)
    this.#touched = touch(memory).then(
      () => {
        if (this.#waiting) onReady(memory)
        this.#goOn()
      },
      // No such file, no descriptor: then the body comes into fresh memory.
      () => this.#goOn(),
    )
  }

  /** The whole body is here or it is refused: the client goes on, whatever is ready. */
  end(): void {
    this.#goOn()
    this.drop()
  }

  /** The same once the client is gone: `res` is not touched any more. */
  drop(): void {
    if (this.#ended) return
    this.#ended = true
    this.#waiting = false
    clearTimeout(this.#timer)
    // Not before the threads are done with it.
    void this.#touched.then(() => {
      this.#bodies.aheadBytes -= this.#bytes
    })
  }

  #goOn(): void {
    if (!this.#waiting) return
    this.#waiting = false
    clearTimeout(this.#timer)
    this.#res.resume()
  }
}

async function touch(memory: Buffer): Promise<void> {
  const zeros = await open('/dev/zero')
  try {
    await zeros.read(memory)
  } finally {
    await zeros.close()
  }
}
