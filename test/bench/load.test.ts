import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { after, before, test } from 'node:test'
import { runLoad } from './load.js'
import { loadWith } from './load-with.js'
import type { Bench } from './measurement.js'
import { startUpstream, type Upstream } from './upstream.js'
import { DEFAULT_PLAN, STREAM_HEAD, toConversePost, toHttpChunk, toStreamReply, toTextFrame } from './wire.js'

let upstream: Upstream
before(async () => {
  upstream = await startUpstream()
})
after(() => upstream.close())

function toLoad(stream: boolean, connections: number, eventsExpected: number) {
  return {
    port: upstream.port,
    request: toConversePost(stream, 2_500).toString('base64'),
    connections,
    warmupMs: 100,
    windowMs: 300,
    eventsExpected,
    pid: process.pid,
  }
}

test('the load generator counts in each reply exactly the events that the upstream sent', async () => {
  for (const eventsPerChunk of [1, 7, 50]) {
    upstream.setPlan({ ...DEFAULT_PLAN, events: 500, eventsPerChunk })
    const result = await runLoad(toLoad(true, 8, 500))
    assert.equal(result.failures, 0, String(result.failure))
    assert.ok(result.replies > 0)
    // Replies under way at either end of the window belong to it in part.
    assert.ok(Math.abs(result.events - result.replies * 500) <= 8 * 500)
  }
})

test('a reply with another number of events than expected is a failure', async () => {
  upstream.setPlan({ ...DEFAULT_PLAN, events: 9 })
  const result = await runLoad(toLoad(true, 1, 10))
  assert.ok(result.failures > 0)
  assert.match(String(result.failure), /9 events instead of 10/)
})

/** What the load generator says of a server that answers each request with these bytes, and then perhaps hangs up. */
async function judge(
  reply: Buffer,
  options: { readonly hangUp?: true; readonly bodyBytesMin?: number } = {},
) {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', () => {
      socket.write(reply)
      if (options.hangUp) socket.end()
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const { bodyBytesMin = 0 } = options
  const result = await runLoad({ ...toLoad(true, 1, 3), port, bodyBytesMin, warmupMs: 10, windowMs: 100 })
  server.close()
  return result
}

const THREE_EVENTS = toStreamReply({ ...DEFAULT_PLAN, events: 3 })

test('another status than 200 is a failure, also where the body is right', async () => {
  const accepted = await judge(THREE_EVENTS)
  assert.equal(accepted.failures, 0, String(accepted.failure))
  const refused = Buffer.from(THREE_EVENTS.toString('latin1').replace('200 OK', '503 Busy'), 'latin1')
  const { failures, failure } = await judge(refused)
  assert.ok(failures > 0)
  assert.match(String(failure), /^status 503/)
})

test('a connection that is cut within a reply or between replies is a failure', async () => {
  const cut = await judge(THREE_EVENTS.subarray(0, -40), { hangUp: true })
  assert.match(String(cut.failure), /^connection closed after 3 events/)
  assert.ok(cut.failures > 0)
  assert.equal(cut.replies, 0)
  const closed = await judge(THREE_EVENTS, { hangUp: true })
  assert.match(String(closed.failure), /^connection closed/)
})

test('a body that is too short is a failure: some gateways wrap an error in a 200', async () => {
  const bodyBytes = THREE_EVENTS.length
  const { failure } = await judge(THREE_EVENTS, { bodyBytesMin: bodyBytes })
  assert.match(String(failure), /^a body of \d+ bytes instead of \d+ at least$/)
  const { failures } = await judge(THREE_EVENTS, { bodyBytesMin: 300 })
  assert.equal(failures, 0)
})

test('a failure of the warm-up counts', async () => {
  let answered = 0
  const server = createServer((socket) => {
    socket.on('data', () => {
      answered += 1
      socket.write(answered === 1 ? toStreamReply({ ...DEFAULT_PLAN, events: 2 }) : THREE_EVENTS)
    })
    socket.on('error', () => {})
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const result = await runLoad({ ...toLoad(true, 1, 3), port: (server.address() as AddressInfo).port })
  server.close()
  assert.equal(result.failures, 1)
  assert.ok(result.replies > 0)
})

test('replies that are not streamed are counted and timed one by one', async () => {
  upstream.setPlan(DEFAULT_PLAN)
  const result = await runLoad(toLoad(false, 4, 0))
  assert.equal(result.failures, 0, String(result.failure))
  assert.equal(result.events, 0)
  assert.equal(result.latenciesMs.length, result.replies)
  assert.ok(result.residentBytes > 0)
})

test('a paced stream brings events at its pace', async () => {
  upstream.setPlan({ ...DEFAULT_PLAN, events: 10, eventsPerSecond: 100 })
  const result = await runLoad({ ...toLoad(true, 5, 10), windowMs: 500 })
  assert.equal(result.failures, 0, String(result.failure))
  // 5 streams of 100 events/s for half a second: never more, whatever the machine does.
  assert.ok(result.events > 0 && result.events <= 5 * 60, `${result.events} events`)
})

test('the wait of the upstream is taken off the time to the first event', async () => {
  upstream.setPlan({ ...DEFAULT_PLAN, events: 3, firstTokenDelayMs: 50 })
  const result = await runLoad({ ...toLoad(true, 1, 3), windowMs: 600 })
  assert.equal(result.failures, 0, String(result.failure))
  assert.ok(result.firstEventsMs.length > 0)
  const [least] = result.firstEventsMs
  assert.ok(least !== undefined && least < 50, `${least} ms`)
  assert.ok((result.latenciesMs[0] ?? 0) >= 49)
})

test('the delay of an event is what lies between its writing and its arrival', async () => {
  upstream.setPlan({ ...DEFAULT_PLAN, events: 10, eventsPerSecond: 100 })
  const result = await runLoad({ ...toLoad(true, 5, 10), windowMs: 500, eventsStamped: true })
  assert.equal(result.failures, 0, String(result.failure))
  assert.ok(result.delaysMs.length > 0 && result.delaysMs.length <= result.events)
  assert.ok((result.delaysMs[0] ?? -1) >= 0, `${result.delaysMs[0]} ms`)
})

test('an interval holds a connection back', async () => {
  upstream.setPlan(DEFAULT_PLAN)
  const result = await runLoad({ ...toLoad(false, 2, 0), intervalMs: 100, windowMs: 500 })
  assert.equal(result.failures, 0, String(result.failure))
  assert.ok(result.replies > 0 && result.replies <= 2 * 6, `${result.replies} replies`)
})

test('a window may end with a number of replies', async () => {
  upstream.setPlan(DEFAULT_PLAN)
  const result = await runLoad({ ...toLoad(false, 2, 0), repliesMax: 7, windowMs: 50_000 })
  assert.equal(result.replies, 7)
  assert.ok(result.windowMs < 50_000)
})

test('where streams are to be open, the window waits for the first event of the last of them', async () => {
  // The second connection has its first event so much later than the first one.
  const LATE_MS = 250
  let connections = 0
  const server = createServer((socket) => {
    socket.on('error', () => {})
    connections += 1
    const waitMs = connections === 2 ? LATE_MS : 0
    socket.on('data', () => {
      socket.write(STREAM_HEAD)
      setTimeout(() => socket.write(toHttpChunk(toTextFrame(0))), waitMs)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const load = { ...toLoad(true, 2, 1), port, warmupMs: 0, windowMs: 50 }
  const beginsMs = async (): Promise<number> => {
    const fromMs = performance.now()
    let begunMs = 0
    await runLoad({ ...load, streamsOpen: true }, () => {
      begunMs = performance.now() - fromMs
    })
    return begunMs
  }
  assert.ok((await beginsMs()) >= LATE_MS - 1)
  server.close()
})

test('what is measured beside a load begins with its window and is as long', async () => {
  upstream.setPlan(DEFAULT_PLAN)
  const order: string[] = []
  const bench = {
    load: (
      load: Parameters<Bench['load']>[0],
      times: { warmupMs: number; windowMs: number },
      onWindow?: () => void,
    ) =>
      runLoad({ ...load, ...times }, () => {
        order.push('window')
        onWindow?.()
      }),
  } as unknown as Bench
  const [result, beside] = await loadWith(
    bench,
    { load: toLoad(false, 1, 0), times: { warmupMs: 30, windowMs: 70 } },
    async (times) => {
      order.push('beside')
      return times
    },
  )
  assert.deepEqual(order, ['window', 'beside'])
  assert.deepEqual(beside, { warmupMs: 0, windowMs: 70 })
  assert.ok(result.replies > 0)
})

test('thousands of connections are not opened at once, so that none is lost in the queue of a server', async () => {
  const CONNECTIONS = 700
  let waiting = 0
  let waitingMost = 0
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => {
      waiting += 1
      waitingMost = Math.max(waitingMost, waiting)
      setTimeout(() => {
        waiting -= 1
        socket.write(Buffer.concat([STREAM_HEAD, toHttpChunk(toTextFrame(0))]))
      }, 20)
    })
  }).listen({ port: 0, host: '127.0.0.1', backlog: 511 })
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const load = { ...toLoad(true, CONNECTIONS, 1), port, streamsOpen: true, warmupMs: 0, windowMs: 10 }
  const { failures, failure } = await runLoad(load)
  server.close()
  assert.equal(failures, 0, String(failure))
  assert.ok(waitingMost <= 256, `${waitingMost} at once`)
})
