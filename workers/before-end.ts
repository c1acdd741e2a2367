/** A wait that `beforeEnd` gave up. */
export class DeadlineError extends Error {
  override readonly name = 'DeadlineExceeded'
}

/**
 * `promise`, but rejects with a `DeadlineError` once `signal` aborts: the SDK's own signal ends a request, but neither the
 * search for credentials (a `credential_process` may hang for ever) nor the pause before a retry.
 */
export async function beforeEnd<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  let onAbort: (() => void) | undefined
  const ended = new Promise<never>((_, reject) => {
    onAbort = () => reject(new DeadlineError())
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
  })
  try {
    return await Promise.race([promise, ended])
  } finally {
    if (onAbort !== undefined) signal.removeEventListener('abort', onAbort)
  }
}
