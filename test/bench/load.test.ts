import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ChunkedBody } from './chunked-body.js'
import { runLoad } from './load.js'
import { MarkerCounter } from './marker-counter.js'
import { startUpstream, type Upstream } from './upstream.js'
import { DEFAULT_PLAN, toConversePost, toStampedChunk, toStreamReply } from './wire.js'

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

test('a counter tells the stamp of each event whose digits came with it', () => {
  const reply = Buffer.concat([7, 1_234, 99_999_999].map(toStampedChunk))
  const stamps: number[] = []
  new MarkerCounter((stampUs) => stamps.push(stampUs)).push(reply)
  assert.deepEqual(stamps, [7, 1_234, 99_999_999])
  const cut: number[] = []
  new MarkerCounter((stampUs) => cut.push(stampUs)).push(reply.subarray(0, reply.indexOf('00001234') + 3))
  assert.deepEqual(cut, [7])
})

test('markers are counted the same however the bytes are cut', () => {
  const reply = toStreamReply({ ...DEFAULT_PLAN, events: 5, eventsPerChunk: 2 })
  for (const size of [1, 2, 3, 5, 11, 12, 13, 64, reply.length]) {
    const counter = new MarkerCounter()
    let found = 0
    for (let at = 0; at < reply.length; at += size) found += counter.push(reply.subarray(at, at + size))
    assert.equal(found, 5, `in parts of ${size} bytes`)
  }
})

test('the chunked coding is undone the same however the bytes are cut', () => {
  const coded = Buffer.from('5\r\nhello\r\n1\r\n \r\nb\r\nwide\r\nworld\r\n0\r\n\r\n')
  for (let size = 1; size <= coded.length; size += 1) {
    const parts: Buffer[] = []
    const body = new ChunkedBody((content) => parts.push(Buffer.from(content)))
    for (let at = 0; at < coded.length; at += size) {
      assert.equal(body.ended, false)
      body.push(coded.subarray(at, at + size))
    }
    assert.equal(body.ended, true)
    assert.equal(Buffer.concat(parts).toString(), 'hello wide\r\nworld')
  }
})
