import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { ControlPool, ControlResult } from '../aws/worker-pool.js'
import { codeOf } from './database.js'
import { LEASE_MS } from './lease.js'
import type { FreshRegion } from './snapshot-store.js'

/** How often a process looks whether another one is done: soon at first, since most refreshes take less than a second. */
const LOOK_MS_MIN = 50
const LOOK_MS_MAX = 500
/** A row may be so much younger than the look for it. One further ahead is of the time before the clock was set back. */
const AHEAD_MS_MAX = 10_000
/** Two renewals may be late before the lease is lost. */
const RENEW_MS = LEASE_MS / 3

export interface SharedRefreshOptions {
  readonly stateDir: string
  readonly pool: Pick<ControlPool, 'run'>
  /** Another process is waited for at most so long; then this one goes on alone. */
  readonly waitMs: number
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly log: Logger
}

/** What one process does of a refresh. */
export interface OwnPart {
  readonly regions: readonly string[]
  /**
   * What AWS gave another process since then is as good as new: milliseconds since the epoch. Null: only what comes out of a
   * refresh that this one waits for.
   */
  readonly fromMs: number | null
  /** Takes over what another process stored; false: it won't do, and AWS is asked. */
  readonly adopt: (found: FreshRegion) => Promise<boolean>
  /** Asks AWS for what is left. */
  readonly ask: (regions: readonly string[]) => Promise<void>
  /** Ends the waiting; nothing more is asked then. */
  readonly signal: AbortSignal
}

/** Lets the processes that share a state directory refresh one at a time, and each use what the others fetched. */
export interface SharedRefresh {
  /** Rejects only for what `adopt` or `ask` reject with. */
  run(part: OwnPart): Promise<void>
}

type Taken = Awaited<ControlResult<'take-refresh-lease'>>

export function createSharedRefresh(options: SharedRefreshOptions): SharedRefresh {
  const { stateDir, pool, waitMs, now, log } = options
  /** Why the lease could not be asked for the last time; null: it could. */
  let problem: string | null = null

  /** Once, not at each refresh: a full disk stays full for a while. */
  function report(code: string | null): void {
    if (code === problem) return
    problem = code
    if (code === null) log.info('refreshes are shared with other processes again')
    else log.warn({ code }, 'refreshes cannot be shared with other processes: this one asks AWS by itself')
  }

  async function take(task: Parameters<typeof pool.run<'take-refresh-lease'>>[1]): Promise<Taken> {
    const outcome = await pool.run('take-refresh-lease', task).catch(toFailure)
    report(outcome.type === 'failed' ? outcome.code : null)
    return outcome
  }

  async function holding(holder: string, work: () => Promise<void>): Promise<void> {
    const renew = (): void => void pool.run('renew-refresh-lease', { stateDir, holder }).catch(toFailure)
    const timer = setInterval(renew, RENEW_MS)
    try {
      await work()
    } finally {
      clearInterval(timer)
      await pool.run('release-refresh-lease', { stateDir, holder }).catch(toFailure)
    }
  }

  return {
    async run({ regions, fromMs, adopt, ask, signal }) {
      // One for each refresh: a release that comes late then touches no later one.
      const holder = randomUUID()
      const endMs = performance.now() + waitMs
      let pending = regions
      let sinceMs = fromMs

      async function adoptAll(fresh: readonly FreshRegion[]): Promise<void> {
        // One after the other, in the order of their generations: numbers then come out as on the disk.
        for (const found of fresh) {
          if (await adopt(found)) pending = pending.filter((region) => region !== found.region)
        }
      }
      async function askForRest(): Promise<void> {
        if (pending.length > 0 && !signal.aborted) await ask(pending)
      }

      for (let lookMs = LOOK_MS_MIN; ; lookMs = Math.min(LOOK_MS_MAX, lookMs * 2)) {
        const toMs = now() + AHEAD_MS_MAX
        const outcome = await take({ stateDir, holder, regions: pending, fromMs: sinceMs, toMs })
        if (outcome.type === 'failed') return askForRest()
        const lease = outcome.value
        if (lease.type === 'taken') return holding(holder, () => adoptAll(lease.fresh).then(askForRest))
        await adoptAll(lease.fresh)
        if (pending.length === 0 || performance.now() > endMs) return askForRest()
        sinceMs = Math.min(sinceMs ?? lease.takenAtMs, lease.takenAtMs)
        await sleep(lookMs, null, { signal }).catch(() => {})
        if (signal.aborted) return
      }
    },
  }
}

/** The thread itself is gone: the daemon is being closed, most likely. */
function toFailure(error: unknown): { readonly type: 'failed'; readonly code: string } {
  return { type: 'failed', code: codeOf(error) }
}
