import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { Agent, type IncomingMessage, request } from 'node:http'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { PieceSource } from '../../src/http/piece-source.js'
import type { RouteHandler } from '../../src/http/server.js'
import { openRaw } from '../e2e/raw-client.js'
import { type Serving, serve } from './serve.js'

const MEBIBYTE = 1024 * 1024
const LARGE_BYTES = 100 * MEBIBYTE

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

let serving: Serving
let handler: RouteHandler = () => {}
before(async () => {
  serving = await serve((exchange, id) => handler(exchange, id))
})
after(() => serving.close())

/** Ten pictures' worth of bytes with a few words between, as an image reply has them. */
function largeParts(bytes = LARGE_BYTES): (Uint8Array | string)[] {
  const parts: (Uint8Array | string)[] = ['{"data":[']
  for (let part = 0; part < 10; part += 1) {
    parts.push(part === 0 ? '"' : ',"', Buffer.alloc(bytes / 10, 97 + part), '"')
  }
  parts.push(']}')
  return parts
}

function sizeOf(parts: readonly (Uint8Array | string)[]): number {
  return parts.reduce((sum, part) => sum + Buffer.byteLength(part), 0)
}

function hashOf(parts: Iterable<Uint8Array | string>): string {
  const sha256 = createHash('sha256')
  for (const part of parts) sha256.update(part)
  return sha256.digest('hex')
}

async function ask(options: {
  readonly port?: number
  readonly method?: string
  readonly agent?: Agent
  readonly headers?: Readonly<Record<string, string>>
}): Promise<IncomingMessage> {
  const asked = request({
    port: serving.port,
    path: '/v1/models',
    ...options,
    agent: options.agent ?? false,
  })
  asked.on('error', () => {})
  asked.end()
  const [reply] = (await once(asked, 'response')) as [IncomingMessage]
  return reply
}

async function readAll(reply: IncomingMessage): Promise<{ bytes: number; hash: string }> {
  let bytes = 0
  const sha256 = createHash('sha256')
  for await (const chunk of reply as AsyncIterable<Buffer>) {
    bytes += chunk.length
    sha256.update(chunk)
  }
  return { bytes, hash: sha256.digest('hex') }
}

test('a reply of 100 MB arrives whole, with its length up front, and is over when it is sent', async () => {
  const parts = largeParts()
  const expected = { bytes: sizeOf(parts), hash: hashOf(parts) }
  handler = (exchange) => exchange.replyParts(200, 'application/json', parts)
  const count = serving.finished.length
  const reply = await ask({})
  assert.equal(reply.statusCode, 200)
  assert.equal(reply.headers['content-length'], String(expected.bytes))
  assert.equal(reply.headers['content-type'], 'application/json')
  assert.equal(reply.headers['x-request-id'], 'made-here')
  assert.equal(serving.finished.length, count, 'not over while most of it is still to come')
  assert.deepEqual(await readAll(reply), expected)
  const exchange = await serving.waitFinished(count + 1)
  assert.deepEqual([exchange.status, exchange.outcome, exchange.clientGone], [200, 200, false])
})

test('others have their turn between the pieces of a large reply', async () => {
  handler = (exchange) => exchange.replyParts(200, 'application/json', largeParts())
  let turns = 0
  let counting = true
  const count = (): void => {
    turns += 1
    if (counting) setImmediate(count)
  }
  const reply = await ask({})
  count()
  await readAll(reply)
  counting = false
  assert.ok(turns > 200, `${turns} turns of the loop for 400 pieces`)
})

test('a client that reads slowly makes nothing gather, and what it has is let go', async () => {
  let before = process.memoryUsage()
  handler = (exchange) => {
    const parts = largeParts()
    collectGarbage()
    before = process.memoryUsage()
    exchange.replyParts(200, 'application/json', parts)
  }
  const count = serving.finished.length
  const reply = await ask({})
  let bytes = 0
  let rssMax = 0
  for await (const chunk of reply as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes < 70 * MEBIBYTE) {
      rssMax = Math.max(rssMax, process.memoryUsage().rss)
      await sleep(1)
    } else if (bytes < 71 * MEBIBYTE) {
      collectGarbage()
      const released = before.arrayBuffers - process.memoryUsage().arrayBuffers
      assert.ok(released > 50 * MEBIBYTE, `${released} bytes released`)
    }
  }
  assert.ok(bytes > LARGE_BYTES)
  assert.ok(rssMax - before.rss < 48 * MEBIBYTE, `${rssMax - before.rss} bytes more`)
  assert.equal((await serving.waitFinished(count + 1)).outcome, 200)
})

test('a client that pauses for longer than uWebSockets.js waits gets the rest', async () => {
  const parts = largeParts(40 * MEBIBYTE)
  const expected = { bytes: sizeOf(parts), hash: hashOf(parts) }
  handler = (exchange) => exchange.replyParts(200, 'application/json', parts)
  const reply = await ask({})
  await sleep(14_000)
  assert.deepEqual(await readAll(reply), expected)
})

test('a client that takes nothing is closed', async () => {
  const impatient = await serve(
    (exchange) => exchange.replyParts(200, 'application/json', largeParts(40 * MEBIBYTE)),
    { writeStallMs: 300 },
  )
  const reply = await ask({ port: impatient.port })
  const exchange = await impatient.waitFinished(1)
  assert.deepEqual([exchange.status, exchange.outcome], [200, 499])
  await assert.rejects(readAll(reply), { code: 'ECONNRESET' })
  impatient.close()
})

test('a client that goes away ends the reply', async () => {
  let closed = 0
  const piece = new Uint8Array(256 * 1024)
  const source: PieceSource = { bytesTotal: LARGE_BYTES, next: () => piece, close: () => (closed += 1) }
  handler = (exchange) => exchange.replyPieces(200, 'image/png', source)
  const count = serving.finished.length
  const reply = await ask({})
  reply.on('error', () => {})
  await once(reply, 'data')
  reply.destroy()
  const exchange = await serving.waitFinished(count + 1)
  assert.deepEqual([exchange.outcome, exchange.clientGone, closed], [499, true, 1])
})

test('HEAD gets the length and no body, and the source is closed', async () => {
  const parts = largeParts(10 * MEBIBYTE)
  const bytes = sizeOf(parts)
  handler = (exchange) => exchange.replyParts(200, 'image/png', parts)
  const client = await openRaw(serving.port)
  client.socket.write('HEAD /v1/models HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n')
  await client.closed
  const [head, body] = client.received().split('\r\n\r\n')
  assert.match(head ?? '', /^HTTP\/1\.1 200 OK\r\n/)
  assert.match(head ?? '', new RegExp(`content-length: ${bytes}$`, 'im'))
  assert.equal(body, '')
})

test('a connection that is kept serves the next request after a large reply', async () => {
  const parts = largeParts(10 * MEBIBYTE)
  const bytes = sizeOf(parts)
  handler = (exchange) => exchange.replyParts(200, 'image/png', parts)
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const first = await ask({ agent })
  assert.equal(first.headers.connection, 'keep-alive')
  const { socket } = first
  assert.equal((await readAll(first)).bytes, bytes)
  handler = (exchange) => exchange.replyJson(200, '{"next":true}')
  const second = await ask({ agent })
  assert.equal(second.socket, socket)
  assert.equal((await readAll(second)).bytes, 13)
  agent.destroy()
})

test('a client that asks for the end of its connection gets it after the whole reply', async () => {
  const parts = largeParts(10 * MEBIBYTE)
  const bytes = sizeOf(parts)
  handler = (exchange) => exchange.replyParts(200, 'image/png', parts)
  const client = await openRaw(serving.port)
  client.socket.write('GET /v1/models HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n')
  await client.closed
  const reply = client.received()
  assert.match(reply, /^connection: close\r$/im)
  assert.equal(reply.length - reply.indexOf('\r\n\r\n') - 4, bytes)
})

for (const [what, parts, text] of [
  ['a small reply', ['{"a":"', Buffer.from('é'), '"}'], '{"a":"é"}'],
  ['a reply of no parts', [], ''],
  ['a reply of empty parts', ['', Buffer.alloc(0)], ''],
] as const) {
  test(`${what} arrives`, async () => {
    handler = (exchange) => exchange.replyParts(201, 'application/json', parts)
    const reply = await ask({})
    assert.equal(reply.statusCode, 201)
    assert.equal(reply.headers['content-length'], String(Buffer.byteLength(text)))
    assert.equal(Buffer.concat(await reply.toArray()).toString(), text)
  })
}

test('what a handler does after a large reply began changes nothing of it', async () => {
  const parts = largeParts(10 * MEBIBYTE)
  const expected = { bytes: sizeOf(parts), hash: hashOf(parts) }
  let closed = false
  const ignored: PieceSource = {
    bytesTotal: 1,
    next: () => new Uint8Array(1),
    close() {
      closed = true
    },
  }
  handler = (exchange) => {
    exchange.replyParts(200, 'image/png', parts)
    exchange.replyJson(200, '{"second":true}')
    exchange.replyPieces(200, 'image/png', ignored)
    throw new Error('late')
  }
  assert.deepEqual(await readAll(await ask({})), expected)
  assert.ok(closed, 'a source that is not sent is closed')
})

test('a source that fails before its first piece is an error reply', async () => {
  let closed = 0
  handler = (exchange) =>
    exchange.replyPieces(200, 'image/png', {
      bytesTotal: 1_000_000,
      next: () => Promise.reject(new Error('private words')),
      close: () => (closed += 1),
    })
  const reply = await ask({})
  assert.equal(reply.statusCode, 500)
  const text = Buffer.concat(await reply.toArray()).toString()
  assert.equal(JSON.parse(text).error.code, 'internal_error')
  assert.equal(closed, 1)
})

test('a source that fails in the middle cuts the connection, and the log says why', async () => {
  let closed = 0
  let pieces = 0
  handler = (exchange) =>
    exchange.replyPieces(200, 'image/png', {
      bytesTotal: 1_000_000,
      async next() {
        pieces += 1
        if (pieces === 2) throw new Error('private words')
        return new Uint8Array(250_000)
      },
      close: () => (closed += 1),
    })
  const count = serving.finished.length
  const reply = await ask({})
  await assert.rejects(readAll(reply), { code: 'ECONNRESET' })
  const exchange = await serving.waitFinished(count + 1)
  assert.deepEqual([exchange.facts.error?.code, closed], ['internal_error', 1])
})
