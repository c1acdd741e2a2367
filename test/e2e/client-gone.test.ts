import assert from 'node:assert/strict'
import { after, afterEach, before, suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { StreamInfo } from '../../src/admin/types.js'
import type { Behaviour } from '../emulator/behaviour.js'
import { type Emulator, type RecordedRequest, startEmulator } from '../emulator/emulator.js'
import { eventually } from './chat.js'
import { type Daemon, startDaemon } from './daemon.js'
import { openRaw, rawChat } from './raw-client.js'

/** Well over what one read or the socket buffers hold, and over the size from which a worker parses. */
const LARGE_PROMPT = 'word '.repeat(800_000)

suite('a client that goes away', () => {
  let emulator: Emulator
  let daemon: Daemon

  before(async () => {
    emulator = await startEmulator()
    daemon = await startDaemon({ emulator })
  })
  after(async () => {
    await daemon?.kill()
    await emulator?.close()
  })
  afterEach(() => emulator.reset())

  const converseRequests = (): readonly RecordedRequest[] =>
    emulator.requests.filter(({ operation }) => operation.startsWith('Converse'))
  const streams = async (): Promise<readonly StreamInfo[]> =>
    ((await daemon.admin('/streams')) as { streams: StreamInfo[] }).streams

  interface Case {
    readonly name: string
    readonly behaviour: Partial<Behaviour>
    readonly stream: boolean
    /** The client takes nothing. */
    readonly deaf?: boolean
    /** When the client goes. */
    readonly until: (received: string) => boolean | Promise<boolean>
  }

  const CASES: readonly Case[] = [
    {
      name: 'while a stream waits for headers',
      behaviour: { headersDelayMs: 30_000 },
      stream: true,
      until: () => true,
    },
    {
      name: 'while a stream waits for its first token',
      behaviour: { firstTokenDelayMs: 30_000 },
      stream: true,
      until: (received) => received.includes('text/event-stream'),
    },
    {
      name: 'in the middle of a stream',
      behaviour: { events: 1_000, eventsPerSecond: 100 },
      stream: true,
      until: (received) => received.split('"content"').length > 5,
    },
    {
      name: 'while a stream is paused for it',
      behaviour: { prepared: { events: 50_000, bytesPerEvent: 1_000, eventsPerWrite: 16 } },
      stream: true,
      deaf: true,
      until: async () => (await streams()).some(({ paused }) => paused),
    },
    {
      name: 'while a reply that is not streamed is awaited',
      behaviour: { headersDelayMs: 30_000 },
      stream: false,
      until: () => true,
    },
  ]

  for (const { name, behaviour, stream, deaf, until } of CASES) {
    for (const how of ['close', 'reset'] as const) {
      test(`${name} (${how}): its call of Bedrock is aborted`, async (t) => {
        emulator.set(behaviour)
        const seen = converseRequests().length
        const client = await openRaw(daemon.port)
        if (deaf === true) client.socket.pause()
        client.socket.write(rawChat({ stream }))
        const request = await eventually(() => converseRequests()[seen], 'the call of Bedrock')
        await eventually(() => until(client.received()), 'the moment to go')
        const goneAtMs = Date.now()
        if (how === 'close') client.socket.destroy()
        else client.socket.resetAndDestroy()
        await eventually(() => request.aborted, 'the abort', 10_000)
        t.diagnostic(`Bedrock saw the abort ${(request.abortedAtMs ?? 0) - goneAtMs} ms later`)
        assert.deepEqual(await streams(), [])
      })
    }
  }

  test('while its body is in a worker: Bedrock is not asked, or the call is aborted', async (t) => {
    emulator.set({ headersDelayMs: 30_000 })
    const seen = converseRequests().length
    // Log lines are gathered for a moment: those of earlier tests are all here after it.
    await sleep(500)
    const closed = daemon.lines.filter((line) => line['status'] === 499).length
    const ROUNDS = 5
    for (let round = 0; round < ROUNDS; round += 1) {
      const client = await openRaw(daemon.port)
      client.socket.write(
        rawChat({ stream: round % 2 === 0, messages: [{ role: 'user', content: LARGE_PROMPT }] }),
        () => setTimeout(() => client.socket.destroy(), 25 * round),
      )
      await client.closed
    }
    await eventually(
      () => daemon.lines.filter((line) => line['status'] === 499).length === closed + ROUNDS,
      'the log lines of the clients that left',
    )
    await sleep(300)
    await eventually(
      () =>
        converseRequests()
          .slice(seen)
          .every(({ aborted }) => aborted),
      'the aborts',
    )
    t.diagnostic(`of ${ROUNDS} requests ${converseRequests().length - seen} reached Bedrock`)
    assert.deepEqual(await streams(), [])
  })

  test('in the middle of its upload: nothing reaches Bedrock, and the next request is answered', async () => {
    const seen = converseRequests().length
    const client = await openRaw(daemon.port)
    const whole = rawChat({ messages: [{ role: 'user', content: LARGE_PROMPT }] })
    client.socket.write(whole.slice(0, 1_000_000), () => client.socket.destroy())
    await client.closed
    await sleep(200)
    assert.equal(converseRequests().length, seen)
    const next = await openRaw(daemon.port)
    next.socket.write(rawChat())
    await eventually(() => next.received().startsWith('HTTP/1.1 200'), 'the next reply')
    next.socket.destroy()
  })

  test('a hundred clients that leave at once leave nothing behind', async () => {
    emulator.set({ events: 200, eventsPerSecond: 20 })
    const seen = converseRequests().length
    const clients = await Promise.all(Array.from({ length: 100 }, () => openRaw(daemon.port)))
    for (const { socket } of clients) socket.write(rawChat({ stream: true }))
    await eventually(
      () => clients.every(({ received }) => received().includes('"content"')),
      'the first tokens',
    )
    for (const { socket } of clients) socket.destroy()
    await eventually(async () => (await streams()).length === 0, 'the end of the streams')
    const requests = converseRequests().slice(seen)
    assert.equal(requests.length, 100)
    await eventually(() => requests.every(({ aborted }) => aborted), 'the aborts')
  })
})
