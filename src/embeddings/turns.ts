/** Resolves when it is the caller's turn to hold the event loop for a moment. */
export type TakeTurn = () => Promise<void>

/**
 * Work of many requests that becomes due in the same moment (a thousand that arrive, a hundred whose shared call came back) would
 * hold the event loop all together, as if it were one piece: microtasks and immediates run until none is left. So they line up,
 * and each turn of the loop gets `perTurn` of them; what else happens in the daemon happens in between.
 */
export function createTurns(perTurn: number): TakeTurn {
  const waiting: (() => void)[] = []
  let next = 0
  let scheduled = false

  function schedule(): void {
    scheduled = true
    setImmediate(release)
  }

  function release(): void {
    scheduled = false
    for (let given = 0; given < perTurn && next < waiting.length; given += 1) waiting[next++]?.()
    if (next < waiting.length) schedule()
    else {
      waiting.length = 0
      next = 0
    }
  }

  return () =>
    new Promise((resolve) => {
      waiting.push(resolve)
      if (!scheduled) schedule()
    })
}
