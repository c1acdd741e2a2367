import type { GatewayError } from '../errors.js'

/** What a failed call means for its inputs. */
export type FailureKind =
  /** AWS wants fewer calls: again, until the request has waited long enough. */
  | 'throttled'
  /** A fault that may pass: again, a few times. */
  | 'transient'
  /** Something is wrong with an input. */
  | 'bad-input'
  /** Nothing that another try would change. */
  | 'final'

/** Tries after the first one. */
export const TRANSIENT_RETRIES_MAX = 3
const BACKOFF_MS = 200

/** How a failure is dealt with. */
export function toFailureKind({ code, status, upstream, message }: GatewayError): FailureKind {
  switch (code) {
    case 'rate_limit_exceeded':
      return 'throttled'
    case 'upstream_unavailable':
      // A throttle by another name: "Model is getting throttled. Try your request again." (bedrock-facts C2, as recorded).
      return /getting throttled/i.test(message) ? 'throttled' : 'transient'
    case 'upstream_incomplete':
      return 'transient'
    case 'upstream_error':
    case 'upstream_timeout':
      // What AWS did not say itself is a reply that nobody can read, or a limit of ours that is used up.
      return upstream === null ? 'final' : 'transient'
    default:
      return status === 400 || status === 413 ? 'bad-input' : 'final'
  }
}

/** Milliseconds until the next try. `retries` counts from 1; `random` is from 0 to 1. */
export function toBackoffMs(retries: number, random: number): number {
  return BACKOFF_MS * 2 ** (retries - 1) * (0.5 + 0.5 * random)
}
