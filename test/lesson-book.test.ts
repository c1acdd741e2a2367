import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { pino } from 'pino'
import { createControlPool } from '../src/aws/worker-pool.js'
import { createLessonBook, type LessonBook } from '../src/lesson-book.js'
import { databasePath } from '../src/state/database.js'
import { LESSON_KEEP_MS } from '../src/state/lesson-store.js'
import { loadSnapshot } from '../src/state/snapshot-store.js'
import { eventually } from './e2e/chat.js'
import { temporaryFolder } from './state/temporary-folder.js'

const QWEN = { id: 'us.qwen.qwen3-32b-v1:0', foundationId: 'qwen.qwen3-32b-v1:0' }
const ARN = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2c3d4e5f6'

interface Bench {
  readonly stateDir: string
  readonly learned: string[]
  readonly logs: string[]
  nowMs: number
  /** A book on what the state directory holds by then, as another process would open it. */
  open(): LessonBook
}

function startBench(context: TestContext): Bench {
  const pool = createControlPool()
  context.after(() => pool.close())
  const bench: Bench = {
    stateDir: temporaryFolder(context),
    learned: [],
    logs: [],
    nowMs: 1_750_000_000_000,
    open() {
      return createLessonBook({
        stateDir: bench.stateDir,
        pool,
        lessons: loadSnapshot(bench.stateDir).lessons,
        onLearned: (parameter) => bench.learned.push(parameter),
        log: pino({ level: 'trace' }, { write: (line: string) => bench.logs.push(line) }),
        now: () => bench.nowMs,
      })
    },
  }
  return bench
}

test('a lesson holds at once for every way to the model, is counted and logged once, and survives a restart', async (context) => {
  const bench = startBench(context)
  const book = bench.open()
  assert.deepEqual(book.lessonsOf(QWEN), [])
  book.learn(QWEN, 'stop')
  book.learn({ ...QWEN, id: 'eu.qwen.qwen3-32b-v1:0' }, 'stop')
  assert.deepEqual(book.lessonsOf({ ...QWEN, id: QWEN.foundationId }), ['stop'])
  assert.deepEqual(book.lessonsOf({ id: ARN, foundationId: null }), [])
  assert.deepEqual(bench.learned, ['stop'])
  assert.equal(bench.logs.length, 1)
  const line = JSON.parse(bench.logs[0] ?? '{}') as Record<string, unknown>
  assert.deepEqual(
    [line['msg'], line['model'], line['parameter']],
    ['lesson learned', QWEN.foundationId, 'stop'],
  )
  const again = await eventually(() => {
    const opened = bench.open()
    return opened.lessonsOf(QWEN).length > 0 ? opened : null
  }, 'storing the lesson')
  assert.deepEqual(again.list(), [{ model: QWEN.foundationId, parameter: 'stop', learnedAtMs: bench.nowMs }])
})

test('a second process learns what the first one did when it reloads', async (context) => {
  const bench = startBench(context)
  const [first, second] = [bench.open(), bench.open()]
  first.learn({ id: ARN, foundationId: null }, 'top_p')
  second.learn(QWEN, 'stop')
  await eventually(() => {
    second.reload()
    return second.list().length === 2
  }, 'reading the lesson of the other')
  assert.deepEqual(second.lessonsOf({ id: ARN, foundationId: null }), ['top_p'])
  assert.deepEqual(
    second.list().map(({ parameter }) => parameter),
    ['top_p', 'stop'],
    'by model',
  )
  assert.deepEqual(bench.learned, ['top_p', 'stop'], 'what was read is not counted as learned')
})

test('after thirty days a parameter is tried again, and can be learned again', (context) => {
  const bench = startBench(context)
  const book = bench.open()
  book.learn(QWEN, 'stop')
  bench.nowMs += LESSON_KEEP_MS - 1
  assert.deepEqual(book.lessonsOf(QWEN), ['stop'])
  bench.nowMs += 1
  assert.deepEqual([book.lessonsOf(QWEN), book.list()], [[], []])
  book.learn(QWEN, 'stop')
  assert.deepEqual(book.lessonsOf(QWEN), ['stop'])
  assert.deepEqual(bench.learned, ['stop', 'stop'])
})

test('a disk that fails is logged by its code, and the lesson holds all the same', async (context) => {
  const bench = startBench(context)
  const book = bench.open()
  for (const suffix of ['', '-wal', '-shm']) rmSync(databasePath(bench.stateDir) + suffix, { force: true })
  writeFileSync(databasePath(bench.stateDir), 'this is no database '.repeat(1000))
  book.learn(QWEN, 'stop')
  book.reload()
  await eventually(() => bench.logs.filter((line) => line.includes('"code"')).length === 2, 'both failures')
  assert.match(bench.logs.join(''), /SQLITE_NOTADB.*lesson could not be stored/)
  assert.match(bench.logs.join(''), /SQLITE_NOTADB.*lessons could not be read/)
  assert.deepEqual(book.lessonsOf(QWEN), ['stop'])
})

test('what is forgotten is gone from memory, from the disk and, after a reload, from other processes', async (context) => {
  const bench = startBench(context)
  const [first, second] = [bench.open(), bench.open()]
  first.learn(QWEN, 'stop')
  first.learn({ id: ARN, foundationId: null }, 'top_p')
  await eventually(() => {
    second.reload()
    return second.list().length === 2
  }, 'the second process knows')
  await eventually(() => bench.open().list().length === 2, 'both are stored')
  assert.deepEqual(
    (await first.forget(QWEN.foundationId)).map(({ parameter }) => parameter),
    ['stop'],
  )
  assert.deepEqual(first.lessonsOf(QWEN), [])
  assert.deepEqual(
    bench
      .open()
      .list()
      .map(({ parameter }) => parameter),
    ['top_p'],
  )
  await eventually(() => {
    second.reload()
    return second.list().length === 1
  }, 'the second process forgets')
  assert.deepEqual(second.lessonsOf(QWEN), [])
  first.learn(QWEN, 'stop')
  assert.deepEqual(first.lessonsOf(QWEN), ['stop'], 'it may be learned again')
  await eventually(() => bench.open().list().length === 2, 'and is stored again')
  assert.equal((await first.forget(null)).length, 2)
  assert.deepEqual(bench.open().list(), [])
})

test('a lesson that could not be stored survives a reload', async (context) => {
  const bench = startBench(context)
  const pool = createControlPool()
  context.after(() => pool.close())
  const book = createLessonBook({
    stateDir: bench.stateDir,
    pool: {
      run: ((name, task) =>
        name === 'store-lesson' ? Promise.reject(new Error('no')) : pool.run(name, task)) as typeof pool.run,
    },
    lessons: [],
    onLearned: () => {},
    log: pino({ level: 'silent' }),
    now: () => bench.nowMs,
  })
  book.learn(QWEN, 'stop')
  book.reload()
  await new Promise((resolve) => setTimeout(resolve, 300))
  assert.deepEqual(book.lessonsOf(QWEN), ['stop'])
})
