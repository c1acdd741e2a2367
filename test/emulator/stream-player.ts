import type { ServerResponse } from 'node:http'
import type { StreamPlan } from './stream-plan.js'

export interface PlayOptions {
  /** 0: as fast as the reader takes them. */
  readonly writesPerSecond: number
  /** Called before the player resets the connection. */
  readonly onReset: () => void
}

/** Writes plans to responses, all paced ones from shared timers. */
export interface StreamPlayer {
  play(response: ServerResponse, plan: StreamPlan, options: PlayOptions): void
  /** Stops every timer; streams that run are left as they are. */
  close(): void
}

interface Playing {
  readonly response: ServerResponse
  readonly plan: StreamPlan
  readonly onReset: () => void
  readonly startedAtMs: number
  sent: number
  blocked: boolean
}

// Node's timers are whole milliseconds: faster rates send several writes per tick.
const TICK_MS_MIN = 4
const RESET_DELAY_MS = 20

/** A player with one timer for each rate in use. */
export function createStreamPlayer(): StreamPlayer {
  const pacers = new Map<number, Pacer>()
  return {
    play(response, plan, { writesPerSecond, onReset }) {
      const playing: Playing = {
        response,
        plan,
        onReset,
        startedAtMs: performance.now(),
        sent: 0,
        blocked: false,
      }
      if (writesPerSecond <= 0) {
        playAll(playing)
        return
      }
      const pacer = pacers.get(writesPerSecond) ?? new Pacer(writesPerSecond)
      pacers.set(writesPerSecond, pacer)
      pacer.add(playing)
    },
    close() {
      for (const pacer of pacers.values()) pacer.stop()
    },
  }
}

class Pacer {
  readonly #writesPerSecond: number
  readonly #streams = new Set<Playing>()
  #timer: NodeJS.Timeout | null = null

  constructor(writesPerSecond: number) {
    this.#writesPerSecond = writesPerSecond
  }

  add(playing: Playing): void {
    this.#streams.add(playing)
    this.#timer ??= setInterval(() => this.#tick(), Math.max(TICK_MS_MIN, 1000 / this.#writesPerSecond))
    this.#advance(playing, performance.now())
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
    this.#streams.clear()
  }

  #tick(): void {
    const nowMs = performance.now()
    for (const playing of this.#streams) this.#advance(playing, nowMs)
    if (this.#streams.size === 0) this.stop()
  }

  #advance(playing: Playing, nowMs: number): void {
    if (playing.response.destroyed) {
      this.#streams.delete(playing)
      return
    }
    if (playing.blocked) return
    const due = 1 + Math.floor(((nowMs - playing.startedAtMs) * this.#writesPerSecond) / 1000)
    if (!writeUpTo(playing, due)) {
      playing.blocked = true
      playing.response.once('drain', () => {
        playing.blocked = false
      })
    }
    if (!isComplete(playing)) return
    this.#streams.delete(playing)
    finish(playing)
  }
}

function playAll(playing: Playing): void {
  if (!writeUpTo(playing, Number.POSITIVE_INFINITY) && !isComplete(playing)) {
    playing.response.once('drain', () => playAll(playing))
    return
  }
  if (!playing.response.destroyed) finish(playing)
}

/** False when the socket's buffer is full or the client is gone. */
function writeUpTo(playing: Playing, count: number): boolean {
  const { writes } = playing.plan
  while (playing.sent < Math.min(count, writes.length)) {
    const buffer = writes[playing.sent]
    if (buffer === undefined || playing.response.destroyed) return false
    playing.sent += 1
    if (!playing.response.write(buffer)) return false
  }
  return true
}

function isComplete(playing: Playing): boolean {
  return playing.sent >= playing.plan.writes.length
}

function finish({ plan, response, onReset }: Playing): void {
  switch (plan.ending) {
    case 'end':
      response.end()
      return
    case 'reset':
      // A reset discards what the kernel has not delivered yet: give the reader time to take the frames.
      setTimeout(() => {
        onReset()
        response.socket?.resetAndDestroy()
      }, RESET_DELAY_MS)
      return
    case 'hang':
      return
    default:
      plan.ending satisfies never
  }
}
