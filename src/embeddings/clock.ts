/** Time and chance for what waits; tests bring their own. */
export interface Clock {
  /** Monotonic milliseconds. */
  now(): number
  /** Calls back once, this many milliseconds later. Returns what takes it back. */
  after(delayMs: number, callback: () => void): () => void
  /** From 0 to 1, without 1. */
  random(): number
}

export const SYSTEM_CLOCK: Clock = {
  now: () => performance.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs)
    return () => clearTimeout(timer)
  },
  random: Math.random,
}
