const DELAY_MS_MIN = 1_000
const RETRY_MS = 5_000
const JITTER = 0.1

/** Requests for unlisted ids start at most one refresh in this time. */
export const HINT_INTERVAL_MS = 60_000
/** Processes that start together ask AWS once. Who restarts one later, to see what changed, sees it. */
const START_TOGETHER_MS = 10_000

/** Why a refresh runs: the daemon starts, the timer is up, a client named an unlisted id, a person asks. */
export type RefreshCause = 'start' | 'timer' | 'hint' | 'asked'

/** How old a listing on disk may be, in milliseconds, to be taken instead of asking AWS; null: none will do. */
export function adoptsBackMs(cause: RefreshCause, periodSeconds: number): number | null {
  const halfMs = (periodSeconds * 1000) / 2
  switch (cause) {
    case 'start':
      return Math.min(START_TOGETHER_MS, halfMs)
    case 'timer':
      return halfMs
    case 'hint':
      return Math.min(HINT_INTERVAL_MS, halfMs)
    case 'asked':
      return null
    default:
      return cause satisfies never
  }
}

/**
 * Milliseconds to the next refresh: the period, or, while refreshes fail, 5 s doubled with each failure up to the
 * period. Jitter takes up to a tenth away, never adds; 1 s is the least. The period runs from when AWS gave the list.
 */
export function nextRefreshDelayMs(input: {
  readonly periodSeconds: number
  readonly failuresInRow: number
  /** 0 to 1. */
  readonly random: number
  /** Of what was taken over from another process. */
  readonly ageMs?: number
}): number {
  const { periodSeconds, failuresInRow, random, ageMs = 0 } = input
  const periodMs = periodSeconds * 1000
  const delayMs =
    failuresInRow === 0 ? periodMs - ageMs : Math.min(periodMs, RETRY_MS * 2 ** (failuresInRow - 1))
  return Math.max(DELAY_MS_MIN, Math.round(delayMs * (1 - JITTER * random)))
}
