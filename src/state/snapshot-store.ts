import { createHash } from 'node:crypto'
import { existsSync, renameSync, statSync } from 'node:fs'
import type Database from 'better-sqlite3'
import type { Observation } from '../catalog/advance.js'
import type { RegionPart } from '../catalog/types.js'
import {
  codeOf,
  databasePath,
  isDamage,
  openCopy,
  openDatabase,
  prepareStateDir,
  StateError,
} from './database.js'
import { readLessons, type StoredLesson } from './lesson-store.js'

/** A region's part as it is stored: the text that the digest is over. */
export interface EncodedPart {
  readonly region: string
  readonly fetchedAtMs: number
  readonly rowsCount: number
  readonly sha256: string
  readonly body: string
}

/** A part with what the next refresh compares against. */
export interface StoredPart {
  readonly part: RegionPart
  readonly observation: Observation
}

/** A part with the generation that holds it. */
export interface StoredRegion extends StoredPart {
  readonly generation: number
}

/** What the disk says of a region without its lists. */
export interface FreshRegion {
  readonly region: string
  readonly generation: number
  readonly fetchedAtMs: number
  readonly sha256: string
}

/** What one start finds on disk. */
export interface Snapshot {
  readonly parts: ReadonlyMap<string, StoredPart>
  /** 0: nothing was ever stored. */
  readonly generation: number
  /** Path that a damaged file was moved to; null: nothing was damaged. */
  readonly movedAside: string | null
  /** Regions whose row failed its checksum; the others of a sound file are kept. */
  readonly damagedRegions: readonly string[]
  /** What models were seen to refuse. */
  readonly lessons: readonly StoredLesson[]
  /** SQLite's code for why the file could only be read, not opened: a full disk, above all; null: it was opened. */
  readonly readOnlyReason: string | null
}

/** Encodes a part for `storePart`. Time is not in the digest, so that equal lists have equal digests. */
export function encodePart(part: RegionPart): EncodedPart {
  const { region, fetchedAtMs, models, profiles, deniedProfileTypes, mantleModels } = part
  const body = JSON.stringify({ models, profiles, deniedProfileTypes, mantleModels })
  const rowsCount = models.length + profiles.length
  return { region, fetchedAtMs, rowsCount, sha256: digest(region, rowsCount, body), body }
}

/** What `decideAdvance` compares of a part. */
export function observe(part: RegionPart, sha256: string): Observation {
  const systemProfiles = part.profiles.filter((profile) => profile.type === 'SYSTEM_DEFINED').length
  return { models: part.models.length, systemProfiles, digest: sha256 }
}

/**
 * Stores one region's part in one transaction and returns the generation that holds it: the next one, or the standing
 * one where the row already says the same or another process stored a later observation. (One of the future says that
 * the clock was set back.)
 */
export function storePart(database: Database.Database, encoded: EncodedPart): number {
  return database.transaction(() => storeInTransaction(database, encoded)).immediate()
}

function storeInTransaction(database: Database.Database, encoded: EncodedPart): number {
  const { region, fetchedAtMs, rowsCount, sha256, body } = encoded
  const standing = database
    .prepare<[string], Pick<RegionRow, 'generation' | 'sha256' | 'fetched_at_ms'>>(
      'SELECT generation, sha256, fetched_at_ms FROM region WHERE region = ?',
    )
    .get(region)
  if (
    standing !== undefined &&
    standing.fetched_at_ms > fetchedAtMs &&
    standing.fetched_at_ms <= Date.now()
  ) {
    return standing.generation
  }
  if (standing?.sha256 === sha256) {
    database.prepare('UPDATE region SET fetched_at_ms = ? WHERE region = ?').run(fetchedAtMs, region)
    return standing.generation
  }
  const generation = latestGeneration(database) + 1
  database
    .prepare(
      `INSERT OR REPLACE INTO region (region, generation, fetched_at_ms, rows_count, sha256, body)
       VALUES (?, ?, ?, ?, ?, ?)`,
    )
    .run(region, generation, fetchedAtMs, rowsCount, sha256, body)
  return generation
}

/** Which regions the disk has as AWS gave them between two times, the earliest generation first. */
export function findFreshRegions(
  database: Database.Database,
  {
    regions,
    fromMs,
    toMs,
  }: { readonly regions: readonly string[]; readonly fromMs: number; readonly toMs: number },
): readonly FreshRegion[] {
  const rows = database
    .prepare<[number, number], Pick<RegionRow, 'region' | 'generation' | 'fetched_at_ms' | 'sha256'>>(
      `SELECT region, generation, fetched_at_ms, sha256 FROM region
       WHERE fetched_at_ms BETWEEN ? AND ? ORDER BY generation`,
    )
    .all(fromMs, toMs)
  return rows
    .filter(({ region }) => regions.includes(region))
    .map(({ region, generation, fetched_at_ms: fetchedAtMs, sha256 }) => ({
      region,
      generation,
      fetchedAtMs,
      sha256,
    }))
}

/** One region's part; null where there is none, or its checksum fails. */
export function readRegion(database: Database.Database, region: string): StoredRegion | null {
  const row = database.prepare<[string], RegionRow>('SELECT * FROM region WHERE region = ?').get(region)
  const stored = row === undefined ? null : decodeRow(row)
  return row === undefined || stored === null ? null : { ...stored, generation: row.generation }
}

/**
 * Reads the snapshot; synchronous, for the start only. A file that is no sound database is moved aside, and the start
 * is as if new. Where the file is sound but rows fail their checksum, the good rows are kept, since each region stands
 * alone; only when no row is good is the file moved aside. Where it cannot be opened for another reason, it is still
 * read. Throws a `StateError` when the directory cannot be used.
 */
export function loadSnapshot(stateDir: string): Snapshot {
  prepareStateDir(stateDir)
  const path = databasePath(stateDir)
  const inode = inodeOf(path)
  try {
    const snapshot = readSnapshot(stateDir)
    if (snapshot.parts.size > 0 || snapshot.damagedRegions.length === 0) return snapshot
    return { ...startAnew(stateDir, path, inode), damagedRegions: snapshot.damagedRegions }
  } catch (error) {
    if (!isDamage(error)) return readCopy(stateDir, asStateError(error, path))
    return startAnew(stateDir, path, inode)
  }
}

/** What can be read of a file that cannot be opened; throws `problem` where that is nothing. */
function readCopy(stateDir: string, problem: StateError): Snapshot {
  // Ours, not SQLite's: a newer schema, for example.
  if (problem.cause === undefined) throw problem
  try {
    const snapshot = readRows(openCopy(stateDir))
    if (snapshot.parts.size > 0) return { ...snapshot, readOnlyReason: codeOf(problem.cause) }
  } catch {
    // The first problem says more.
  }
  throw problem
}

function asStateError(error: unknown, path: string): StateError {
  if (error instanceof StateError) return error
  return new StateError(`${path} cannot be used: ${codeOf(error)}`, { cause: error })
}

function startAnew(stateDir: string, path: string, inode: bigint | null): Snapshot {
  try {
    const movedAside = moveAside(path, inode)
    return { ...readSnapshot(stateDir), movedAside }
  } catch (error) {
    throw asStateError(error, path)
  }
}

function readSnapshot(stateDir: string): Snapshot {
  return readRows(openDatabase(stateDir))
}

/** Reads everything, and closes the database. */
function readRows(database: Database.Database): Snapshot {
  try {
    assertSound(database)
    const parts = new Map<string, StoredPart>()
    const damagedRegions: string[] = []
    let generation = 0
    for (const row of database.prepare<[], RegionRow>('SELECT * FROM region ORDER BY region').all()) {
      generation = Math.max(generation, row.generation)
      const stored = decodeRow(row)
      if (stored === null) damagedRegions.push(row.region)
      else parts.set(row.region, stored)
    }
    const lessons = readLessons(database)
    return { parts, generation, movedAside: null, damagedRegions, lessons, readOnlyReason: null }
  } finally {
    database.close()
  }
}

/** A database whose pages contradict each other; carries SQLite's code for it. */
class DamageError extends Error {
  readonly code = 'SQLITE_CORRUPT'
}

function assertSound(database: Database.Database): void {
  // Some 5 ms for 31 regions; the checksums below cover the rows, this covers the pages between them.
  if (database.pragma('quick_check(1)', { simple: true }) !== 'ok')
    throw new DamageError('quick_check failed')
}

interface RegionRow {
  readonly region: string
  readonly generation: number
  readonly fetched_at_ms: number
  readonly rows_count: number
  readonly sha256: string
  readonly body: string
}

type Lists = Pick<RegionPart, 'models' | 'profiles' | 'deniedProfileTypes'> &
  Partial<Pick<RegionPart, 'mantleModels'>>

function decodeRow(row: RegionRow): StoredPart | null {
  if (digest(row.region, row.rows_count, row.body) !== row.sha256) return null
  // The digest proves that `encodePart` wrote this text; before it knew bedrock-mantle it wrote no `mantleModels`.
  const lists = { mantleModels: [], ...(JSON.parse(row.body) as Lists) }
  if (lists.models.length + lists.profiles.length !== row.rows_count) return null
  const part = { region: row.region, fetchedAtMs: row.fetched_at_ms, ...lists }
  return { part, observation: observe(part, row.sha256) }
}

function latestGeneration(database: Database.Database): number {
  return database.prepare<[], number | null>('SELECT max(generation) FROM region').pluck().get() ?? 0
}

function digest(region: string, rowsCount: number, body: string): string {
  return createHash('sha256').update(`${region}\n${rowsCount}\n`).update(body).digest('hex')
}

/**
 * Renames the damaged file and returns its new path; null when another process already did. The log goes first: a
 * fresh database beside an old log could take that log's frames for its own.
 */
function moveAside(path: string, inode: bigint | null): string | null {
  if (inode === null || inodeOf(path) !== inode) return null
  const target = `${path}.damaged-${new Date().toISOString().replace(/[:.]/g, '')}-${process.pid}`
  for (const suffix of ['-wal', '-shm', '']) {
    try {
      if (existsSync(path + suffix)) renameSync(path + suffix, target + suffix)
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error
    }
  }
  return target
}

function inodeOf(path: string): bigint | null {
  return statSync(path, { bigint: true, throwIfNoEntry: false })?.ino ?? null
}
