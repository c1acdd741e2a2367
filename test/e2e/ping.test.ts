import assert from 'node:assert/strict'
import { after, afterEach, before, suite, test } from 'node:test'
import type { Behaviour } from '../emulator/behaviour.js'
import { type Emulator, startEmulator } from '../emulator/emulator.js'
import { assertComplete, postChat, readStream } from './chat.js'
import { type Daemon, startDaemon } from './daemon.js'

const STREAM = { stream: true, stream_options: { include_usage: true } }

suite('pings', () => {
  let emulator: Emulator
  let daemon: Daemon

  before(async () => {
    emulator = await startEmulator()
    daemon = await startDaemon({ emulator, environment: { BEDROCKD_PING_SECONDS: '1' } })
  })
  after(async () => {
    await daemon?.kill()
    await emulator?.close()
  })
  afterEach(() => emulator.reset())

  /** One stream for each behaviour, all at the same time. */
  async function streams(behaviours: readonly Partial<Behaviour>[]) {
    const replies = []
    for (const behaviour of behaviours) {
      emulator.set({ chunks: ['Alpha ', 'beta'], ...behaviour })
      const before = emulator.requests.length
      const reply = postChat(daemon.url, STREAM)
      replies.push(reply)
      // The emulator looks at its behaviour when a request arrives.
      while (emulator.requests.length === before) await new Promise((resolve) => setTimeout(resolve, 5))
      emulator.reset()
    }
    return Promise.all(replies.map(async (reply) => readStream(await reply)))
  }

  test('a client hears pings before headers, before the first token and between tokens, also where these are empty', async () => {
    const [beforeHeaders, beforeToken, between, empty] = await streams([
      { headersDelayMs: 2_700 },
      { firstTokenDelayMs: 2_700 },
      { eventsPerSecond: 0.7 },
      { emptyTextDeltas: 6, eventsPerSecond: 2 },
    ])
    assert.ok(beforeHeaders && beforeToken && between && empty)
    for (const reading of [beforeHeaders, beforeToken, between, empty]) {
      assertComplete(reading, { usage: true })
      assert.equal(reading.text, 'Alpha beta')
      assert.ok(reading.pings >= 2, `expected two pings at least, got ${reading.pings}`)
    }
    assert.deepEqual(beforeHeaders.order.slice(0, 2), ['ping', 'ping'])
    assert.deepEqual(beforeToken.order.slice(0, 2), ['ping', 'ping'])
    // Deltas without text are life from Bedrock, but nothing that the client hears.
    assert.ok(empty.order.slice(0, empty.order.indexOf('text')).includes('ping'), empty.order.join(' '))
    // Where a loaded machine makes events late they may come together: the pings then stand before or after them.
    const tokens = between.order.slice(between.order.indexOf('role'), between.order.indexOf('finish'))
    assert.ok(tokens.includes('ping'), between.order.join(' '))
  })

  test('a stream that flows has no pings, and says that nobody may buffer or cache it', async () => {
    emulator.set({ events: 30, eventsPerSecond: 15 })
    const response = await postChat(daemon.url, { stream: true })
    assert.equal(response.headers.get('x-accel-buffering'), 'no')
    assert.equal(response.headers.get('cache-control'), 'no-cache')
    assert.match(response.headers.get('content-type') ?? '', /^text\/event-stream/)
    assert.ok(response.headers.get('x-request-id'))
    const reading = await readStream(response)
    assertComplete(reading, { usage: false })
    assert.equal(reading.pings, 0)
  })
})
