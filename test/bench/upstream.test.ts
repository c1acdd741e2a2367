import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { runLoad } from './load.js'
import { MarkerCounter } from './marker-counter.js'
import { startUpstream, type Upstream } from './upstream.js'
import { DEFAULT_PLAN, toConversePost, toConverseReply, toStreamReply } from './wire.js'

async function start(context: TestContext): Promise<Upstream> {
  const upstream = await startUpstream()
  context.after(() => upstream.close())
  return upstream
}

async function open(context: TestContext, { port }: Upstream): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  context.after(() => socket.destroy())
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}

/** The bytes that come, up to this many. */
async function take(socket: Socket, bytes: number): Promise<Buffer> {
  const parts: Buffer[] = []
  let length = 0
  for await (const part of socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    parts.push(part)
    length += part.length
    if (length >= bytes) break
  }
  return Buffer.concat(parts)
}

test('a request gets its one reply wherever it is cut', async (context) => {
  const upstream = await start(context)
  upstream.setPlan({ ...DEFAULT_PLAN, answerBytes: 10 })
  const request = toConversePost(false, 50)
  const reply = toConverseReply({ ...DEFAULT_PLAN, answerBytes: 10 })
  const socket = await open(context, upstream)
  for (let at = 1; at < request.length; at += 1) {
    socket.write(request.subarray(0, at))
    await new Promise((resolve) => setImmediate(resolve))
    socket.write(request.subarray(at))
    assert.deepEqual(await take(socket, reply.length), reply, `cut at ${at}`)
  }
})

test('requests in one packet get a reply each, streamed or not as their path says', async (context) => {
  const upstream = await start(context)
  const plan = { ...DEFAULT_PLAN, events: 2, answerBytes: 10 }
  upstream.setPlan(plan)
  const socket = await open(context, upstream)
  socket.write(
    Buffer.concat([toConversePost(false, 10), toConversePost(true, 10), toConversePost(false, 10)]),
  )
  const expected = Buffer.concat([toConverseReply(plan), toStreamReply(plan), toConverseReply(plan)])
  assert.deepEqual(await take(socket, expected.length), expected)
})

test('a paced stream brings its events one by one, none before its time, and then ends', async (context) => {
  const upstream = await start(context)
  upstream.setPlan({ ...DEFAULT_PLAN, events: 10, eventsPerSecond: 100 })
  const socket = await open(context, upstream)
  const startedMs = performance.now()
  socket.write(toConversePost(true, 10))
  const counter = new MarkerCounter()
  let seen = 0
  let tail = ''
  for await (const part of socket as AsyncIterable<Buffer>) {
    seen += counter.push(part)
    // The first is due within one period, whatever its phase; a slow machine is late, never early.
    assert.ok(seen <= (performance.now() - startedMs) / 10 + 1.5, `${seen} events`)
    tail = part.toString('latin1')
    if (tail.endsWith('0\r\n\r\n')) break
  }
  assert.equal(seen, 10)
})

test('streams of one pace have phases of their own', async (context) => {
  const upstream = await start(context)
  upstream.setPlan({ ...DEFAULT_PLAN, events: 1, eventsPerSecond: 1 })
  const firstMs = await Promise.all(
    Array.from({ length: 8 }, async () => {
      const socket = await open(context, upstream)
      const startedMs = performance.now()
      socket.write(toConversePost(true, 10))
      const counter = new MarkerCounter()
      for await (const part of socket as AsyncIterable<Buffer>) if (counter.push(part) > 0) break
      return performance.now() - startedMs
    }),
  )
  // Eight phases of a period of a second: were they one, all first events would come together.
  assert.ok(Math.max(...firstMs) - Math.min(...firstMs) > 100, firstMs.map(Math.round).join(' '))
})

test('a new plan cuts the paced streams of the old one, and serves the next request', async (context) => {
  const upstream = await start(context)
  upstream.setPlan({ ...DEFAULT_PLAN, events: 1_000, eventsPerSecond: 10 })
  const forgotten = await open(context, upstream)
  forgotten.write(toConversePost(true, 10))
  await once(forgotten, 'data')
  upstream.setPlan({ ...DEFAULT_PLAN, events: 5, eventsPerSecond: 500 })
  forgotten.resume()
  await once(forgotten, 'close')
  const result = await runLoad({
    port: upstream.port,
    request: toConversePost(true, 10).toString('base64'),
    connections: 2,
    warmupMs: 10,
    windowMs: 200,
    eventsExpected: 5,
    pid: null,
  })
  assert.equal(result.failures, 0, String(result.failure))
  assert.ok(result.replies > 0)
})
