import { GatewayError } from '../errors.js'

/** Runs tasks, at most so many at a time. */
export interface FairLimiter {
  /**
   * Runs `task` as soon as it is its turn. Those who wait take turns: an owner with ten tasks does not make one with a single
   * task wait for all of them. An abort while waiting rejects with `client_closed`; a task that runs ends by itself.
   */
  run<Value>(owner: object, signal: AbortSignal, task: () => Promise<Value>): Promise<Value>
}

interface Waiting {
  start(): void
}

/** A limiter of its own, for `most` tasks at once. */
export function createFairLimiter(most: number): FairLimiter {
  /** Who waits, in the order of their turns; an owner's own tasks in the order asked. */
  const queues = new Map<object, Waiting[]>()
  let free = most

  function wait(owner: object, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        start() {
          signal.removeEventListener('abort', leave)
          resolve()
        },
      }
      const leave = (): void => {
        remove(owner, waiting)
        reject(gone())
      }
      signal.addEventListener('abort', leave, { once: true })
      const queue = queues.get(owner)
      if (queue === undefined) queues.set(owner, [waiting])
      else queue.push(waiting)
    })
  }

  function remove(owner: object, waiting: Waiting): void {
    const rest = queues.get(owner)?.filter((other) => other !== waiting) ?? []
    if (rest.length === 0) queues.delete(owner)
    else queues.set(owner, rest)
  }

  function startNext(): void {
    const [turn] = queues
    if (turn === undefined) {
      free += 1
      return
    }
    const [owner, queue] = turn
    const next = queue.shift()
    // Behind all others: a map keeps the order of insertion.
    queues.delete(owner)
    if (queue.length > 0) queues.set(owner, queue)
    next?.start()
  }

  return {
    async run(owner, signal, task) {
      if (signal.aborted) throw gone()
      if (free > 0) free -= 1
      else await wait(owner, signal)
      try {
        return await task()
      } finally {
        startNext()
      }
    },
  }
}

function gone(): GatewayError {
  return new GatewayError('client_closed', 'The client went away.')
}
