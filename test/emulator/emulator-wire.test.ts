import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { after, afterEach, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { recordingsDir, skipWithout } from '../shared.js'
import type { Behaviour } from './behaviour.js'
import { type Emulator, startEmulator } from './emulator.js'

const PATH = '/model/anthropic.claude-3-haiku-20240307-v1%3A0'
const CHAT = JSON.stringify({ messages: [{ role: 'user', content: [{ text: 'one two three' }] }] })
let emulator: Emulator

before(async () => {
  emulator = await startEmulator()
})
afterEach(() => emulator.reset())
after(() => emulator.close())

interface Reply {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly rawHeaders: readonly string[]
  readonly body: Buffer
  /** Code of the error that ended the body; null: it ended properly. */
  readonly error: string | null
}

function open(path: string, options: { agent?: Agent; body?: string } = {}): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(`${emulator.url}${path}`, {
      method: 'POST',
      headers: { authorization: 'Bearer bedrock-test-token', 'content-type': 'application/json' },
      ...(options.agent === undefined ? { agent: false } : { agent: options.agent }),
    })
    sent.on('response', resolve)
    sent.on('error', reject)
    sent.end(options.body ?? CHAT)
  })
}

async function post(path: string, options: { agent?: Agent; body?: string } = {}): Promise<Reply> {
  const response = await open(path, options)
  const parts: Buffer[] = []
  let error: string | null = null
  try {
    for await (const part of response as AsyncIterable<Buffer>) parts.push(part)
  } catch (caught) {
    error = (caught as NodeJS.ErrnoException).code ?? String(caught)
  }
  const { statusCode = 0, headers, rawHeaders } = response
  return { status: statusCode, headers, rawHeaders, body: Buffer.concat(parts), error }
}

/** Event types of the whole frames; a rest that is no whole frame is `…`. */
function eventTypes(body: Buffer): readonly string[] {
  const types: string[] = []
  let at = 0
  while (at < body.length) {
    const length = body.length - at >= 4 ? body.readUInt32BE(at) : Number.POSITIVE_INFINITY
    if (at + length > body.length) return [...types, '…']
    types.push(
      /(?:event|exception)-type...(\w+)/s.exec(body.subarray(at, at + length).toString('latin1'))?.[1] ?? '?',
    )
    at += length
  }
  return types
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(5)
}

async function streamWith(behaviour: Partial<Behaviour>): Promise<Reply> {
  emulator.set(behaviour)
  return post(`${PATH}/converse-stream`)
}

test('a throttle has the exact wire form: 63 bytes, type header with its URI, no Retry-After', async () => {
  const reply = await streamWith({ throttle: true })
  assert.equal(reply.status, 429)
  assert.equal(reply.body.toString(), '{"message":"Too many tokens, please wait before trying again."}')
  assert.equal(reply.headers['content-length'], '63')
  assert.equal(
    reply.headers['x-amzn-errortype'],
    'ThrottlingException:http://internal.amazon.com/coral/com.amazon.bedrock/',
  )
  assert(reply.rawHeaders.includes('x-amzn-ErrorType'))
  assert(reply.rawHeaders.includes('x-amzn-RequestId'))
  assert.equal(reply.headers['retry-after'], undefined)
})

test('headers of a stream are those recorded, and none of Node’s own', async () => {
  const reply = await streamWith({})
  assert.deepEqual(Object.keys(reply.headers).sort(), [
    'connection',
    'content-type',
    'date',
    'transfer-encoding',
    'x-amzn-requestid',
  ])
  assert.equal(reply.headers['content-type'], 'application/vnd.amazon.eventstream')
})

test('every event is padded with a prefix of the alphabet in `p`', async () => {
  const reply = await streamWith({})
  const paddings = reply.body.toString('latin1').match(/"p":"(\w+)"/g) ?? []
  assert.equal(paddings.length, 9)
  for (const padding of paddings) {
    assert(
      'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'.startsWith(padding.slice(5, -1)),
      padding,
    )
  }
})

test('cut: a clean end without messageStop, a reset, and half a frame', async () => {
  const ended = await streamWith({ cut: { afterFrames: 2, how: 'end' } })
  assert.deepEqual([eventTypes(ended.body), ended.error], [['messageStart', 'contentBlockDelta'], null])
  const half = await streamWith({ cut: { afterFrames: 1, how: 'end', midFrame: true } })
  assert.deepEqual([eventTypes(half.body), half.error], [['messageStart', '…'], null])
  const reset = await streamWith({ cut: { afterFrames: 2, how: 'reset' } })
  assert.deepEqual(
    [eventTypes(reset.body), reset.error],
    [['messageStart', 'contentBlockDelta'], 'ECONNRESET'],
  )
  assert.equal(emulator.requests.at(-1)?.aborted, false)
})

test('hang: frames, then silence until the client leaves, which is recorded as an abort', async () => {
  emulator.set({ hangAfterFrames: 1 })
  const response = await open(`${PATH}/converse-stream`)
  const [first] = (await once(response, 'data')) as Buffer[]
  assert.deepEqual(eventTypes(first ?? Buffer.alloc(0)), ['messageStart'])
  await sleep(50)
  const record = emulator.requests.at(-1)
  assert.equal(record?.aborted, false)
  response.destroy()
  await until(() => record?.aborted === true)
  assert((record?.abortedAtMs ?? 0) >= (record?.receivedAtMs ?? 0))
})

test('resetReusedConnections: the second request of a connection is reset before any byte', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  emulator.set({ resetReusedConnections: true })
  assert.equal((await post(`${PATH}/converse`, { agent })).status, 200)
  await assert.rejects(post(`${PATH}/converse`, { agent }), { code: 'ECONNRESET' })
  assert.equal((await post(`${PATH}/converse`, { agent })).status, 200)
  agent.destroy()
})

test('connections are counted and numbered', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  await post(`${PATH}/converse`, { agent })
  await post(`${PATH}/converse`, { agent })
  const [one, two] = emulator.requests.slice(-2)
  assert.equal(one?.connectionId, two?.connectionId)
  assert(emulator.connectionsOpen >= 1)
  agent.destroy()
  await until(() => emulator.connectionsOpen === 0)
})

test('delays: headersDelayMs holds the status back, firstTokenDelayMs only the frames', async () => {
  emulator.set({ headersDelayMs: 60 })
  const askedAtMs = performance.now()
  await post(`${PATH}/converse`)
  assert(performance.now() - askedAtMs >= 55)
  emulator.set({ headersDelayMs: 0, firstTokenDelayMs: 60 })
  const response = await open(`${PATH}/converse-stream`)
  const headersAtMs = performance.now()
  await once(response, 'data')
  response.resume()
  assert(performance.now() - headersAtMs >= 30)
})

test('events: a stream of many equal events is complete, paced or not, grouped or not', async () => {
  for (const more of [{}, { eventsPerWrite: 7 }, { eventsPerSecond: 5000, eventsPerWrite: 10 }]) {
    emulator.reset()
    const reply = await streamWith({ events: 100, bytesPerEvent: 30, ...more })
    const types = eventTypes(reply.body)
    assert.equal(types.filter((type) => type === 'contentBlockDelta').length, 100)
    assert.equal(types.at(-1), 'metadata')
  }
})

test('prepared: a slow reader of a large stream gets every event', async () => {
  const prepared = { events: 50_003, bytesPerEvent: 40, eventsPerWrite: 10 }
  emulator.set({ prepared })
  const response = await open(`${PATH}/converse-stream`)
  response.pause()
  await sleep(100)
  const parts: Buffer[] = []
  for await (const part of response as AsyncIterable<Buffer>) parts.push(part)
  const types = eventTypes(Buffer.concat(parts))
  assert.equal(types.length, 1 + prepared.events + 3)
  assert.equal(types.at(-2), 'messageStop')
})

test('pacing: events come spread over time, not in one piece', async () => {
  emulator.set({ events: 10, eventsPerSecond: 100 })
  const startedAtMs = performance.now()
  await post(`${PATH}/converse-stream`)
  assert(performance.now() - startedAtMs >= 90)
})

test('an unknown operation, a missing authorization and a body that is no JSON are refused', async () => {
  const unknown = await post('/model/x/dance')
  assert.equal(unknown.status, 200)
  assert.match(unknown.body.toString(), /UnknownOperationException/)
  const bare = await fetch(`${emulator.url}/foundation-models`)
  assert.deepEqual([bare.status, await bare.json()], [403, { message: 'Missing Authentication Token' }])
  const broken = await post(`${PATH}/converse`, { body: '{"messages":' })
  assert.deepEqual(
    [broken.status, broken.body.toString()],
    [400, '{"message":"The provided request is not valid"}'],
  )
})

test('the behaviour can be set over HTTP; unknown names are refused', async () => {
  const set = (body: string) => fetch(`${emulator.url}/_emulator/behaviour`, { method: 'POST', body })
  assert.equal((await set('{"text":"hi"}')).status, 204)
  assert.match((await post(`${PATH}/converse`)).body.toString(), /"text":"hi"/)
  assert.equal((await set('{"txt":"hi"}')).status, 400)
  assert.equal((await fetch(`${emulator.url}/_emulator/behaviour`, { method: 'DELETE' })).status, 204)
  assert.match((await post(`${PATH}/converse`)).body.toString(), /You said/)
})

test('respondWith: a recorded stream is replayed byte for byte, cut where asked', {
  skip: skipWithout(recordingsDir),
}, async () => {
  const recording = JSON.parse(readFileSync(join(recordingsDir, '0017.json'), 'utf8')) as {
    response: { status: number; headers: Record<string, string>; bodyBase64: string }
  }
  const body = Buffer.from(recording.response.bodyBase64, 'base64')
  emulator.respondWith({ status: 200, headers: recording.response.headers, body, cutAt: [1, 2, 100] })
  const response = await open(`${PATH}/converse-stream`)
  const parts = (await response.toArray()) as Buffer[]
  assert.deepEqual(Buffer.concat(parts), body)
  assert.equal(response.headers['content-type'], 'application/vnd.amazon.eventstream')
  assert.match((await post(`${PATH}/converse`)).body.toString(), /You said/)
})

test('a control plane that hangs answers nobody, and the runtime all the same', async () => {
  emulator.set({ control: [{ hang: true }] })
  const list = fetch(`${emulator.url}/foundation-models`, {
    headers: { authorization: 'Bearer bedrock-test-token' },
    signal: AbortSignal.timeout(200),
  })
  const listed = assert.rejects(list, { name: 'TimeoutError' })
  assert.equal((await post(`${PATH}/converse`)).status, 200)
  await listed
})

test('20 MB of text and of image bytes are taken, and the echo stays short', async () => {
  // Nova: Claude refuses an image of this size.
  const png = Buffer.alloc(15_000_000)
  png.set([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  const image = { image: { format: 'png', source: { bytes: png.toString('base64') } } }
  for (const content of [[{ text: 'word '.repeat(4_000_000) }], [{ text: 'x' }, image]]) {
    const reply = await post('/model/amazon.nova-lite-v1%3A0/converse-stream', {
      body: JSON.stringify({ messages: [{ role: 'user', content }] }),
    })
    assert.equal(reply.status, 200)
    assert(eventTypes(reply.body).length < 2000)
  }
})
