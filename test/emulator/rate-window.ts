/** Counts the calls of the last second. */
export interface RateWindow {
  /** Whether one more call is within the rate; it counts only if it is. 0: no limit, nothing is counted. */
  admits(callsPerSecondMax: number): boolean
  clear(): void
}

const WINDOW_MS = 1000

/** A window that slides: in any second at most as many calls as it admits. `now` in milliseconds, never going back. */
export function createRateWindow(now: () => number): RateWindow {
  let admittedAtMs: number[] = []
  return {
    admits(callsPerSecondMax) {
      if (callsPerSecondMax <= 0) return true
      const nowMs = now()
      admittedAtMs = admittedAtMs.filter((atMs) => atMs > nowMs - WINDOW_MS)
      if (admittedAtMs.length >= callsPerSecondMax) return false
      admittedAtMs.push(nowMs)
      return true
    },
    clear() {
      admittedAtMs = []
    },
  }
}
