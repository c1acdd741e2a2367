import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import Database from 'better-sqlite3'
import type { RefreshReport, Status } from '../../src/admin/types.js'
import { databasePath } from '../../src/state/database.js'
import { findFreePort } from '../bench/processes.js'
import { type Emulator, type EmulatorOptions, startEmulator } from '../emulator/emulator.js'
import { afterwards } from './afterwards.js'
import { eventually, MODEL, postChat } from './chat.js'
import { type Daemon, startDaemon } from './daemon.js'

/** ListFoundationModels, and ListInferenceProfiles of both types. */
const CALLS_PER_REGION = 3

interface Machine {
  readonly emulator: Emulator
  readonly stateDir: string
  /** A daemon on the machine's one port and in its one state folder. */
  start(options?: {
    readonly environment?: Readonly<Record<string, string>>
    readonly waitReady?: boolean
  }): Promise<Daemon>
}

async function openMachine(t: TestContext, options: EmulatorOptions = {}): Promise<Machine> {
  const emulator = await startEmulator(options)
  afterwards(t, () => emulator.close())
  const stateDir = mkdtempSync(join(tmpdir(), 'bedrockd-test-'))
  afterwards(t, () => rmSync(stateDir, { recursive: true, force: true }))
  const port = await findFreePort()
  let daemons = 0
  return {
    emulator,
    stateDir,
    async start({ environment = {}, waitReady = true } = {}) {
      daemons += 1
      const daemon = await startDaemon({
        emulator,
        stateDir,
        waitReady,
        environment: {
          BEDROCKD_LISTEN: `127.0.0.1:${port}`,
          BEDROCKD_REUSE_PORT: 'true',
          BEDROCKD_ADMIN_SOCKET: join(stateDir, `${daemons}.sock`),
          ...environment,
        },
      })
      afterwards(t, () => daemon.kill())
      return daemon
    },
  }
}

const statusOf = async (daemon: Daemon): Promise<Status> => (await daemon.admin('/status')) as Status

/** By the images listener, which each daemon here has for itself: on the shared port any of them might answer. */
async function listOf(daemon: Daemon): Promise<string> {
  const response = await fetch(`${daemon.imagesUrl}/v1/models?type=all`)
  assert.equal(response.status, 200)
  return await response.text()
}

async function assertSameList(daemons: readonly Daemon[]): Promise<void> {
  const [first, ...others] = await Promise.all(daemons.map(listOf))
  assert.ok(first?.includes(MODEL))
  for (const other of others) assert.equal(other, first)
}

const listingCalls = ({ requests }: Emulator, region?: string): number =>
  requests.filter(
    (request) => request.operation.startsWith('List') && (region === undefined || request.region === region),
  ).length

async function counted(daemon: Daemon, outcome: string): Promise<number> {
  return (await statusOf(daemon)).counters[`refreshes.${outcome}`] ?? 0
}

// Each test waits for daemons of its own most of the time.
suite('processes on one port and one state folder', { concurrency: 2 }, () => {
  for (const count of [2, 3]) {
    test(`${count} that start together ask AWS once, and serve the same list`, async (t) => {
      const { emulator, start } = await openMachine(t)
      emulator.set({ control: [{ delayMs: 500 }] })
      const daemons = await Promise.all(Array.from({ length: count }, () => start()))
      assert.equal(listingCalls(emulator), CALLS_PER_REGION)
      await assertSameList(daemons)
      const generations = await Promise.all(daemons.map(async (daemon) => (await statusOf(daemon)).snapshot))
      assert.deepEqual(new Set(generations.map(({ generation }) => generation)), new Set([1]))
      const adopted = await Promise.all(daemons.map((daemon) => counted(daemon, 'adopted')))
      assert.deepEqual(adopted.sort(), [0, ...Array.from({ length: count - 1 }, () => 1)])
    })
  }

  test('timers that come up together ask AWS once in a period, and new models reach all', async (t) => {
    const { emulator, start } = await openMachine(t)
    emulator.set({ control: [{ dropModels: 0.4 }] })
    const environment = { BEDROCKD_MODEL_REFRESH_SECONDS: '2' }
    const daemons = await Promise.all([start({ environment }), start({ environment })])
    const before = await listOf(daemons[0])
    emulator.set({ control: [] })
    for (const daemon of daemons) {
      await eventually(async () => (await listOf(daemon)).length > before.length, 'the new models')
    }
    await eventually(
      async () =>
        (await Promise.all(daemons.map((daemon) => counted(daemon, 'adopted')))).some((n) => n >= 2),
      'taking over by the timer',
    )
    await assertSameList(daemons)
    const all = await Promise.all(
      daemons.flatMap((daemon) => ['advanced', 'unchanged'].map((outcome) => counted(daemon, outcome))),
    )
    const asked = all.reduce((sum, count) => sum + count, 0)
    // One may be on its way.
    assert.ok(Math.abs(listingCalls(emulator) - asked * CALLS_PER_REGION) <= CALLS_PER_REGION)
  })

  test('`refresh` asks AWS, or joins the refresh of the other process', async (t) => {
    const { emulator, start } = await openMachine(t)
    const [one, other] = [await start(), await start()]
    const calls = listingCalls(emulator)
    emulator.set({ control: [{ delayMs: 1_000 }] })
    const ask = async (daemon: Daemon): Promise<string | undefined> =>
      ((await daemon.admin('/refresh', 'POST')) as RefreshReport).regions[0]?.outcome
    const first = ask(one)
    await eventually(() => listingCalls(emulator) > calls, 'the calls of the first')
    assert.equal(await ask(other), 'adopted')
    assert.equal(await first, 'unchanged')
    assert.equal(listingCalls(emulator), calls + CALLS_PER_REGION)
    emulator.set({ control: [] })
    assert.equal(await ask(other), 'unchanged')
    assert.equal(listingCalls(emulator), calls + 2 * CALLS_PER_REGION)
  })

  test('kill -9 of the one that asks lets another take over, with and without a list', async (t) => {
    const { emulator, start } = await openMachine(t)
    emulator.set({ control: [{ hang: true }] })
    const first = await start({ waitReady: false })
    await eventually(() => listingCalls(emulator) === CALLS_PER_REGION, 'the calls of the first')
    const second = await start({ waitReady: false })
    const waiting = fetch(`${second.imagesUrl}/v1/models?type=all`)
    emulator.set({ control: [] })
    assert.equal(listingCalls(emulator), CALLS_PER_REGION, 'the second waits')
    await first.kill()
    // Within the 8 s that a client waits for the very first list.
    const response = await waiting
    assert.equal(response.status, 200)
    assert.ok((await response.text()).includes(MODEL))
    assert.equal(listingCalls(emulator), 2 * CALLS_PER_REGION)

    const third = await start()
    emulator.set({ control: [{ hang: true }] })
    void third.admin('/refresh', 'POST').catch(() => {})
    await eventually(() => listingCalls(emulator) === 3 * CALLS_PER_REGION, 'the calls of the third')
    emulator.set({ control: [] })
    await third.kill()
    const report = (await second.admin('/refresh', 'POST')) as RefreshReport
    assert.deepEqual(
      report.regions.map(({ outcome }) => outcome),
      ['unchanged'],
    )
  })

  test('a region that fails for the one that asks is tried by the other, which keeps what it had', async (t) => {
    const regions = ['us-east-1', 'eu-west-1']
    const { emulator, start } = await openMachine(t, { regions })
    const oops = { status: 500, type: 'InternalServerException', message: 'Oops.' }
    emulator.set({ control: [{ region: 'eu-west-1', failWith: oops }] })
    const environment = { BEDROCKD_REGIONS: regions.join(), BEDROCKD_REFRESH_DEADLINE_SECONDS: '2' }
    const daemons = await Promise.all([start({ environment }), start({ environment })])
    await eventually(async () => {
      const all = await Promise.all(daemons.map(statusOf))
      return all.every(({ snapshot }) => !snapshot.refreshing && snapshot.regions[1]?.lastFailure !== null)
    }, 'both refreshes')
    assert.equal(listingCalls(emulator, 'us-east-1'), CALLS_PER_REGION)
    await assertSameList(daemons)
    emulator.set({ control: [] })
    for (const daemon of daemons) {
      await eventually(async () => (await statusOf(daemon)).snapshot.regions[1]?.models, 'the other region')
    }
    await assertSameList(daemons)
  })

  test('a file of the release before is brought up to date by whoever comes first', async (t) => {
    const { emulator, stateDir, start } = await openMachine(t)
    const before = await start()
    const list = await listOf(before)
    assert.equal(await before.stop(), 0)
    const database = new Database(databasePath(stateDir))
    database.exec('DROP TABLE lease; DELETE FROM migrations WHERE version > 2')
    database.exec('UPDATE region SET fetched_at_ms = fetched_at_ms - 3600000')
    database.close()
    const calls = listingCalls(emulator)
    const daemons = await Promise.all([start(), start()])
    for (const daemon of daemons) {
      assert.equal(await listOf(daemon), list)
      await eventually(async () => !(await statusOf(daemon)).snapshot.refreshing, 'the refresh')
    }
    assert.equal(listingCalls(emulator), calls + CALLS_PER_REGION)
  })

  test('while AWS is out of reach all serve the list that is on disk', async (t) => {
    const { start } = await openMachine(t)
    const before = await start()
    const list = await listOf(before)
    assert.equal(await before.stop(), 0)
    const environment = {
      AWS_ENDPOINT_URL_BEDROCK: 'http://127.0.0.1:9',
      BEDROCKD_MODEL_REFRESH_SECONDS: '1',
      BEDROCKD_REFRESH_DEADLINE_SECONDS: '1',
    }
    const daemons = await Promise.all([
      start({ environment, waitReady: false }),
      start({ environment, waitReady: false }),
    ])
    for (const daemon of daemons) {
      await eventually(() => counted(daemon, 'failed'), 'a refresh that fails')
      assert.equal(await listOf(daemon), list)
      assert.equal((await statusOf(daemon)).snapshot.generation, 1)
    }
  })

  test('what one learns of a model the other knows once it took a list over', async (t) => {
    const { emulator, start } = await openMachine(t)
    const startWith = (seconds: string): Promise<Daemon> =>
      start({
        environment: { BEDROCKD_LISTEN: '127.0.0.1:0', BEDROCKD_MODEL_REFRESH_SECONDS: seconds },
      })
    const first = await startWith('1')
    // Whenever its timer is up, the list on disk is younger than half of this.
    const second = await startWith('3')
    const message = "This model doesn't support the temperature field. Remove temperature and try again."
    const failWith = { status: 400, type: 'ValidationException', message }
    emulator.set({ refuseMember: { path: 'inferenceConfig.temperature', failWith } })
    const reply = await postChat(first.url, { temperature: 0.5 })
    assert.equal(reply.status, 200, await reply.text())
    const adopted = await counted(second, 'adopted')
    await eventually(async () => (await counted(second, 'adopted')) > adopted, 'taking over')
    await eventually(async () => {
      const { lessons } = (await second.admin('/lessons')) as { lessons: readonly unknown[] }
      return lessons.length === 1
    }, 'the lesson')
  })
})
