import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, beforeEach, suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Status, StreamInfo } from '../../src/admin/types.js'
import { type Emulator, startEmulator } from '../emulator/emulator.js'
import { eventually, within } from './chat.js'
import { type Daemon, startDaemon } from './daemon.js'
import { openRaw, rawChat, rawPost } from './raw-client.js'
import {
  openSlowly,
  readSlowly,
  socketBuffersBytesMax,
  startTap,
  type Tally,
  type Tap,
} from './slow-client.js'

const EVENTS = 96_000
const BYTES_PER_EVENT = 1_000
const STREAM_BYTES = EVENTS * BYTES_PER_EVENT
/** What one stream may hold unsent, plus one event. */
const WAITING_BYTES_MAX = 262_144 + 2_000

suite('slow clients', () => {
  let emulator: Emulator
  let tap: Tap
  let daemon: Daemon

  before(async () => {
    emulator = await startEmulator()
    tap = await startTap(emulator.port)
    daemon = await startDaemon({
      emulator,
      environment: { AWS_ENDPOINT_URL_BEDROCK_RUNTIME: tap.url, BEDROCKD_WRITE_STALL_SECONDS: '2' },
    })
  })
  after(async () => {
    await daemon?.kill()
    tap?.close()
    await emulator?.close()
  })

  beforeEach(() =>
    emulator.set({ prepared: { events: EVENTS, bytesPerEvent: BYTES_PER_EVENT, eventsPerWrite: 16 } }),
  )

  const streams = async (): Promise<readonly StreamInfo[]> =>
    ((await daemon.admin('/streams')) as { streams: StreamInfo[] }).streams
  const rssBytes = async (): Promise<number> => ((await daemon.admin('/status')) as Status).memory.rssBytes

  test('a client that reads slowly slows the reading from Bedrock and gets every byte', async (t) => {
    // A stream at full speed first, so that the heap has its size.
    await readSlowly(
      await openSlowly(daemon.url, { stream: true }),
      { bytesPerRead: Number.POSITIVE_INFINITY, pauseMs: 0 },
      { bytes: 0, letters: 0, ended: false, tail: '' },
    )
    const startRssBytes = await rssBytes()
    const startTapBytes = tap.bytes
    let rssBytesMax = 0
    let aheadBytesMax = 0
    let tapAheadBytesMax = 0
    let pausedSeen = 0
    const tally: Tally = { bytes: 0, letters: 0, ended: false, tail: '' }
    const reply = await openSlowly(daemon.url, { stream: true })
    const read = readSlowly(reply, { bytesPerRead: 65_536, pauseMs: 3 }, tally)
    const watch = (async () => {
      while (!tally.ended) {
        const [stream] = await streams()
        if (stream !== undefined) {
          if (stream.paused) pausedSeen += 1
          aheadBytesMax = Math.max(aheadBytesMax, stream.bytes - tally.bytes)
          tapAheadBytesMax = Math.max(tapAheadBytesMax, tap.bytes - startTapBytes - tally.bytes)
        }
        rssBytesMax = Math.max(rssBytesMax, await rssBytes())
        await sleep(25)
      }
    })()
    await within(Promise.all([read, watch]), 120_000, 'the slow stream did not end')
    t.diagnostic(
      `of ${STREAM_BYTES} text bytes at most ${aheadBytesMax} were written ahead of the client, Bedrock was ahead by at most ${tapAheadBytesMax}; memory grew by ${rssBytesMax - startRssBytes}`,
    )
    // The word `index` of each chunk has one, too: of the role, the texts and the finish reason.
    assert.equal(tally.letters - (EVENTS + 2), STREAM_BYTES, 'every byte of text must arrive')
    assert.ok(tally.tail.endsWith('data: [DONE]\n\n'))
    assert.ok(pausedSeen > 0, 'reading from Bedrock must have been paused')
    assert.ok(aheadBytesMax <= WAITING_BYTES_MAX + socketBuffersBytesMax())
    assert.ok(tapAheadBytesMax <= WAITING_BYTES_MAX + 2 * socketBuffersBytesMax())
    assert.ok(rssBytesMax - startRssBytes < STREAM_BYTES / 2, 'memory must not grow with the stream')
  })

  test('a client that never reads holds a bounded amount, is closed, and its call is aborted', async (t) => {
    const startRssBytes = await rssBytes()
    const startTapBytes = tap.bytes
    const seen = emulator.requests.length
    const client = await openRaw(daemon.port)
    client.socket.pause()
    const askedAtMs = performance.now()
    client.socket.write(rawChat({ stream: true }))
    const paused = await eventually(
      async () => (await streams()).find((stream) => stream.paused),
      'the pause',
    )
    await sleep(1_000)
    const [later] = await streams()
    assert.ok(later?.paused)
    assert.equal(later.events, paused.events, 'nothing more may be read from Bedrock')
    assert.equal(later.bytes, paused.bytes)
    assert.ok(later.bytes <= WAITING_BYTES_MAX + socketBuffersBytesMax())
    assert.ok(tap.bytes - startTapBytes <= WAITING_BYTES_MAX + 2 * socketBuffersBytesMax())
    assert.ok((await rssBytes()) - startRssBytes < STREAM_BYTES / 2)
    await eventually(async () => (await streams()).length === 0, 'the end of the stream')
    t.diagnostic(`closed after ${Math.round(performance.now() - askedAtMs)} ms with a limit of 2 s`)
    await eventually(() => emulator.requests[seen]?.aborted, 'the abort of the call')
    client.socket.resume()
    await within(client.closed, 5_000, 'the connection was not closed')
    const line = await daemon.waitForLine((entry) => entry['clientGone'] === true)
    assert.equal(line['status'], 499)
  })

  test('a client that takes long for all that waits is not cut while it takes something', async (t) => {
    const letters = 8_000_000
    emulator.set({ prepared: null, chunks: ['x'.repeat(letters)] })
    const startedAtMs = performance.now()
    const tally: Tally = { bytes: 0, letters: 0, ended: false, tail: '' }
    const reply = await openSlowly(daemon.url, { stream: true })
    await readSlowly(reply, { bytesPerRead: 65_536, pauseMs: 40 }, tally)
    t.diagnostic(`one event of ${letters} bytes took ${Math.round(performance.now() - startedAtMs)} ms`)
    assert.ok(tally.tail.endsWith('data: [DONE]\n\n'))
    assert.ok(tally.letters > letters)
  })

  for (const [name, request] of [
    [
      'a stream of pictures',
      rawPost('/v1/images/generations', JSON.stringify({ prompt: 'a cat', n: 4, stream: true })),
    ],
    [
      'a chat with pictures in its text',
      rawChat({ model: 'stability.stable-image-core-v1:1', n: 4, stream: true, image_output: 'markdown' }),
    ],
  ] as const) {
    test(`a client that never reads ${name} is shown as paused, and closed`, async () => {
      emulator.set({ prepared: null, noise: true })
      const client = await openRaw(daemon.port)
      client.socket.pause()
      client.socket.write(request)
      await eventually(async () => {
        const [stream] = await streams()
        return stream?.paused === true && stream.events === 4 && stream.bytes > 0
      }, 'the pause')
      await eventually(async () => (await streams()).length === 0, 'the end of the stream')
      client.socket.resume()
      await within(client.closed, 5_000, 'the connection was not closed')
      assert.doesNotMatch(client.received(), /\[DONE\]/)
    })
  }

  test('many clients that never read leave the others and the memory alone', async (t) => {
    const startRssBytes = await rssBytes()
    const clients = await Promise.all(Array.from({ length: 20 }, () => openRaw(daemon.port)))
    for (const { socket } of clients) {
      socket.pause()
      socket.write(rawChat({ stream: true }))
    }
    await eventually(async () => (await streams()).filter(({ paused }) => paused).length === 20, 'the pauses')
    const grownBytes = (await rssBytes()) - startRssBytes
    t.diagnostic(`memory grew by ${grownBytes} for 20 clients that never read`)
    assert.ok(grownBytes < 20 * 2 * WAITING_BYTES_MAX + STREAM_BYTES / 2)
    for (const { socket } of clients) socket.destroy()
    await Promise.all(clients.map(({ socket }) => (socket.closed ? null : once(socket, 'close'))))
    await eventually(async () => (await streams()).length === 0, 'the end of the streams')
  })
})
