const DELAY_MS_MIN = 1_000
const RETRY_MS = 5_000
const JITTER = 0.1

/**
 * Milliseconds to the next refresh: the period, or, while refreshes fail, 5 s doubled with each failure up to the
 * period. Jitter takes up to a tenth away, never adds; 1 s is the least.
 */
export function nextRefreshDelayMs(input: {
  readonly periodSeconds: number
  readonly failuresInRow: number
  /** 0 to 1. */
  readonly random: number
}): number {
  const { periodSeconds, failuresInRow, random } = input
  const periodMs = periodSeconds * 1000
  const delayMs = failuresInRow === 0 ? periodMs : Math.min(periodMs, RETRY_MS * 2 ** (failuresInRow - 1))
  return Math.max(DELAY_MS_MIN, Math.round(delayMs * (1 - JITTER * random)))
}
