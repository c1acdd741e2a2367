import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { pino } from 'pino'
import { createControlPool } from '../../src/aws/worker-pool.js'
import type { Catalog } from '../../src/catalog/types.js'
import { nextRefreshDelayMs } from '../../src/state/refresh-timer.js'
import { createRefresher, type Refresher, type RefresherSource } from '../../src/state/refresher.js'
import { loadSnapshot } from '../../src/state/snapshot-store.js'
import { policyOf } from '../catalog/recorded-catalog.js'
import { type FakeControlPlane, startFakeControlPlane } from '../workers/fake-control-plane.js'
import { healthyReply } from '../workers/listing-bodies.js'
import { temporaryFolder } from './temporary-folder.js'

interface Bench {
  readonly fake: FakeControlPlane
  readonly catalogs: Catalog[]
  readonly logs: string[]
  /** A refresher on the state that the one before left behind. */
  create(members?: Partial<RefresherSource['config']>, rest?: Pick<RefresherSource, 'now'>): Refresher
}

async function startBench(context: TestContext): Promise<Bench> {
  const fake = await startFakeControlPlane(context)
  const pool = createControlPool()
  context.after(() => pool.close())
  const stateDir = temporaryFolder(context)
  const catalogs: Catalog[] = []
  const logs: string[] = []
  const log = pino({ level: 'trace' }, { write: (line: string) => logs.push(line) })
  const create: Bench['create'] = (members = {}, rest = {}) => {
    const settings = { stateDir, modelRefreshSeconds: 300, refreshDeadlineSeconds: 5 }
    const config = { ...policyOf(), ...settings, ...members }
    const onOutcome: RefresherSource['onOutcome'] = (outcome, catalog) => {
      if (outcome === 'advanced') catalogs.push(catalog)
    }
    const refresher = createRefresher({
      config,
      pool,
      snapshot: loadSnapshot(stateDir),
      onOutcome,
      log,
      ...rest,
    })
    context.after(() => refresher.close())
    return refresher
  }
  return { fake, catalogs, logs, create }
}

const outcomes = async (refresher: Refresher) => (await refresher.refresh()).regions.map((row) => row.outcome)

test('a restart without AWS serves the same list', async (context) => {
  const { fake, create } = await startBench(context)
  fake.answer = (request) => healthyReply(request, { models: 5 })
  const before = create()
  assert.equal(before.catalog().loaded, false)
  assert.deepEqual(await before.refresh(), {
    generation: 1,
    regions: [{ region: 'us-east-1', outcome: 'advanced', reason: null }],
  })
  fake.answer = () => ({ error: 'InternalServerException', status: 500, message: 'down' })
  const after = create()
  assert.equal(after.catalog().generation, 1)
  assert.deepEqual(after.catalog().list('all'), before.catalog().list('all'))
  assert.equal(await after.waitForFirst(0), true)
  assert.deepEqual(await outcomes(after), ['failed'])
  assert.deepEqual(after.catalog().list('all'), before.catalog().list('all'))
  assert.match(after.status().regions[0]?.lastFailure?.reason ?? '', /InternalServerException 500/)
})

test('each region advances on its own; unchanged lists make no new catalog', async (context) => {
  const { fake, create, catalogs } = await startBench(context)
  fake.answer = (request) =>
    request.authorization.includes('/us-west-2/')
      ? { error: 'ValidationException', status: 400, message: 'no' }
      : healthyReply(request, { models: 5 })
  const refresher = create({ regions: ['us-east-1', 'us-west-2', 'eu-west-1'] })
  assert.deepEqual(await outcomes(refresher), ['advanced', 'failed', 'advanced'])
  assert.equal(catalogs.length, 2)
  assert.deepEqual(refresher.catalog().list('all')[0]?.regions, ['us-east-1', 'eu-west-1'])
  assert.deepEqual(await outcomes(refresher), ['unchanged', 'failed', 'unchanged'])
  assert.equal(catalogs.length, 2)
  const [east, west] = refresher.status().regions
  assert.deepEqual([east?.models, east?.profiles, east?.lastFailure], [5, 3, null])
  assert.deepEqual([west?.models, west?.advancedAtMs], [0, null])
})

test('half a list is held back once, then believed; a recovery in between forgets it', async (context) => {
  const { fake, create } = await startBench(context)
  let models = 10
  fake.answer = (request) => healthyReply(request, { models })
  const refresher = create()
  assert.deepEqual(await outcomes(refresher), ['advanced'])
  models = 4
  assert.deepEqual(await outcomes(refresher), ['held-back'])
  assert.equal(refresher.status().regions[0]?.heldBack, true)
  assert.equal(refresher.status().regions[0]?.models, 10)
  models = 10
  assert.deepEqual(await outcomes(refresher), ['unchanged'])
  assert.equal(refresher.status().regions[0]?.heldBack, false)
  models = 4
  assert.deepEqual(await outcomes(refresher), ['held-back'])
  const standing = fake.answer
  fake.answer = () => ({ error: 'ValidationException', status: 400, message: 'no' })
  assert.deepEqual(await outcomes(refresher), ['failed'])
  fake.answer = standing
  assert.deepEqual(await outcomes(refresher), ['advanced'])
  assert.equal(refresher.catalog().find('acme.model-3')?.id, 'acme.model-3')
  assert.equal(refresher.catalog().find('acme.model-4'), undefined)
  models = 0
  assert.deepEqual(await outcomes(refresher), ['failed'])
  assert.deepEqual(await outcomes(refresher), ['failed'])
  assert.ok(refresher.catalog().list('all').length > 0, 'an empty list never replaces')
})

test('a denied profile list shows in the status', async (context) => {
  const { fake, create } = await startBench(context)
  fake.answer = (request) =>
    request.type === 'SYSTEM_DEFINED'
      ? { error: 'AccessDeniedException', status: 403, message: 'no' }
      : healthyReply(request, { models: 5 })
  const refresher = create()
  assert.deepEqual(await outcomes(refresher), ['advanced'])
  assert.deepEqual(refresher.status().regions[0]?.deniedProfileTypes, ['SYSTEM_DEFINED'])
})

test('refresh joins a running one, and nothing private reaches the log', async (context) => {
  const { fake, create, logs } = await startBench(context)
  fake.answer = () => ({ error: 'ValidationException', status: 400, message: 'private words' })
  const refresher = create()
  const first = refresher.refresh()
  assert.equal(refresher.refresh(), first)
  assert.equal(refresher.status().refreshing, true)
  await first
  assert.equal(refresher.status().refreshing, false)
  assert.equal(fake.requests.length, 3)
  assert.ok(logs.length > 0)
  assert.ok(!logs.join('').includes('private words'))
})

test('waitForFirst: false while AWS hangs, true as soon as one region is there', async (context) => {
  const { fake, create } = await startBench(context)
  const refresher = create({ regions: ['us-west-2', 'us-east-1'], refreshDeadlineSeconds: 1 })
  const refreshing = refresher.refresh()
  assert.equal(await refresher.waitForFirst(20), false)
  assert.deepEqual(refresher.catalog().list('all'), [])
  while (fake.requests.length < 6) await new Promise((resolve) => setTimeout(resolve, 5))
  await refreshing
  fake.answer = (request) =>
    request.authorization.includes('/us-west-2/') ? 'hang' : healthyReply(request, { models: 1 })
  const second = refresher.refresh()
  assert.equal(await refresher.waitForFirst(30_000), true)
  assert.equal(refresher.status().refreshing, true, 'the region that hangs is still awaited')
  await second
})

test('hint: refreshes in the background, at most once a minute', async (context) => {
  const { fake, create } = await startBench(context)
  fake.answer = (request) => healthyReply(request, { models: 1 })
  let nowMs = 1_000_000
  const refresher = create({}, { now: () => nowMs })
  refresher.hint()
  refresher.hint()
  await refresher.refresh()
  assert.equal(fake.requests.length, 3)
  nowMs += 59_000
  refresher.hint()
  assert.equal(refresher.status().refreshing, false)
  nowMs += 1_000
  refresher.hint()
  assert.equal(refresher.status().refreshing, true)
  await refresher.refresh()
  assert.equal(fake.requests.length, 6)
})

test('start: refreshes at once and again on the timer, until close', async (context) => {
  const { fake, create } = await startBench(context)
  fake.answer = (request) => healthyReply(request, { models: 1 })
  const refresher = create({ modelRefreshSeconds: 0.01 })
  refresher.start()
  while (fake.requests.length < 6) await new Promise((resolve) => setTimeout(resolve, 20))
  await refresher.refresh()
  assert.ok((refresher.status().nextRefreshAtMs ?? 0) > 0)
  refresher.close()
  assert.equal(refresher.status().nextRefreshAtMs, null)
})

test('31 regions refresh side by side, and all are served', async (context) => {
  const { fake, create } = await startBench(context)
  fake.answer = (request) => healthyReply(request, { models: 126, system: 56, application: 56 })
  const regions = Array.from({ length: 31 }, (_, index) => `xx-place-${index + 1}`)
  const refresher = create({ regions })
  assert.deepEqual(new Set(await outcomes(refresher)), new Set(['advanced']))
  assert.equal(refresher.catalog().generation, 31)
  for (const entry of refresher.catalog().list('all')) assert.ok(entry.regions.length === 31)
  assert.deepEqual(create({ regions }).catalog().list('all'), refresher.catalog().list('all'))
})

test('nextRefreshDelayMs: never later than the period, never under a second, sooner after a failure', () => {
  const delay = (periodSeconds: number, failuresInRow = 0, random = 0) =>
    nextRefreshDelayMs({ periodSeconds, failuresInRow, random })
  assert.equal(delay(300), 300_000)
  assert.equal(delay(300, 0, 1), 270_000)
  assert.equal(delay(0.01), 1_000)
  assert.deepEqual(
    [1, 2, 3, 10, 2000].map((failures) => delay(300, failures)),
    [5_000, 10_000, 20_000, 300_000, 300_000],
  )
  assert.equal(delay(2, 1), 2_000)
})
