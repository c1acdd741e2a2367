import assert from 'node:assert/strict'
import { mkdirSync, rmSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import Database from 'better-sqlite3'
import { pino } from 'pino'
import { createControlPool } from '../../src/aws/worker-pool.js'
import { databasePath, openDatabase } from '../../src/state/database.js'
import { LEASE_MS, takeLease } from '../../src/state/lease.js'
import { createRefresher, type Refresher, type RefresherSource } from '../../src/state/refresher.js'
import { encodePart, loadSnapshot, storePart } from '../../src/state/snapshot-store.js'
import { policyOf } from '../catalog/recorded-catalog.js'
import { type FakeControlPlane, startFakeControlPlane } from '../workers/fake-control-plane.js'
import { healthyReply } from '../workers/listing-bodies.js'
import { numberedPart } from './numbered-part.js'
import { temporaryFolder } from './temporary-folder.js'

const REQUESTS_PER_REGION = 3

interface Bench {
  readonly fake: FakeControlPlane
  readonly stateDir: string
  readonly logs: string[]
  nowMs: number | null
  /** A refresher with a worker thread of its own, as another process would have it. */
  create(members?: Partial<RefresherSource['config']>): Refresher
}

async function startBench(context: TestContext): Promise<Bench> {
  const bench: Bench = {
    fake: await startFakeControlPlane(context),
    stateDir: temporaryFolder(context),
    logs: [],
    nowMs: null,
    create(members = {}) {
      const pool = createControlPool()
      const settings = { stateDir: bench.stateDir, modelRefreshSeconds: 300, refreshDeadlineSeconds: 5 }
      const refresher = createRefresher({
        config: { ...policyOf(), ...settings, ...members },
        pool,
        snapshot: loadSnapshot(bench.stateDir),
        onOutcome: () => {},
        log: pino({ level: 'trace' }, { write: (line: string) => bench.logs.push(line) }),
        now: () => bench.nowMs ?? Date.now(),
      })
      context.after(() => {
        refresher.close()
        return pool.close()
      })
      return refresher
    },
  }
  bench.fake.answer = (request) => healthyReply(request, { models: 5 })
  return bench
}

const outcomes = async (refresher: Refresher) => (await refresher.refresh()).regions.map((row) => row.outcome)

/** Starts it and waits until the refresh of the start is over. */
async function startAndSettle(refresher: Refresher): Promise<void> {
  refresher.start()
  while (refresher.status().refreshing) await new Promise((resolve) => setTimeout(resolve, 5))
}

test('of three that start together one asks AWS, and all have the same list and generation', async (context) => {
  const { fake, create } = await startBench(context)
  const regions = ['us-east-1', 'us-west-2', 'eu-west-1']
  const refreshers = [create({ regions }), create({ regions }), create({ regions })]
  await Promise.all(refreshers.map(startAndSettle))
  assert.equal(fake.requests.length, REQUESTS_PER_REGION * regions.length)
  const [first] = refreshers
  assert.equal(first?.catalog().loaded, true)
  for (const refresher of refreshers) {
    assert.deepEqual(refresher.catalog().list('all'), first.catalog().list('all'))
    assert.equal(refresher.catalog().generation, regions.length)
    assert.ok(refresher.status().regions.every((region) => region.advancedAtMs !== null))
  }
})

test('who waits has what the other one listed at once, also while a region hangs there', async (context) => {
  const { fake, create } = await startBench(context)
  fake.answer = (request) =>
    request.authorization.includes('/eu-west-1/') ? 'hang' : healthyReply(request, { models: 5 })
  const settings = { regions: ['eu-west-1', 'us-east-1'], refreshDeadlineSeconds: 4 }
  const [first, second] = [create(settings), create(settings)]
  const running = first.refresh()
  while (!first.catalog().loaded) await new Promise((resolve) => setTimeout(resolve, 5))
  const joined = second.refresh()
  assert.equal(await second.waitForFirst(10_000), true)
  assert.equal(first.status().refreshing, true)
  assert.deepEqual(
    (await running).regions.map(({ outcome }) => outcome),
    ['failed', 'advanced'],
  )
  // The region that failed for the first one is tried by the second one itself.
  assert.deepEqual(
    (await joined).regions.map(({ outcome }) => outcome),
    ['failed', 'adopted'],
  )
  assert.equal(fake.requests.filter(({ authorization }) => authorization.includes('/us-east-1/')).length, 3)
})

test('the timer takes over what is younger than half a period, and asks AWS otherwise', async (context) => {
  const bench = await startBench(context)
  const { fake, create } = bench
  const [first, second] = [create(), create({ modelRefreshSeconds: 4 })]
  await first.refresh()
  assert.equal(fake.requests.length, 3)
  await startAndSettle(second)
  assert.equal(fake.requests.length, 3)
  const nextMs = (second.status().nextRefreshAtMs ?? 0) - (first.status().regions[0]?.advancedAtMs ?? 0)
  assert.ok(nextMs <= 4_000, `the period runs from when AWS was asked, not ${nextMs} ms later`)
  while (fake.requests.length < 6) await new Promise((resolve) => setTimeout(resolve, 20))
})

test('who asks gets the word of AWS, however young the list on disk is', async (context) => {
  const { fake, create } = await startBench(context)
  const [first, second] = [create(), create()]
  assert.deepEqual(await outcomes(first), ['advanced'])
  assert.deepEqual(await outcomes(second), ['advanced'])
  assert.deepEqual(await outcomes(first), ['unchanged'])
  assert.equal(fake.requests.length, 9)
  assert.equal(first.catalog().generation, 1)
  assert.equal(second.catalog().generation, 1)
  // The refresh of the start takes over; who asks meanwhile is not put off with that.
  const third = create()
  third.start()
  assert.deepEqual(await outcomes(third), ['unchanged'])
  assert.equal(fake.requests.length, 12)
})

test('other regions are asked by oneself', async (context) => {
  const { fake, create } = await startBench(context)
  await create({ regions: ['us-east-1'] }).refresh()
  const second = create({ regions: ['us-east-1', 'us-west-2'] })
  await startAndSettle(second)
  const asked = fake.requests.slice(REQUESTS_PER_REGION).map(({ authorization }) => authorization)
  assert.equal(asked.length, REQUESTS_PER_REGION)
  assert.ok(asked.every((authorization) => authorization.includes('/us-west-2/')))
  assert.deepEqual(second.catalog().list('all')[0]?.regions, ['us-east-1', 'us-west-2'])
})

test('a list on disk that lost more than half is believed only when AWS says the same', async (context) => {
  const { fake, stateDir, create } = await startBench(context)
  const refresher = create()
  fake.answer = (request) => healthyReply(request, { models: 60 })
  assert.deepEqual(await outcomes(refresher), ['advanced'])
  const storeSmall = (): void => {
    const database = openDatabase(stateDir)
    storePart(database, encodePart({ ...numberedPart('us-east-1', 0), fetchedAtMs: Date.now() }))
    database.close()
  }
  storeSmall()
  await startAndSettle(refresher)
  assert.equal(fake.requests.length, 6)
  assert.equal(refresher.status().regions[0]?.models, 60, 'AWS says otherwise')
  storeSmall()
  fake.answer = (request) => healthyReply(request, { models: 21 })
  await startAndSettle(refresher)
  assert.equal(fake.requests.length, 9)
  assert.equal(refresher.status().regions[0]?.models, 21, 'AWS says the same')
})

test('an empty or damaged row on disk is not taken over', async (context) => {
  const { fake, stateDir, create } = await startBench(context)
  const refresher = create()
  await refresher.refresh()
  const before = refresher.catalog().list('all')
  const database = openDatabase(stateDir)
  const part = { ...numberedPart('us-east-1', 0), models: [], profiles: [], fetchedAtMs: Date.now() }
  storePart(database, encodePart(part))
  await startAndSettle(refresher)
  assert.deepEqual(refresher.catalog().list('all'), before)
  database.prepare("UPDATE region SET sha256 = 'wrong', fetched_at_ms = ?").run(Date.now())
  database.close()
  await startAndSettle(refresher)
  assert.deepEqual(refresher.catalog().list('all'), before)
  assert.equal(fake.requests.length, 9)
})

test('a list without the models of bedrock-mantle does not take them away', async (context) => {
  const { fake, create } = await startBench(context)
  fake.mantle = { json: { data: [{ id: 'xai.grok-4.3', object: 'model', created: 1, owned_by: 'x' }] } }
  const withMantle = create({ mantle: true })
  await withMantle.refresh()
  assert.equal(withMantle.status().regions[0]?.mantleModels, 1)
  const without = create({ mantle: false })
  await without.refresh()
  assert.equal(without.status().regions[0]?.mantleModels, 0)
  await startAndSettle(withMantle)
  assert.equal(withMantle.status().regions[0]?.mantleModels, 1)
  assert.equal(fake.requests.length, 9, 'it asked by itself')
})

test('a row of the future is none: the clock was set back, and AWS is asked and stored', async (context) => {
  const { fake, stateDir, create } = await startBench(context)
  const refresher = create()
  await refresher.refresh()
  const database = openDatabase(stateDir)
  database.prepare('UPDATE region SET fetched_at_ms = ?').run(Date.now() + 86_400_000)
  await startAndSettle(refresher)
  assert.equal(fake.requests.length, 6)
  const row = database.prepare<[], number>('SELECT fetched_at_ms FROM region').pluck().get()
  database.close()
  assert.ok((row ?? 0) <= Date.now())
})

test('a holder that was killed holds others up for the lease, not for ever', async (context) => {
  const { fake, stateDir, create } = await startBench(context)
  const database = openDatabase(stateDir)
  assert.equal(takeLease(database, { holder: 'killed', nowMs: Date.now() }).type, 'taken')
  database.close()
  const refresher = create()
  const startedMs = performance.now()
  assert.deepEqual(await outcomes(refresher), ['advanced'])
  assert.ok(performance.now() - startedMs > LEASE_MS / 2, 'it waited')
  assert.equal(fake.requests.length, 3)
})

test('a holder that never ends is waited for no longer than a refresh takes', async (context) => {
  const { stateDir, create } = await startBench(context)
  const database = openDatabase(stateDir)
  const renew = (): void => void takeLease(database, { holder: 'endless', nowMs: Date.now() })
  renew()
  const timer = setInterval(renew, 200)
  context.after(() => {
    clearInterval(timer)
    database.close()
  })
  assert.deepEqual(await outcomes(create({ refreshDeadlineSeconds: 1 })), ['advanced'])
})

for (const [how, breakIt] of [
  [
    'is locked',
    (stateDir: string, context: TestContext) => {
      const database = new Database(databasePath(stateDir))
      database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
      context.after(() => database.close())
    },
  ],
  [
    'is no database',
    (stateDir: string) => {
      for (const suffix of ['', '-wal', '-shm']) rmSync(databasePath(stateDir) + suffix, { force: true })
      mkdirSync(databasePath(stateDir))
    },
  ],
] as const) {
  test(`a file that ${how} keeps nobody from refreshing; it is logged once`, async (context) => {
    const { fake, logs, stateDir, create } = await startBench(context)
    const refresher = create()
    breakIt(stateDir, context)
    assert.deepEqual(await outcomes(refresher), ['advanced'])
    assert.deepEqual(await outcomes(refresher), ['unchanged'])
    assert.equal(fake.requests.length, 6)
    assert.equal(logs.filter((line) => line.includes('cannot be shared')).length, 1)
  })
}

test('closing ends the wait for another process', async (context) => {
  const { fake, stateDir, create } = await startBench(context)
  const database = openDatabase(stateDir)
  takeLease(database, { holder: 'other', nowMs: Date.now() })
  database.close()
  const refresher = create()
  const refreshing = refresher.refresh()
  await new Promise((resolve) => setTimeout(resolve, 300))
  refresher.close()
  assert.deepEqual((await refreshing).regions, [])
  assert.equal(fake.requests.length, 0)
})
