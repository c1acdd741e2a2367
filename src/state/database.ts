import { accessSync, constants, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'

const BUSY_TIMEOUT_MS = 5_000

/** Each runs once, in order, in one transaction with its row in `migrations`. Append; never edit. */
const MIGRATIONS: readonly string[] = [
  `CREATE TABLE region (
     region TEXT PRIMARY KEY,
     generation INTEGER NOT NULL,
     fetched_at_ms INTEGER NOT NULL,
     rows_count INTEGER NOT NULL,
     sha256 TEXT NOT NULL,
     body TEXT NOT NULL
   ) STRICT`,
  `CREATE TABLE lesson (
     model TEXT NOT NULL,
     parameter TEXT NOT NULL,
     learned_at_ms INTEGER NOT NULL,
     PRIMARY KEY (model, parameter)
   ) STRICT`,
  `CREATE TABLE lease (
     name TEXT PRIMARY KEY,
     holder TEXT NOT NULL,
     taken_at_ms INTEGER NOT NULL,
     expires_at_ms INTEGER NOT NULL
   ) STRICT`,
]

/** The state directory or its database cannot be used, and moving a file aside would not help. */
export class StateError extends Error {
  override readonly name = 'StateError'
}

/** Where the database lies. Several processes share the file. */
export function databasePath(stateDir: string): string {
  return join(stateDir, 'bedrockd.sqlite')
}

/** Creates the state directory where it is missing. Throws a `StateError` that names it when it cannot be written. */
export function prepareStateDir(stateDir: string): void {
  try {
    mkdirSync(stateDir, { recursive: true, mode: 0o750 })
    accessSync(stateDir, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (cause) {
    const code = codeOf(cause)
    throw new StateError(`the state directory ${stateDir} must be a writable directory, got ${code}`, {
      cause,
    })
  }
}

/**
 * Opens and migrates the database. WAL with `synchronous=FULL`: what was committed survives a power cut. Waits
 * `busyTimeoutMs`, holding its thread, where another process writes.
 * Throws a `StateError` for a file that a newer bedrockd wrote, else SQLite's own errors (see `isDamage`).
 */
export function openDatabase(stateDir: string, busyTimeoutMs = BUSY_TIMEOUT_MS): Database.Database {
  const database = new Database(databasePath(stateDir), { timeout: busyTimeoutMs })
  try {
    database.pragma('journal_mode = WAL')
    database.pragma('synchronous = FULL')
    migrate(database)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/** Where the header says how the file is written and read: 2 is WAL, 1 the older way (SQLite, File Format §1.3.3). */
const WRITE_VERSION_OFFSET = 18
const READ_VERSION_OFFSET = 19

/**
 * The database as it was last checkpointed, copied into memory: a full disk has no room for the files that opening it takes.
 * The copy is migrated like the file would be; nothing of it is written back. Throws a `StateError` where a newer bedrockd
 * wrote it, else the system's or SQLite's own errors.
 */
export function openCopy(stateDir: string): Database.Database {
  const path = databasePath(stateDir)
  const bytes = readFileSync(path)
  // SQLite keeps no WAL for a database in memory and refuses one that asks for it.
  bytes[WRITE_VERSION_OFFSET] = 1
  bytes[READ_VERSION_OFFSET] = 1
  const database = new Database(bytes)
  try {
    migrate(database)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/** True for errors that say this file cannot be used as a database, so that a new one is the way out. */
export function isDamage(error: unknown): boolean {
  return /^SQLITE_(?:NOTADB|CORRUPT|FORMAT|SCHEMA|ERROR|CANTOPEN|READONLY|IOERR_(?:READ|SHORT_READ|CORRUPTFS))/.test(
    codeOf(error),
  )
}

/** The code of a SQLite or system error, else the error's name: never its text. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}

function migrate(database: Database.Database): void {
  if (schemaVersion(database) === MIGRATIONS.length) return
  database
    .transaction(() => {
      database.exec(
        'CREATE TABLE IF NOT EXISTS migrations (version INTEGER PRIMARY KEY, applied_at_ms INTEGER NOT NULL) STRICT',
      )
      const version = schemaVersion(database)
      if (version > MIGRATIONS.length) {
        throw new StateError(
          `${database.name} has schema ${version}, this bedrockd knows up to ${MIGRATIONS.length}: it was written by a newer one`,
        )
      }
      const record = database.prepare('INSERT INTO migrations (version, applied_at_ms) VALUES (?, ?)')
      for (const [index, sql] of MIGRATIONS.entries()) {
        if (index < version) continue
        database.exec(sql)
        record.run(index + 1, Date.now())
      }
    })
    .immediate()
}

function schemaVersion(database: Database.Database): number {
  const hasTable = database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'migrations'").get()
  if (hasTable === undefined) return 0
  const version = database.prepare<[], number>('SELECT max(version) FROM migrations').pluck().get()
  return version ?? 0
}
