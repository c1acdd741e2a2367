import { setTimeout as sleepFor } from 'node:timers/promises'
import { GatewayError } from '../errors.js'
import { failureKindOf } from './failure-kind.js'

/** After the first try. */
export const RETRIES_MAX = 3
/**
 * Bounds as of the AWS SDKs' standard mode after throttling: they start here, double, and end at 20 s. Of each at least one half is
 * waited, where the SDKs wait any share: pictures of one request are throttled together, and three short pauses would end them all
 * within the second that throttles (10 pictures, 5 calls a second: 2 of 8 requests were made, with this 8 of 8).
 */
const PAUSE_BASE_MS = 500
const PAUSE_MAX_MS = 20_000

export interface RetryClock {
  /** 0 to 1. */
  readonly random: () => number
  /** Rejects once the signal aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
}

/** The real one. */
export const RETRY_CLOCK: RetryClock = {
  random: Math.random,
  sleep: (ms, signal) => sleepFor(ms, undefined, { signal }),
}

/** Runs `attempt` until it does not fail for a passing reason, throttles among them; throws its last `GatewayError`, or `client_closed` after an abort. */
export async function withRetries<Value>(
  attempt: () => Promise<Value>,
  signal: AbortSignal,
  { random, sleep }: RetryClock,
): Promise<Value> {
  for (let retries = 0; ; retries += 1) {
    try {
      return await attempt()
    } catch (error) {
      if (retries === RETRIES_MAX || !isPassing(error)) throw error
    }
    await sleep(toPauseMs(retries, random()), signal).catch(() => {
      throw new GatewayError('client_closed', 'The client went away.')
    })
  }
}

function isPassing(error: unknown): boolean {
  if (!(error instanceof GatewayError)) return false
  const kind = failureKindOf(error)
  return kind === 'throttled' || kind === 'passing'
}

/** Milliseconds until the next try after so many retries; `random` is from 0 to 1. */
export function toPauseMs(retries: number, random: number): number {
  return ((1 + random) / 2) * Math.min(PAUSE_MAX_MS, PAUSE_BASE_MS * 2 ** retries)
}
