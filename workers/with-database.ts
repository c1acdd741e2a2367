import type Database from 'better-sqlite3'
import { codeOf, openDatabase } from '../src/state/database.js'

/** What became of a task: errors lose their code on the way out of a thread, so it is said here. */
export type DiskOutcome<Value> =
  | { readonly type: 'done'; readonly value: Value }
  /** SQLite's or the system's code. */
  | { readonly type: 'failed'; readonly code: string }

/** Runs `use` on the database, opened each time: a damaged file may have been moved aside meanwhile. Never throws. */
export function withDatabase<Value>(
  stateDir: string,
  use: (database: Database.Database) => Value,
  busyTimeoutMs?: number,
): DiskOutcome<Value> {
  try {
    const database = openDatabase(stateDir, busyTimeoutMs)
    try {
      return { type: 'done', value: use(database) }
    } finally {
      database.close()
    }
  } catch (error) {
    return { type: 'failed', code: codeOf(error) }
  }
}
