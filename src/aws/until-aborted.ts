/**
 * `promise`, but rejects as soon as `signal` aborts: with what `toReason` makes of it, else with the signal's own reason.
 * What the promise stands for goes on; nobody waits for it any more.
 */
export async function untilAborted<Value>(
  promise: Promise<Value>,
  signal: AbortSignal,
  toReason: () => unknown = () => signal.reason,
): Promise<Value> {
  let onAbort: (() => void) | undefined
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(toReason())
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
  })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    if (onAbort !== undefined) signal.removeEventListener('abort', onAbort)
  }
}
