import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import Database from 'better-sqlite3'
import { createCatalog } from '../../src/catalog/catalog.js'
import { databasePath, openDatabase, StateError } from '../../src/state/database.js'
import { encodePart, loadSnapshot, storePart } from '../../src/state/snapshot-store.js'
import { policyOf, recordedPart, withRecordings } from '../catalog/recorded-catalog.js'
import { numberedPart, WRITER_REGIONS } from './numbered-part.js'
import { temporaryFolder } from './temporary-folder.js'

function storeRounds(stateDir: string, ...rounds: readonly number[]): void {
  const database = openDatabase(stateDir)
  for (const round of rounds)
    for (const region of WRITER_REGIONS) storePart(database, encodePart(numberedPart(region, round)))
  database.close()
}

/** A state directory that holds round 7 of all three regions, without a log beside it. */
function filledFolder(context: TestContext): string {
  const stateDir = temporaryFolder(context)
  storeRounds(stateDir, 7)
  return stateDir
}

function assertStartsAsNew(stateDir: string): string {
  const snapshot = loadSnapshot(stateDir)
  assert.equal(snapshot.parts.size, 0)
  assert.equal(snapshot.generation, 0)
  assert.ok(snapshot.movedAside !== null && existsSync(snapshot.movedAside), 'the damaged file is kept')
  storeRounds(stateDir, 1)
  const again = loadSnapshot(stateDir)
  assert.equal(again.movedAside, null)
  assert.equal(again.parts.size, 3)
  return snapshot.movedAside
}

test('loadSnapshot: a new directory is created and starts empty', (context) => {
  const stateDir = join(temporaryFolder(context), 'deep', 'state')
  const snapshot = loadSnapshot(stateDir)
  assert.deepEqual(snapshot, {
    parts: new Map(),
    generation: 0,
    movedAside: null,
    damagedRegions: [],
    lessons: [],
    readOnlyReason: null,
  })
})

test('loadSnapshot: a full disk keeps no snapshot from being read', (context) => {
  const stateDir = filledFolder(context)
  const store = new URL('../../src/state/snapshot-store.js', import.meta.url).href
  const script = `const { loadSnapshot } = await import(${JSON.stringify(store)})
    const { parts, generation, movedAside, readOnlyReason } = loadSnapshot(${JSON.stringify(stateDir)})
    console.log(JSON.stringify({ regions: [...parts.keys()], generation, movedAside, readOnlyReason }))`
  // No file may grow: what a full disk is, for this process alone.
  const limited = `trap '' XFSZ; ulimit -f 0; exec "$0" --input-type=module -e "$1"`
  const output = execFileSync('sh', ['-c', limited, process.execPath, script], { encoding: 'utf8' })
  const { readOnlyReason, ...read } = JSON.parse(output) as { readOnlyReason: string }
  assert.deepEqual(read, { regions: [...WRITER_REGIONS].sort(), generation: 3, movedAside: null })
  assert.match(readOnlyReason, /^SQLITE_IOERR_SHM/)
  const snapshot = loadSnapshot(stateDir)
  assert.equal(snapshot.parts.size, 3)
  assert.equal(snapshot.readOnlyReason, null)
})

test('loadSnapshot: a restart gets back exactly what was stored', withRecordings, (context) => {
  const stateDir = temporaryFolder(context)
  loadSnapshot(stateDir)
  const part = recordedPart('us-east-1')
  const database = openDatabase(stateDir)
  assert.equal(storePart(database, encodePart(part)), 1)
  database.close()
  const loaded = loadSnapshot(stateDir)
  assert.equal(loaded.generation, 1)
  assert.deepEqual(loaded.parts.get('us-east-1')?.part, part)
  const list = (parts: ReadonlyMap<string, typeof part>) =>
    createCatalog({ parts, generation: 1, policy: policyOf() }).list('all')
  const loadedParts = new Map(Array.from(loaded.parts, ([region, stored]) => [region, stored.part]))
  assert.deepEqual(list(loadedParts), list(new Map([['us-east-1', part]])))
})

test('storePart: the generation moves with content only, and an older observation never overwrites', (context) => {
  const stateDir = temporaryFolder(context)
  const database = openDatabase(stateDir)
  const store = (round: number, fetchedAtMs: number) =>
    storePart(database, encodePart({ ...numberedPart('us-east-1', round), fetchedAtMs }))
  assert.deepEqual([store(1, 10), store(1, 20), store(2, 30), store(1, 25)], [1, 1, 2, 2])
  database.close()
  const part = loadSnapshot(stateDir).parts.get('us-east-1')?.part
  assert.equal(part?.models[0]?.modelName, 'round 2')
  assert.equal(part?.fetchedAtMs, 30)
})

test('storePart: two processes that share the file both get through', (context) => {
  const stateDir = temporaryFolder(context)
  const [first, second] = [openDatabase(stateDir), openDatabase(stateDir)]
  assert.equal(storePart(first, encodePart(numberedPart('us-east-1', 1))), 1)
  assert.equal(storePart(second, encodePart(numberedPart('us-west-2', 1))), 2)
  assert.equal(storePart(first, encodePart(numberedPart('eu-west-1', 1))), 3)
  first.close()
  second.close()
  assert.equal(loadSnapshot(stateDir).parts.size, 3)
})

test('loadSnapshot: a file of zero length starts as new, with nothing to move aside', (context) => {
  const stateDir = filledFolder(context)
  truncateSync(databasePath(stateDir), 0)
  const snapshot = loadSnapshot(stateDir)
  assert.deepEqual([snapshot.parts.size, snapshot.movedAside], [0, null])
})

test('loadSnapshot: garbage is moved aside whole', (context) => {
  const stateDir = temporaryFolder(context)
  writeFileSync(databasePath(stateDir), 'this is no database '.repeat(1000))
  const movedAside = assertStartsAsNew(stateDir)
  assert.equal(readFileSync(movedAside, 'utf8'), 'this is no database '.repeat(1000))
})

test('loadSnapshot: a truncated file is moved aside, wherever it was cut', (context) => {
  const size = statSync(databasePath(filledFolder(context))).size
  for (const bytes of [50, 100, 4096, Math.floor(size / 2), size - 4096, size - 1]) {
    const stateDir = filledFolder(context)
    truncateSync(databasePath(stateDir), bytes)
    assertStartsAsNew(stateDir)
  }
})

test('loadSnapshot: a flipped byte in one row costs that region alone', (context) => {
  const stateDir = filledFolder(context)
  const path = databasePath(stateDir)
  const bytes = readFileSync(path)
  const at = bytes.indexOf('arn:aws:bedrock:us-west-2')
  assert.ok(at > 0)
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at)
  writeFileSync(path, bytes)
  const snapshot = loadSnapshot(stateDir)
  assert.deepEqual(snapshot.damagedRegions, ['us-west-2'])
  assert.deepEqual([...snapshot.parts.keys()], ['eu-west-1', 'us-east-1'])
  assert.equal(snapshot.movedAside, null)
  storeRounds(stateDir, 8)
  assert.equal(loadSnapshot(stateDir).parts.size, 3, 'the next refresh heals the row')
})

test('loadSnapshot: a flipped byte anywhere never crashes the start and never shows a changed part', (context) => {
  const stateDir = filledFolder(context)
  const path = databasePath(stateDir)
  const sound = readFileSync(path)
  for (let at = 0; at < sound.length; at += 509) {
    const bytes = Buffer.from(sound)
    bytes.writeUInt8(bytes.readUInt8(at) ^ 0xff, at)
    writeFileSync(path, bytes)
    for (const { part } of loadSnapshot(stateDir).parts.values()) {
      const { models, profiles } = numberedPart(part.region, 7)
      assert.deepEqual([part.models, part.profiles], [models, profiles], `byte ${at}`)
    }
  }
})

test('loadSnapshot: where no row is good the file is moved aside', (context) => {
  const stateDir = filledFolder(context)
  const database = new Database(databasePath(stateDir))
  database.exec("UPDATE region SET sha256 = 'wrong'")
  database.close()
  assertStartsAsNew(stateDir)
})

test('loadSnapshot: a row of the time before bedrock-mantle has no models of it', (context) => {
  const stateDir = filledFolder(context)
  const { models, profiles, deniedProfileTypes } = numberedPart('us-east-1', 7)
  const body = JSON.stringify({ models, profiles, deniedProfileTypes })
  const rows = models.length + profiles.length
  const sha256 = createHash('sha256').update(`us-east-1\n${rows}\n${body}`).digest('hex')
  const database = new Database(databasePath(stateDir))
  database
    .prepare("UPDATE region SET body = ?, rows_count = ?, sha256 = ? WHERE region = 'us-east-1'")
    .run(body, rows, sha256)
  database.close()
  const snapshot = loadSnapshot(stateDir)
  assert.deepEqual(snapshot.damagedRegions, [])
  const part = snapshot.parts.get('us-east-1')?.part
  assert.deepEqual([part?.mantleModels, part?.models], [[], models])
})

test('loadSnapshot: a row that lost some of its rows fails its count', (context) => {
  const stateDir = filledFolder(context)
  const database = new Database(databasePath(stateDir))
  database.exec("UPDATE region SET rows_count = rows_count - 1 WHERE region = 'us-east-1'")
  database.close()
  assert.deepEqual(loadSnapshot(stateDir).damagedRegions, ['us-east-1'])
})

test('loadSnapshot: a database without the expected table is moved aside', (context) => {
  const stateDir = filledFolder(context)
  const database = new Database(databasePath(stateDir))
  database.exec('DROP TABLE region')
  database.close()
  assertStartsAsNew(stateDir)
})

test('loadSnapshot: a directory in the place of the file is moved aside', (context) => {
  const stateDir = temporaryFolder(context)
  mkdirSync(databasePath(stateDir))
  assertStartsAsNew(stateDir)
})

test('loadSnapshot: a log left by a killed process is recovered, a torn or foreign one is ignored', (context) => {
  const stateDir = temporaryFolder(context)
  storeRounds(stateDir, 7)
  const path = databasePath(stateDir)
  const open = openDatabase(stateDir)
  for (const region of WRITER_REGIONS) storePart(open, encodePart(numberedPart(region, 8)))
  const killed = temporaryFolder(context)
  for (const suffix of ['', '-wal']) copyFileSync(path + suffix, databasePath(killed) + suffix)
  open.close()
  const wal = readFileSync(`${databasePath(killed)}-wal`)
  assert.ok(wal.length > 0)
  const main = readFileSync(databasePath(killed))
  const roundsWith = (log: Buffer): (string | undefined)[] => {
    const folder = temporaryFolder(context)
    writeFileSync(databasePath(folder), main)
    writeFileSync(`${databasePath(folder)}-wal`, log)
    const snapshot = loadSnapshot(folder)
    assert.equal(snapshot.movedAside, null)
    return Array.from(snapshot.parts.values(), ({ part }) => part.models[0]?.modelName)
  }
  assert.deepEqual(roundsWith(wal), ['round 8', 'round 8', 'round 8'])
  assert.deepEqual(roundsWith(Buffer.alloc(0)), ['round 7', 'round 7', 'round 7'])
  assert.deepEqual(roundsWith(Buffer.alloc(9000, 'garbage')), ['round 7', 'round 7', 'round 7'])
  for (const share of [0.3, 0.6, 0.9]) {
    for (const name of roundsWith(wal.subarray(0, Math.floor(wal.length * share))))
      assert.match(name ?? '', /^round [78]$/)
  }
  const orphan = temporaryFolder(context)
  writeFileSync(`${databasePath(orphan)}-wal`, wal)
  const snapshot = loadSnapshot(orphan)
  assert.equal(snapshot.movedAside, null)
  for (const { part } of snapshot.parts.values())
    assert.match(part.models[0]?.modelName ?? '', /^round [78]$/)
})

test('loadSnapshot: a state directory that cannot be used is an error that names it', (context) => {
  const file = join(temporaryFolder(context), 'file')
  writeFileSync(file, '')
  for (const stateDir of [file, join(file, 'below')]) {
    assert.throws(
      () => loadSnapshot(stateDir),
      (error) =>
        error instanceof StateError &&
        error.message.includes(stateDir) &&
        /writable directory/.test(error.message),
    )
  }
})

test('loadSnapshot: a file that a newer bedrockd wrote is refused, not moved aside', (context) => {
  const stateDir = filledFolder(context)
  const database = new Database(databasePath(stateDir))
  database.exec('INSERT INTO migrations (version, applied_at_ms) VALUES (999, 0)')
  database.close()
  assert.throws(() => loadSnapshot(stateDir), /schema 999/)
  assert.deepEqual(readdirSync(stateDir), ['bedrockd.sqlite'])
})

const { BEDROCKD_TEST_KILLS = '200' } = process.env
const KILLS = Number(BEDROCKD_TEST_KILLS)

test(`kill -9 at ${KILLS} random moments while snapshots are stored leaves a whole one each time`, async (context) => {
  const stateDir = temporaryFolder(context)
  const writer = fileURLToPath(new URL('./write-snapshots.js', import.meta.url))
  const roundsSeen = new Set<number>()
  let round = 1
  for (let kill = 0; kill < KILLS; kill += 1) {
    const child = spawn(process.execPath, [writer, stateDir, String(round)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    await sleep(Math.random() * 15)
    await killHard(child)
    const snapshot = loadSnapshot(stateDir)
    assert.deepEqual([snapshot.movedAside, snapshot.damagedRegions], [null, []])
    assert.equal(snapshot.parts.size, WRITER_REGIONS.length)
    const rounds = Array.from(snapshot.parts.values(), ({ part }) => {
      assert.deepEqual(part, numberedPart(part.region, part.fetchedAtMs))
      return part.fetchedAtMs
    })
    assert.ok(Math.max(...rounds) - Math.min(...rounds) <= 1, `regions are of rounds ${rounds}`)
    assert.ok(Math.min(...rounds) >= round, 'nothing that was committed is lost')
    roundsSeen.add(Math.max(...rounds))
    round = Math.max(...rounds) + 1
  }
  assert.equal(roundsSeen.size, KILLS, 'each writer got further')
})

async function killHard(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}
