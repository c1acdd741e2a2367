import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Status } from '../../src/admin/types.js'
import { type Emulator, startEmulator } from '../emulator/emulator.js'
import { afterwards } from './afterwards.js'
import { type Daemon, startDaemon } from './daemon.js'

/** 200 take 75 s on two cores. */
const KILLS = Number(process.env['KILLS'] ?? 24)
const LANES = 4
/** Each makes another list; none loses half of another, so that all of them advance. */
const DROPS = [0, 0.1, 0.2, 0.3, 0.4] as const
const LOOK_MS = 300
const ALIVE_MS_MAX = 250
const MODELS = 400

interface Lane {
  readonly emulator: Emulator
  readonly stateDir: string
  /** Every list that was ever whole, as the daemon serves it. */
  readonly wholeLists: ReadonlySet<string>
}

async function list(daemon: Daemon): Promise<string> {
  const response = await fetch(`${daemon.url}/v1/models?type=all`)
  assert.equal(response.status, 200)
  const { data } = (await response.json()) as { data: { id: string }[] }
  return data.map(({ id }) => id).join(' ')
}

const generationOf = async (daemon: Daemon): Promise<number> =>
  ((await daemon.admin('/status')) as Status).snapshot.generation

const start = (
  { emulator, stateDir }: Pick<Lane, 'emulator' | 'stateDir'>,
  waitReady = false,
): Promise<Daemon> =>
  startDaemon({ emulator, stateDir, waitReady, environment: { BEDROCKD_MODEL_REFRESH_SECONDS: '1' } })

async function openLane(t: TestContext): Promise<Lane> {
  const emulator = await startEmulator({ modelsCount: MODELS })
  afterwards(t, () => emulator.close())
  const stateDir = mkdtempSync(join(tmpdir(), 'bedrockd-test-'))
  afterwards(t, () => rmSync(stateDir, { recursive: true, force: true }))
  const daemon = await start({ emulator, stateDir }, true)
  const wholeLists = new Set<string>()
  try {
    for (const dropModels of DROPS) {
      emulator.set({ control: [{ dropModels }] })
      // The first call may join a refresh of the timer that has its answer already.
      for (let round = 0; round < 2; round += 1) await daemon.admin('/refresh', 'POST')
      wholeLists.add(await list(daemon))
    }
  } finally {
    await daemon.kill()
  }
  assert.equal(wholeLists.size, DROPS.length)
  return { emulator, stateDir, wholeLists }
}

/** Lets refreshes follow each other, each with another list, until the daemon is gone. */
async function keepRefreshing(daemon: Daemon, emulator: Emulator): Promise<number> {
  for (let refreshes = 0; ; refreshes += 1) {
    const dropModels = DROPS[Math.floor(Math.random() * DROPS.length)] ?? 0
    emulator.set({ control: [{ dropModels }] })
    try {
      await daemon.admin('/refresh', 'POST')
    } catch {
      return refreshes
    }
  }
}

async function runLane(lane: Lane, kills: number): Promise<number> {
  let generation = 0
  let refreshes = 0
  for (let kill = 0; kill < kills; kill += 1) {
    // AWS answers late enough for a look at what was on disk.
    lane.emulator.set({ control: [{ delayMs: LOOK_MS }] })
    const daemon = await start(lane)
    const served = await list(daemon)
    const listening = await daemon.waitForLine(({ msg }) => msg === 'listening')
    const generationOnDisk = Number(listening['generation'])
    assert.equal(await generationOf(daemon), generationOnDisk, 'the look came too late')
    assert.ok(lane.wholeLists.has(served), `a list that never was: ${served.length} characters`)
    assert.ok(generationOnDisk >= generation, `generation ${generationOnDisk} after ${generation}`)
    assert.deepEqual(
      daemon.lines.filter(({ msg }) => /damaged/.test(String(msg))),
      [],
    )
    const refreshing = keepRefreshing(daemon, lane.emulator)
    // Most kills come while refreshes follow each other, the others while the first one is on its way.
    if (kill % 4 !== 0) await daemon.admin('/refresh', 'POST')
    await sleep(Math.random() * ALIVE_MS_MAX)
    generation = await generationOf(daemon)
    await daemon.kill()
    refreshes += await refreshing
  }
  return refreshes
}

test(`${KILLS} times kill -9 while refreshes run: each next start serves a whole snapshot`, async (t) => {
  const lanes = await Promise.all(Array.from({ length: LANES }, () => openLane(t)))
  const refreshes = await Promise.all(lanes.map((lane) => runLane(lane, Math.ceil(KILLS / LANES))))
  t.diagnostic(`${refreshes.reduce((sum, count) => sum + count, 0)} whole refreshes between the kills`)
  assert.ok(
    refreshes.every((count) => count > 0),
    'refreshes must have run',
  )
  for (const { stateDir } of lanes) {
    const aside = readdirSync(stateDir).filter((name) => name.includes('damaged'))
    assert.deepEqual(aside, [], 'no file may have been moved aside')
  }
})
