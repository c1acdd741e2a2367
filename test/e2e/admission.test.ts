import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Status } from '../../src/admin/types.js'
import { type Emulator, startEmulator } from '../emulator/emulator.js'
import { assertComplete, eventually, postChat, readError, readStream, within } from './chat.js'
import { type Daemon, startDaemon } from './daemon.js'
import { openRaw, rawChat } from './raw-client.js'

async function start(
  t: TestContext,
  environment: Readonly<Record<string, string>>,
): Promise<{ emulator: Emulator; daemon: Daemon }> {
  const emulator = await startEmulator()
  t.after(() => emulator.close())
  const daemon = await startDaemon({ emulator, environment })
  t.after(() => daemon.kill())
  return { emulator, daemon }
}

test('one chat more than BEDROCKD_STREAMS_MAX is a 503 with Retry-After, until one ends', async (t) => {
  const { emulator, daemon } = await start(t, { BEDROCKD_STREAMS_MAX: '2' })
  emulator.set({ headersDelayMs: 60_000 })
  const running = [await openRaw(daemon.port), await openRaw(daemon.port)]
  running[0]?.socket.write(rawChat({ stream: true }))
  running[1]?.socket.write(rawChat({ stream: false }))
  await eventually(async () => ((await daemon.admin('/status')) as Status).streams.open === 2, 'two chats')
  for (const stream of [true, false]) {
    const response = await postChat(daemon.url, { stream })
    assert.ok(response.headers.has('retry-after'))
    const error = await readError(response, 503)
    assert.equal(error.code, 'overloaded')
    assert.match(error.message, /BEDROCKD_STREAMS_MAX/)
  }
  assert.equal((await fetch(`${daemon.url}/v1/models`)).status, 200)
  running[0]?.socket.destroy()
  emulator.reset()
  await eventually(
    async () => ((await daemon.admin('/status')) as Status).streams.open === 1,
    'the end of one',
  )
  assertComplete(await readStream(await postChat(daemon.url, { stream: true })), { usage: false })
  running[1]?.socket.destroy()
})

test('chats that come at the same moment do not pass BEDROCKD_STREAMS_MAX together', async (t) => {
  const { emulator, daemon } = await start(t, { BEDROCKD_STREAMS_MAX: '3' })
  emulator.set({ firstTokenDelayMs: 500 })
  const clients = await Promise.all(Array.from({ length: 12 }, () => openRaw(daemon.port)))
  // Heads first, then all bodies: each has been let in by the time the first one starts.
  const whole = rawChat({ stream: true })
  for (const { socket } of clients) socket.write(whole.slice(0, -20))
  await eventually(async () => ((await daemon.admin('/status')) as Status).connections.open >= 12, 'all')
  for (const { socket } of clients) socket.write(whole.slice(-20))
  await eventually(() => clients.every(({ received }) => received() !== ''), 'the replies')
  const statuses = clients.map(({ received }) => received().slice(9, 12)).sort()
  assert.deepEqual(statuses, [...Array(3).fill('200'), ...Array(9).fill('503')])
  assert.equal(emulator.requests.filter(({ operation }) => operation === 'ConverseStream').length, 3)
  for (const { socket } of clients) socket.destroy()
})

test('connections over BEDROCKD_CONNECTIONS_MAX are closed at once; the others go on', async (t) => {
  const { daemon } = await start(t, { BEDROCKD_STREAMS_MAX: '2', BEDROCKD_CONNECTIONS_MAX: '10' })
  // What the start left behind must be gone before counting.
  await eventually(
    async () => ((await daemon.admin('/status')) as Status).connections.open <= 2,
    'a calm start',
  )
  const clients = await Promise.all(Array.from({ length: 30 }, () => openRaw(daemon.port)))
  await eventually(() => clients.filter(({ socket }) => socket.closed).length >= 20, 'the closing')
  const open = clients.filter(({ socket }) => !socket.closed)
  assert.ok(open.length >= 8 && open.length <= 10, `${open.length} connections are open`)
  const [kept] = open
  kept?.socket.write('GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n')
  await eventually(() => kept?.received().startsWith('HTTP/1.1 200'), 'a reply on a connection that was kept')
  for (const { socket } of clients) socket.destroy()
  await within(
    eventually(async () => ((await daemon.admin('/status')) as Status).connections.open === 0, 'zero'),
    10_000,
    'the count did not return to zero',
  )
  assert.equal((await fetch(`${daemon.url}/healthz`)).status, 200)
})
