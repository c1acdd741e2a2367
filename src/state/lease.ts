import type Database from 'better-sqlite3'

/**
 * How long a process that was killed keeps others from refreshing. The holder renews long before; where it can't (a
 * suspended machine, a disk that hangs), another process asks AWS at the same time, which costs three calls and harms nothing.
 */
export const LEASE_MS = 3_000

/** What came of asking for the lease. */
export type LeaseOutcome =
  | { readonly type: 'taken' }
  /** Another process has it, since then. */
  | { readonly type: 'busy'; readonly takenAtMs: number }

const NAME = 'refresh'

/**
 * Takes the lease of the model list refresh, or renews it for who has it. It is free where nobody has it, where it expired, and
 * where it would last longer than any lease does: then the clock was set back, and nobody shall wait for it to catch up.
 */
export function takeLease(
  database: Database.Database,
  { holder, nowMs }: { readonly holder: string; readonly nowMs: number },
): LeaseOutcome {
  return database
    .transaction((): LeaseOutcome => {
      const { changes } = database
        .prepare(
          `INSERT INTO lease (name, holder, taken_at_ms, expires_at_ms) VALUES (@name, @holder, @nowMs, @endMs)
           ON CONFLICT DO UPDATE SET
             taken_at_ms = iif(holder = excluded.holder, taken_at_ms, excluded.taken_at_ms),
             holder = excluded.holder,
             expires_at_ms = excluded.expires_at_ms
           WHERE holder = excluded.holder OR expires_at_ms <= @nowMs OR expires_at_ms > @endMs`,
        )
        .run({ name: NAME, holder, nowMs, endMs: nowMs + LEASE_MS })
      if (changes > 0) return { type: 'taken' }
      const takenAtMs = database
        .prepare<[string], number>('SELECT taken_at_ms FROM lease WHERE name = ?')
        .pluck()
        .get(NAME)
      return { type: 'busy', takenAtMs: takenAtMs ?? nowMs }
    })
    .immediate()
}

/** Gives the lease back; changes nothing where another process has taken it meanwhile. */
export function releaseLease(database: Database.Database, holder: string): void {
  database.prepare('DELETE FROM lease WHERE name = ? AND holder = ?').run(NAME, holder)
}
