import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { test } from 'node:test'
import Database from 'better-sqlite3'
import { databasePath, openDatabase } from '../../src/state/database.js'
import {
  LESSON_KEEP_MS,
  LESSONS_MAX,
  readLessons,
  type StoredLesson,
  storeLesson,
} from '../../src/state/lesson-store.js'
import { encodePart, loadSnapshot, storePart } from '../../src/state/snapshot-store.js'
import { numberedPart } from './numbered-part.js'
import { temporaryFolder } from './temporary-folder.js'

const NOW_MS = 1_750_000_000_000
const STOP: StoredLesson = { model: 'qwen.qwen3-32b-v1:0', parameter: 'stop', learnedAtMs: NOW_MS }

/** A file as the first release wrote it: one region, no lessons. */
function writeFirstSchema(stateDir: string): void {
  const database = openDatabase(stateDir)
  storePart(database, encodePart(numberedPart('us-east-1', 7)))
  database.exec('DROP TABLE lesson; DROP TABLE lease; DELETE FROM migrations WHERE version > 1')
  database.close()
}

test('storeLesson: a restart gets back what was stored', (context) => {
  const stateDir = temporaryFolder(context)
  const database = openDatabase(stateDir)
  storeLesson(database, STOP)
  storeLesson(database, { ...STOP, parameter: 'cache_control.tools', learnedAtMs: NOW_MS + 1 })
  database.close()
  assert.deepEqual(loadSnapshot(stateDir).lessons, [
    STOP,
    { ...STOP, parameter: 'cache_control.tools', learnedAtMs: NOW_MS + 1 },
  ])
})

test('storeLesson: learned again it is one lesson with the later time', (context) => {
  const database = openDatabase(temporaryFolder(context))
  for (const learnedAtMs of [NOW_MS, NOW_MS + 5, NOW_MS + 2]) storeLesson(database, { ...STOP, learnedAtMs })
  assert.deepEqual(readLessons(database), [{ ...STOP, learnedAtMs: NOW_MS + 5 }])
  database.close()
})

test('storeLesson: what is older than thirty days goes with the next lesson', (context) => {
  const database = openDatabase(temporaryFolder(context))
  storeLesson(database, STOP)
  storeLesson(database, { ...STOP, parameter: 'top_p', learnedAtMs: NOW_MS + LESSON_KEEP_MS - 1 })
  assert.equal(readLessons(database).length, 2)
  storeLesson(database, { ...STOP, parameter: 'top_k', learnedAtMs: NOW_MS + LESSON_KEEP_MS })
  assert.deepEqual(
    readLessons(database).map(({ parameter }) => parameter),
    ['top_p', 'top_k'],
  )
  database.close()
})

test('storeLesson: there is an end to it, and the oldest make room', (context) => {
  const database = openDatabase(temporaryFolder(context))
  const insert = database.prepare('INSERT INTO lesson VALUES (?, ?, ?)')
  for (let index = 0; index < LESSONS_MAX; index += 1) insert.run('a.b', `field_${index}`, NOW_MS + index)
  storeLesson(database, { ...STOP, learnedAtMs: NOW_MS + LESSONS_MAX })
  const lessons = readLessons(database)
  assert.equal(lessons.length, LESSONS_MAX)
  assert.equal(lessons[0]?.parameter, 'field_1')
  assert.equal(lessons.at(-1)?.parameter, 'stop')
  database.close()
})

test('storeLesson: two processes that share the file learn from each other', (context) => {
  const stateDir = temporaryFolder(context)
  const [first, second] = [openDatabase(stateDir), openDatabase(stateDir)]
  storeLesson(first, STOP)
  storeLesson(second, { ...STOP, parameter: 'top_p', learnedAtMs: NOW_MS + 1 })
  assert.deepEqual(readLessons(first), readLessons(second))
  assert.equal(readLessons(first).length, 2)
  first.close()
  second.close()
})

test('readLessons: a row that nobody wrote is left out', (context) => {
  const database = openDatabase(temporaryFolder(context))
  storeLesson(database, STOP)
  database.exec("INSERT INTO lesson VALUES ('a.b', 'not a parameter\n', 5)")
  assert.deepEqual(readLessons(database), [STOP])
  database.close()
})

test('loadSnapshot: a file of the first schema keeps its snapshot and takes lessons from then on', (context) => {
  const stateDir = temporaryFolder(context)
  writeFirstSchema(stateDir)
  const snapshot = loadSnapshot(stateDir)
  assert.deepEqual([...snapshot.parts.keys()], ['us-east-1'])
  assert.deepEqual([snapshot.generation, snapshot.movedAside, snapshot.lessons], [1, null, []])
  const database = new Database(databasePath(stateDir))
  storeLesson(database, STOP)
  const versions = database.prepare('SELECT version FROM migrations ORDER BY version').pluck().all()
  assert.deepEqual(versions, [1, 2, 3])
  database.close()
  assert.deepEqual(loadSnapshot(stateDir).lessons, [STOP])
})

test('loadSnapshot: on a full disk a file of the first schema is read all the same', (context) => {
  const stateDir = temporaryFolder(context)
  writeFirstSchema(stateDir)
  for (const suffix of ['-wal', '-shm']) rmSync(databasePath(stateDir) + suffix, { force: true })
  const store = new URL('../../src/state/snapshot-store.js', import.meta.url).href
  const script = `const { loadSnapshot } = await import(${JSON.stringify(store)})
    const { parts, lessons, movedAside, readOnlyReason } = loadSnapshot(${JSON.stringify(stateDir)})
    console.log(JSON.stringify({ regions: [...parts.keys()], lessons, movedAside, readOnly: readOnlyReason !== null }))`
  // No file may grow: what a full disk is, for this process alone.
  const limited = `trap '' XFSZ; ulimit -f 0; exec "$0" --input-type=module -e "$1"`
  const output = execFileSync('sh', ['-c', limited, process.execPath, script], { encoding: 'utf8' })
  assert.deepEqual(JSON.parse(output), {
    regions: ['us-east-1'],
    lessons: [],
    movedAside: null,
    readOnly: true,
  })
})
