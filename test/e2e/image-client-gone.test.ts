import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RecordedRequest } from '../emulator/emulator.js'
import { testPicture } from '../emulator/images/test-pictures.js'
import { CANVAS, CORE, editForm, generation } from './bad-image-cases.js'
import { eventually } from './chat.js'
import { type ImageGateway, startImageGateway } from './image-gateway.js'
import { assertUnchanged, readProcessState } from './process-state.js'
import { openRaw, type RawRequest, sendRaw, toRequestBytes } from './raw-http.js'

/** Rooms for requests, and calls at once: one that is not given back is missed. */
const REQUESTS_MAX = 2
const CALLS_MAX = 3

let gateway: ImageGateway
before(async () => {
  gateway = await startImageGateway({
    environment: {
      BEDROCKD_IMAGE_REQUESTS_MAX: String(REQUESTS_MAX),
      BEDROCKD_IMAGE_CALLS_MAX: String(CALLS_MAX),
    },
  })
})
after(() => gateway?.close())
beforeEach(() => gateway.reset())

async function edit(fields: Readonly<Record<string, string>> = {}): Promise<RawRequest> {
  const value = await testPicture()
  return editForm([{ name: 'image', value, fileName: 'a.png' }], fields)
}

/** Sends so many bytes of a request, waits, and leaves. */
async function leave(bytes: Uint8Array, until: () => Promise<unknown>): Promise<void> {
  const { socket } = openRaw(gateway.daemon.port)
  await new Promise((resolve) => socket.write(bytes, resolve))
  await until()
  socket.destroy()
}

const gone = (): number => gateway.daemon.lines.filter((line) => line['clientGone'] === true).length

/** Nothing is kept of a client that left: no file, no call, and no room. */
async function assertForgotten(goneBefore: number, left: number): Promise<void> {
  await eventually(() => gone() === goneBefore + left, 'the log lines of clients that left')
  assert.deepEqual(gateway.linkFiles(), [])
  assert.deepEqual(gateway.temporaryFiles(), [])
  gateway.reset()
  const replies = await Promise.all(
    [generation({ n: CALLS_MAX }), await edit()].map((request) => sendRaw(gateway.daemon.port, request)),
  )
  assert.deepEqual(
    replies.map(({ status }) => status),
    [200, 200],
  )
}

for (const chunkBytes of [undefined, 500]) {
  test(`clients that leave in the middle of an upload (${chunkBytes === undefined ? 'with a length' : 'in chunks'})`, async () => {
    const request = { ...(await edit()), ...(chunkBytes === undefined ? {} : { chunkBytes }) }
    const bytes = toRequestBytes(request)
    const before = gone()
    for (let round = 0; round < 2 * REQUESTS_MAX; round += 1) {
      await leave(bytes.subarray(0, (bytes.length * (round + 1)) / 6), () => sleep(20))
      await eventually(() => gone() === before + round + 1, 'the log line')
    }
    assert.equal(gateway.calls().length, 0)
    await assertForgotten(before, 2 * REQUESTS_MAX)
  })
}

for (const [name, makeRequest, expected] of [
  ['a generation', async () => generation({ n: 3 }), 3],
  ['a stream', async () => generation({ n: 3, stream: true }), 3],
  ['an edit', () => edit({ model: 'stability.sd3-5-large-v1:0', n: '3' }), 3],
  ['an edit that is streamed', () => edit({ model: CANVAS, n: '3', stream: 'true' }), 1],
  ['links', async () => generation({ n: 3, response_format: 'url' }), 3],
  // Of ten calls three run; the others wait for their turn, and must not get it.
  ['many pictures', async () => generation({ n: 10 }), CALLS_MAX],
] as const) {
  test(`a client that leaves while Bedrock works on ${name} ends the calls`, async () => {
    const before = gone()
    gateway.emulator.set({ headersDelayMs: 30_000 })
    const calls = (): readonly RecordedRequest[] => gateway.calls()
    await leave(toRequestBytes(await makeRequest()), () =>
      eventually(() => calls().length === expected, 'the calls'),
    )
    await eventually(() => calls().every(({ aborted }) => aborted), 'the aborts')
    assert.equal(calls().length, expected)
    await assertForgotten(before, 1)
  })
}

test('a client that leaves after the first picture of a stream ends the calls of the others', async () => {
  const before = gone()
  gateway.emulator.set({ replies: [{}], headersDelayMs: 0 })
  gateway.emulator.set({
    replies: [{ headersDelayMs: 0 }, { headersDelayMs: 30_000 }, { headersDelayMs: 30_000 }],
  })
  const { socket, wire } = openRaw(gateway.daemon.port)
  socket.write(toRequestBytes(generation({ n: 3, stream: true })))
  await eventually(() => wire().includes('image_generation.completed'), 'the first picture')
  socket.destroy()
  await eventually(() => gateway.calls().filter(({ aborted }) => aborted).length === 2, 'the aborts')
  await assertForgotten(before, 1)
})

test('a client that leaves between two tries is not tried for again', async () => {
  const before = gone()
  gateway.emulator.set({ throttle: true })
  await leave(toRequestBytes(generation({ model: CORE })), () =>
    eventually(() => gateway.calls().length > 0, 'the first try'),
  )
  await eventually(() => gone() === before + 1, 'the log line')
  const tries = gateway.calls().length
  await sleep(800)
  assert.equal(gateway.calls().length, tries)
  await assertForgotten(before, 1)
})

test('all that leaves the process as it was', async () => {
  const state = await readProcessState(gateway)
  const before = gone()
  const bytes = toRequestBytes(await edit())
  for (let round = 0; round < 20; round += 1) await leave(bytes.subarray(0, bytes.length - 1), () => sleep(2))
  await eventually(() => gone() === before + 20, 'the log lines')
  await assertUnchanged(gateway, state)
})
