import { untilAborted } from '../src/aws/until-aborted.js'

/** A wait that `beforeEnd` gave up. */
export class DeadlineError extends Error {
  override readonly name = 'DeadlineExceeded'
}

/**
 * `promise`, but rejects with a `DeadlineError` once `signal` aborts: the SDK's own signal ends a request, but neither the
 * search for credentials (a `credential_process` may hang for ever) nor the pause before a retry.
 */
export function beforeEnd<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return untilAborted(promise, signal, () => new DeadlineError())
}
