import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { suite, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { StreamInfo } from '../../src/admin/types.js'
import type { Behaviour } from '../emulator/behaviour.js'
import { type Emulator, startEmulator } from '../emulator/emulator.js'
import { assertComplete, assertFailed, eventually, postChat, readError, readStream, within } from './chat.js'
import { type Daemon, startDaemon } from './daemon.js'
import { openRaw, parseChunked, parseCutChunks, rawChat, rawPost } from './raw-client.js'

const STREAM = { stream: true, stream_options: { include_usage: true } }
/** 24 events at 10 per second. */
const SLOW: Partial<Behaviour> = { events: 20, eventsPerSecond: 10 }
const ENDLESS: Partial<Behaviour> = { events: 1_000, eventsPerSecond: 10 }

async function start(
  t: TestContext,
  behaviour: Partial<Behaviour>,
  environment: Readonly<Record<string, string>> = {},
): Promise<{ emulator: Emulator; daemon: Daemon }> {
  const emulator = await startEmulator()
  t.after(() => emulator.close())
  const daemon = await startDaemon({ emulator, environment })
  t.after(() => daemon.kill())
  emulator.set(behaviour)
  return { emulator, daemon }
}

async function isRefused(port: number): Promise<boolean> {
  const socket = connect({ port, host: '127.0.0.1' })
  const refused = await Promise.race([
    once(socket, 'connect').then(() => false),
    once(socket, 'error').then(() => true),
  ]).catch(() => true)
  socket.destroy()
  return refused
}

const exitCode = (daemon: Daemon): Promise<number | null> =>
  within(daemon.exited, 20_000, 'bedrockd did not end')

// Each test waits for a daemon of its own most of the time.
suite('drain', { concurrency: 4 }, () => {
  test('SIGTERM: not ready first, then refused, while running streams finish; exit 0', async (t) => {
    const { daemon } = await start(t, SLOW, { BEDROCKD_DRAIN_DELAY_SECONDS: '1' })
    const replies = await Promise.all(Array.from({ length: 5 }, () => postChat(daemon.url, STREAM)))
    daemon.process.kill('SIGTERM')
    const readiness = await eventually(async () => {
      const response = await fetch(`${daemon.url}/readyz`)
      const body = (await response.json()) as { status: string; draining: boolean }
      return response.status === 503 && body
    }, 'the 503 of /readyz')
    assert.equal(readiness.status, 'draining')
    assert.equal(readiness.draining, true)
    // Load balancers still send requests until they have looked at /readyz: they are served.
    const late = await postChat(daemon.url, STREAM)
    assert.equal(late.status, 200)
    await eventually(() => isRefused(daemon.port), 'the end of listening')
    for (const reply of [...replies, late]) assertComplete(await readStream(reply), { usage: true })
    assert.equal(await exitCode(daemon), 0)
  })

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    test(`${signal} ends an idle daemon with exit 0, and its socket file is gone`, async (t) => {
      const { daemon } = await start(t, {})
      const idle = await openRaw(daemon.port)
      daemon.process.kill(signal)
      assert.equal(await exitCode(daemon), 0)
      await within(idle.closed, 5_000, 'the idle connection was not closed')
      await assert.rejects(daemon.admin('/status'))
    })
  }

  test('streams over the limit end in an error event and [DONE]; exit 0', async (t) => {
    const { emulator, daemon } = await start(t, ENDLESS, { BEDROCKD_DRAIN_SECONDS: '1' })
    const replies = await Promise.all(Array.from({ length: 5 }, () => postChat(daemon.url, STREAM)))
    daemon.process.kill('SIGTERM')
    for (const reply of replies) {
      const reading = await readStream(reply)
      assertFailed(reading, 'draining')
      assert.ok(reading.text.length > 0)
    }
    assert.equal(await exitCode(daemon), 0)
    await eventually(
      () =>
        emulator.requests.filter(({ operation }) => operation === 'ConverseStream').every((r) => r.aborted),
      'the aborts',
    )
  })

  test('what waits for Bedrock over the limit gets a real 503, streamed or not; exit 0', async (t) => {
    const { emulator, daemon } = await start(t, { headersDelayMs: 60_000 }, { BEDROCKD_DRAIN_SECONDS: '1' })
    const replies = [true, false].map((stream) => postChat(daemon.url, { stream }))
    await eventually(
      () => emulator.requests.filter((r) => r.operation.startsWith('Converse')).length === 2,
      'both',
    )
    daemon.process.kill('SIGTERM')
    for (const reply of replies) {
      const response = await reply
      assert.ok(response.headers.has('retry-after'))
      assert.equal((await readError(response, 503)).code, 'draining')
    }
    assert.equal(await exitCode(daemon), 0)
  })

  test('a stream that a slow client has not taken yet does not hold the end up; exit 0', async (t) => {
    const { daemon } = await start(
      t,
      { prepared: { events: 50_000, bytesPerEvent: 1_000, eventsPerWrite: 16 } },
      { BEDROCKD_DRAIN_SECONDS: '1' },
    )
    const deaf = await openRaw(daemon.port)
    deaf.socket.pause()
    deaf.socket.write(rawChat({ stream: true }))
    await sleep(500)
    daemon.process.kill('SIGTERM')
    assert.equal(await exitCode(daemon), 0)
    deaf.socket.destroy()
  })

  test('a shutdown in the middle of a large event cuts the line, and begins no other one in it; exit 0', async (t) => {
    const { daemon } = await start(t, { noise: true }, { BEDROCKD_DRAIN_SECONDS: '1' })
    const client = await openRaw(daemon.port)
    client.socket.pause()
    // More than the kernel holds between the two: a megapixel of noise has 4 MB of base64.
    const body = JSON.stringify({ prompt: 'a cat', n: 4, stream: true })
    client.socket.write(rawPost('/v1/images/generations', body))
    await eventually(async () => {
      const { streams } = (await daemon.admin('/streams')) as { streams: readonly StreamInfo[] }
      return streams.some(({ paused, events }) => paused && events === 4)
    }, 'all pictures behind a client that reads nothing')
    daemon.process.kill('SIGTERM')
    await daemon.waitForLine((line) => line['path'] === '/v1/images/generations')
    client.socket.resume()
    await within(client.closed, 10_000, 'the connection was not closed')
    const events = parseCutChunks(client.received()).split('\n\n')
    const cut = events.pop() ?? ''
    for (const event of events) {
      const [, data = ''] = /^event: image_generation\.completed\ndata: (.+)$/.exec(event) ?? []
      assert.doesNotThrow(() => JSON.parse(data), `no event: …${event.slice(-200)}`)
    }
    assert.match(cut, /^event: image_generation\.completed\ndata: .*"b64_json":"[A-Za-z0-9+/]+$/)
    assert.equal(await exitCode(daemon), 0)
  })

  test('a body half uploaded may finish while its request still counts; exit 0', async (t) => {
    const { daemon } = await start(t, {}, { BEDROCKD_DRAIN_SECONDS: '10' })
    const client = await openRaw(daemon.port)
    const whole = rawChat(STREAM)
    client.socket.write(whole.slice(0, -20))
    await sleep(200)
    daemon.process.kill('SIGTERM')
    await eventually(() => isRefused(daemon.port), 'the end of listening')
    client.socket.write(whole.slice(-20))
    await within(client.closed, 10_000, 'the reply did not come')
    assert.match(client.received(), /^HTTP\/1\.1 200 /)
    assert.match(parseChunked(client.received()), /data: \[DONE\]\n\n$/)
    assert.equal(await exitCode(daemon), 0)
  })

  test('a body that never arrives does not hold the end up; its client gets a 503; exit 0', async (t) => {
    const { daemon } = await start(t, {}, { BEDROCKD_DRAIN_SECONDS: '1' })
    const client = await openRaw(daemon.port)
    client.socket.write(rawChat(STREAM).slice(0, -20))
    await sleep(200)
    daemon.process.kill('SIGTERM')
    assert.equal(await exitCode(daemon), 0)
    await within(client.closed, 5_000, 'the connection was not closed')
    assert.match(client.received(), /^HTTP\/1\.1 503 /)
    assert.match(client.received(), /"code":"draining"/)
  })

  test('what comes on an open connection once listening stopped is sent elsewhere', async (t) => {
    const { daemon } = await start(t, SLOW)
    const kept = await openRaw(daemon.port)
    const ask = 'GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: keep-alive\r\n\r\n'
    kept.socket.write(ask)
    await eventually(() => kept.received().includes('alive'), 'the first reply')
    const running = await postChat(daemon.url, STREAM)
    daemon.process.kill('SIGTERM')
    await eventually(() => isRefused(daemon.port), 'the end of listening')
    kept.socket.write(rawChat({}, { connection: 'keep-alive' }))
    await eventually(() => kept.received().includes('HTTP/1.1 503'), 'the 503')
    assert.match(kept.received().slice(kept.received().indexOf('HTTP/1.1 503')), /\r\nconnection: close\r\n/)
    assertComplete(await readStream(running), { usage: true })
    assert.equal(await exitCode(daemon), 0)
  })

  test('a second SIGTERM ends it at once', async (t) => {
    const { daemon } = await start(t, ENDLESS, { BEDROCKD_DRAIN_SECONDS: '60' })
    const reply = await postChat(daemon.url, STREAM)
    daemon.process.kill('SIGTERM')
    await daemon.waitForLine((line) => line['msg'] === 'draining')
    await sleep(100)
    assert.equal(daemon.process.exitCode, null, 'the first must wait for the stream')
    daemon.process.kill('SIGTERM')
    assert.equal(await exitCode(daemon), 1)
    await assert.rejects(reply.text())
  })

  test('a drain over the admin socket answers first and ends the same way', async (t) => {
    const { daemon } = await start(t, SLOW)
    const reply = await postChat(daemon.url, STREAM)
    assert.deepEqual(await daemon.admin('/drain', 'POST'), { draining: true, openStreams: 1 })
    assertComplete(await readStream(reply), { usage: true })
    assert.equal(await exitCode(daemon), 0)
  })

  test('a drain asked twice, and then by SIGTERM, still waits for the stream', async (t) => {
    const { daemon } = await start(t, SLOW)
    const reply = await postChat(daemon.url, STREAM)
    for (let asked = 0; asked < 2; asked += 1) {
      assert.deepEqual(await daemon.admin('/drain', 'POST'), { draining: true, openStreams: 1 })
    }
    daemon.process.kill('SIGTERM')
    assert.deepEqual(await daemon.admin('/drain', 'POST'), { draining: true, openStreams: 1 })
    assertComplete(await readStream(reply), { usage: true })
    assert.equal(await exitCode(daemon), 0)
  })

  test('SIGTERM ends a daemon whose refresh hangs', async (t) => {
    const { emulator, daemon } = await start(t, {})
    emulator.set({ control: [{ hang: true }] })
    void daemon.admin('/refresh', 'POST').catch(() => {})
    await sleep(200)
    daemon.process.kill('SIGTERM')
    assert.equal(await exitCode(daemon), 0)
  })
})
