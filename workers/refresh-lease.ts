import { type LeaseOutcome, releaseLease, takeLease } from '../src/state/lease.js'
import {
  type FreshRegion,
  findFreshRegions,
  readRegion,
  type StoredRegion,
} from '../src/state/snapshot-store.js'
import { type DiskOutcome, withDatabase } from './with-database.js'

/** While a statement waits for another process, all other tasks of the thread wait, too: a refresh is not worth that. */
const BUSY_TIMEOUT_MS = 1_000

/**
 * Asks for the lease, and says what the disk has fresh: what was fetched between `fromMs` and `toMs`, and where another
 * process has the lease, also what it has fetched since it took it.
 */
export async function takeRefreshLease(task: {
  readonly stateDir: string
  readonly holder: string
  readonly regions: readonly string[]
  /** Milliseconds since the epoch; null: nothing that was there before this refresh will do. */
  readonly fromMs: number | null
  readonly toMs: number
}): Promise<DiskOutcome<LeaseOutcome & { readonly fresh: readonly FreshRegion[] }>> {
  const { stateDir, holder, regions, toMs } = task
  return withDatabase(
    stateDir,
    (database) => {
      const lease = takeLease(database, { holder, nowMs: Date.now() })
      const fromMs = earlier(task.fromMs, lease.type === 'busy' ? lease.takenAtMs : null)
      const fresh = fromMs === null ? [] : findFreshRegions(database, { regions, fromMs, toMs })
      return { ...lease, fresh }
    },
    BUSY_TIMEOUT_MS,
  )
}

/** Keeps the lease for longer; of no consequence where it was lost. */
export async function renewRefreshLease(task: {
  readonly stateDir: string
  readonly holder: string
}): Promise<DiskOutcome<LeaseOutcome>> {
  const { stateDir, holder } = task
  return withDatabase(
    stateDir,
    (database) => takeLease(database, { holder, nowMs: Date.now() }),
    BUSY_TIMEOUT_MS,
  )
}

/** Gives the lease back. */
export async function releaseRefreshLease(task: {
  readonly stateDir: string
  readonly holder: string
}): Promise<DiskOutcome<null>> {
  const { stateDir, holder } = task
  return withDatabase(
    stateDir,
    (database) => {
      releaseLease(database, holder)
      return null
    },
    BUSY_TIMEOUT_MS,
  )
}

/** One region's part as the disk has it now; null: none that is whole. */
export async function readRegionTask(task: {
  readonly stateDir: string
  readonly region: string
}): Promise<DiskOutcome<StoredRegion | null>> {
  return withDatabase(task.stateDir, (database) => readRegion(database, task.region), BUSY_TIMEOUT_MS)
}

function earlier(one: number | null, other: number | null): number | null {
  if (one === null || other === null) return one ?? other
  return Math.min(one, other)
}
