import { setImmediate as turn } from 'node:timers/promises'
import type { Clock } from '../../src/embeddings/clock.js'

interface Timer {
  readonly atMs: number
  readonly callback: () => void
}

/** A clock that stands still until it is told to go on. */
export class FakeClock implements Clock {
  #nowMs = 1_000
  readonly #timers = new Set<Timer>()
  /** What `random` gives. */
  chance = 0.5

  /** Timers that were not taken back. */
  get pending(): number {
    return this.#timers.size
  }

  now = (): number => this.#nowMs

  random = (): number => this.chance

  after = (delayMs: number, callback: () => void): (() => void) => {
    const timer = { atMs: this.#nowMs + delayMs, callback }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  /** Goes on by so many milliseconds, one timer after the other, and lets everything settle that follows of each. */
  async pass(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms
    await turn()
    for (let next = this.#nextBefore(endMs); next !== undefined; next = this.#nextBefore(endMs)) {
      this.#nowMs = Math.max(this.#nowMs, next.atMs)
      this.#timers.delete(next)
      next.callback()
      await turn()
    }
    this.#nowMs = endMs
    await turn()
  }

  #nextBefore(endMs: number): Timer | undefined {
    return [...this.#timers].sort((a, b) => a.atMs - b.atMs).find(({ atMs }) => atMs <= endMs)
  }
}
