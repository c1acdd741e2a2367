import { setTimeout as sleepFor } from 'node:timers/promises'
import { GatewayError } from '../errors.js'
import { failureKindOf } from './failure-kind.js'

/** After the first try. */
export const RETRIES_MAX = 3
/** As the AWS SDKs' standard mode does after throttling: a random share of a bound that starts here, doubles, and ends at 20 s. */
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
  return random * Math.min(PAUSE_MAX_MS, PAUSE_BASE_MS * 2 ** retries)
}
