/** Runs what it is given, at most `most` at a time, in the order asked. */
export type Limiter = <Value>(run: () => Promise<Value>) => Promise<Value>

/** A limiter of its own; nothing in it knows of others. */
export function createLimiter(most: number): Limiter {
  const waiting: (() => void)[] = []
  let free = most
  return async (run) => {
    if (free > 0) free -= 1
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await run()
    } finally {
      const next = waiting.shift()
      if (next === undefined) free += 1
      else next()
    }
  }
}
