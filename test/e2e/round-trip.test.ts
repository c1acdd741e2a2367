import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, suite, test } from 'node:test'
import { type Emulator, startEmulator } from '../emulator/emulator.js'
import { type Daemon, startDaemon } from './daemon.js'
import { createRoundTrip, ROUND_TRIP_MODELS, STEPS, STEPS_TO_OPEN_ROUND } from './round-trip.js'

suite('a conversation of twelve requests goes through the official SDK', () => {
  let emulator: Emulator
  let daemon: Daemon
  const stateDir = mkdtempSync(join(tmpdir(), 'bedrockd-test-'))

  before(async () => {
    emulator = await startEmulator()
    daemon = await startDaemon({ emulator, stateDir })
  })
  after(async () => {
    await daemon?.kill()
    await emulator?.close()
    rmSync(stateDir, { recursive: true, force: true })
  })
  afterEach(() => emulator.reset())

  for (const model of ROUND_TRIP_MODELS) {
    for (const stream of [true, false]) {
      const how = `${model.id}, ${stream ? 'streamed' : 'whole'}`

      test(`with a client that sends thoughts back as Open WebUI does: ${how}`, async () => {
        const roundTrip = createRoundTrip({ emulator, model, stream, style: 'open-webui' })
        await roundTrip.go(daemon.url, STEPS.length)
      })

      test(`with a client that sends no thoughts back: ${how}`, async () => {
        const roundTrip = createRoundTrip({ emulator, model, stream, style: 'forgetful' })
        await roundTrip.go(daemon.url, STEPS.length)
      })
    }
  }

  test('with clients that send no thoughts back, across a restart in an open tool round', async () => {
    const roundTrips = ROUND_TRIP_MODELS.flatMap((model) =>
      [true, false].map((stream) => createRoundTrip({ emulator, model, stream, style: 'forgetful' })),
    )
    for (const roundTrip of roundTrips) await roundTrip.go(daemon.url, STEPS_TO_OPEN_ROUND)
    assert.equal(await daemon.stop(), 0)
    daemon = await startDaemon({ emulator, stateDir })
    for (const roundTrip of roundTrips) await roundTrip.go(daemon.url, STEPS.length)
  })
})
