import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Daemon, startDaemon } from '../e2e/daemon.js'
import { startChats } from './chats-process.js'
import { type EmulatorProcess, startEmulatorProcess } from './emulator-process.js'
import { describeMs } from './sse-reader.js'

const STREAMS = 200
const EVENTS_PER_SECOND = 10
const EVENTS = 60
const LISTS = 300
/** Far above what noise does to a list from memory, far below what waiting for AWS would take. */
const WAIT_LIMIT_MS = 2_000

let emulator: EmulatorProcess
let daemon: Daemon
before(async () => {
  emulator = await startEmulatorProcess()
  daemon = await startDaemon({ emulator, environment: { BEDROCKD_REFRESH_DEADLINE_SECONDS: '60' } })
})
after(async () => {
  await daemon?.kill()
  await emulator?.close()
})

async function untilStreamsRun(): Promise<void> {
  for (;;) {
    const { streams } = (await daemon.admin('/streams')) as { streams: readonly { events: number }[] }
    if (streams.filter(({ events }) => events > 1).length === STREAMS) return
    await sleep(20)
  }
}

test('GET /v1/models waits for nothing while the control plane hangs and 200 streams run', async (t) => {
  await emulator.set({ control: [{ delayMs: 30_000 }], events: EVENTS, eventsPerSecond: EVENTS_PER_SECOND })
  daemon.process.kill('SIGHUP')
  const body = JSON.stringify({
    model: 'anthropic.claude-3-haiku-20240307-v1:0',
    stream: true,
    messages: [{ role: 'user', content: 'hello' }],
  })
  const chats = startChats({ url: daemon.url, body, count: STREAMS })
  const tookMs: number[] = []
  try {
    await untilStreamsRun()
    for (let count = 0; count < LISTS; count += 1) {
      const startedMs = performance.now()
      const reply = await fetch(`${daemon.url}/v1/models`)
      const { data } = (await reply.json()) as { data: readonly unknown[] }
      tookMs.push(performance.now() - startedMs)
      assert.equal(reply.status, 200)
      assert.ok(data.length > 0)
      await sleep(5)
    }
    const { snapshot } = (await daemon.admin('/status')) as { snapshot: { refreshing: boolean } }
    assert.ok(snapshot.refreshing, 'the control plane still hangs')
    assert.deepEqual(
      await chats.completeEvents,
      Array.from({ length: STREAMS }, () => EVENTS),
    )
  } finally {
    await chats.close()
  }
  tookMs.sort((a, b) => a - b)
  t.diagnostic(`GET /v1/models: ${describeMs(tookMs)}`)
  assert.ok((tookMs.at(-1) ?? 0) < WAIT_LIMIT_MS)
})
