import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { ListenerError } from '../../../src/aws/http/connection.js'
import { ConnectionPool, type PoolOptions } from '../../../src/aws/http/connection-pool.js'
import { eventually } from '../../e2e/chat.js'
import { ask, askOn, toHttpRequest } from './ask.js'
import { type RawServer, startRawServer } from './raw-server.js'

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'
const MB = 1024 * 1024

/** A pool and a server; both closed at the end. */
async function startScene(
  context: TestContext,
  onRequest: (socket: Socket, bytes: Buffer) => void,
  options: PoolOptions = {},
): Promise<{ server: RawServer; pool: ConnectionPool }> {
  const server = await startRawServer(onRequest)
  const pool = new ConnectionPool(server.url, options)
  context.after(async () => {
    pool.destroy()
    await server.close()
  })
  return { server, pool }
}

const replyOk = (socket: Socket): void => void socket.write(OK)

test('requests one after another share a connection, and none leaves a listener behind', async (context) => {
  const { server, pool } = await startScene(context, replyOk)
  const warnings: Error[] = []
  const onWarning = (warning: Error): void => void warnings.push(warning)
  process.on('warning', onWarning)
  for (let round = 0; round < 5_000; round += 1) {
    const asked = ask(pool)
    await asked.ended
    assert.deepEqual(asked.heard, ['head 200', 'body', 'end'])
  }
  await sleep(0)
  process.off('warning', onWarning)
  assert.equal(server.sockets.length, 1)
  assert.deepEqual(warnings, [])
})

test('requests at once have a connection each; the one that came back last is used first', async (context) => {
  const waiting: Socket[] = []
  const { server, pool } = await startScene(context, (socket) => void waiting.push(socket))
  const asked = [ask(pool), ask(pool), ask(pool)]
  await eventually(() => waiting.length === 3, 'three requests come')
  const [first, second, third] = waiting
  for (const socket of [third, first, second]) {
    socket?.write(OK)
    await sleep(10)
  }
  await Promise.all(asked.map(({ ended }) => ended))
  const next = ask(pool)
  await eventually(() => waiting.length === 4, 'the fourth request comes')
  assert.equal(waiting[3], second)
  second?.write(OK)
  await next.ended
  assert.equal(server.sockets.length, 3)
})

test('what one read brings is one part, followed by one end of the read', async (context) => {
  const { pool } = await startScene(context, (socket) => {
    socket.write(
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n1\r\nb\r\n',
      () => void setTimeout(() => socket.write('1\r\nc\r\n0\r\n\r\n'), 50),
    )
  })
  const asked = ask(pool)
  await asked.ended
  assert.deepEqual(asked.heard, ['head 200', 'body', 'read end', 'body', 'end'])
  assert.equal(asked.body, 'abc')
})

test('idle connections close after their time, and the sweep holds no process', async (context) => {
  const { server, pool } = await startScene(context, replyOk, { keepAliveMs: 40, sweepMs: 20 })
  await ask(pool).ended
  const [socket] = server.sockets
  await once(socket as Socket, 'close')
  await ask(pool).ended
  assert.equal(server.sockets.length, 2)
})

test('a connection whose time is over is not used, even before the sweep', async (context) => {
  let nowMs = 0
  const { server, pool } = await startScene(context, replyOk, { now: () => nowMs })
  await ask(pool).ended
  nowMs = 49_000
  await ask(pool).ended
  assert.equal(server.sockets.length, 1)
  nowMs += 51_000
  await ask(pool).ended
  assert.equal(server.sockets.length, 2)
})

test("the server's own keep-alive time counts where it is shorter", async (context) => {
  let nowMs = 0
  const reply = OK.replace('\r\n', '\r\nkeep-alive: timeout=5\r\n')
  const { server, pool } = await startScene(context, (socket) => void socket.write(reply), {
    now: () => nowMs,
  })
  await ask(pool).ended
  nowMs = 3_900
  await ask(pool).ended
  assert.equal(server.sockets.length, 1)
  nowMs += 4_100
  await ask(pool).ended
  assert.equal(server.sockets.length, 2)
})

test('connections are opened ahead, and the first requests use them', async (context) => {
  const { server, pool } = await startScene(context, replyOk)
  pool.warm(2)
  await eventually(() => server.sockets.length === 2, 'two connections come')
  await sleep(20)
  await Promise.all([ask(pool).ended, ask(pool).ended])
  assert.equal(server.sockets.length, 2)
})

for (const [name, act] of [
  ['says something', (socket: Socket) => void socket.write(OK)],
  ['ends its side', (socket: Socket) => void socket.end()],
  ['resets it', (socket: Socket) => void socket.resetAndDestroy()],
] as const) {
  test(`an idle connection on which the server ${name} is not used again`, async (context) => {
    const { server, pool } = await startScene(context, replyOk)
    await ask(pool).ended
    act(server.sockets[0] as Socket)
    await sleep(50)
    const asked = ask(pool)
    await asked.ended
    assert.deepEqual(asked.heard, ['head 200', 'body', 'end'])
    assert.equal(server.sockets.length, 2)
  })
}

for (const [name, reply] of [
  ['says connection: close', OK.replace('\r\n', '\r\nconnection: close\r\n')],
  ['is of HTTP/1.0', OK.replace('1.1', '1.0')],
  ['has bytes behind it', `${OK}more`],
] as const) {
  test(`a reply that ${name} is given whole, and its connection is closed`, async (context) => {
    const { server, pool } = await startScene(context, (socket) => void socket.write(reply))
    const asked = ask(pool)
    await asked.ended
    assert.deepEqual([asked.error, asked.body], [null, 'ok'])
    await eventually(() => server.sockets[0]?.closed === true, 'the connection closes')
    assert.equal(pool.takeIdle(), null)
  })
}

test('a reply without length ends with the connection', async (context) => {
  const { pool } = await startScene(context, (socket) => void socket.end('HTTP/1.1 200 OK\r\n\r\nhello'))
  const asked = ask(pool)
  await asked.ended
  assert.deepEqual([asked.error, asked.body], [null, 'hello'])
})

for (const [name, reply, code] of [
  ['before its head', '', 'CONNECTION_CLOSED'],
  ['in its body', 'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhello', 'CONNECTION_CLOSED'],
  ['in a chunk', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\nhello', 'CONNECTION_CLOSED'],
  ['with nonsense', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nx\r\n', 'MALFORMED_RESPONSE'],
] as const) {
  test(`a reply that ends ${name} fails once`, async (context) => {
    const { pool } = await startScene(context, (socket) => void socket.end(reply))
    const asked = ask(pool)
    await asked.ended
    await sleep(20)
    assert.equal(asked.heard.filter((call) => call === 'error').length, 1)
    assert.equal(asked.error?.code, code)
  })
}

test('a listener that throws fails its own request only', async (context) => {
  const { server, pool } = await startScene(context, replyOk)
  const asked = askOn(pool.open(), toHttpRequest(), {
    onHead() {
      throw new Error('thrown by the listener')
    },
  })
  await asked.ended
  assert.ok(asked.error instanceof ListenerError)
  assert.equal((asked.error.cause as Error).message, 'thrown by the listener')
  await eventually(() => server.sockets[0]?.closed === true, 'the connection closes')
})

test('an abort closes the connection, and nothing more is heard: while it opens, waits and answers', async (context) => {
  const { server, pool } = await startScene(context, (socket) => {
    socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhello')
  })
  const opening = pool.open()
  const first = askOn(opening)
  opening.abort()
  const answering = pool.open()
  const second = askOn(answering, toHttpRequest(), {
    onBody() {
      second.heard.push('body')
      answering.abort()
    },
  })
  await eventually(() => second.heard.includes('body'), 'the body begins')
  await eventually(() => server.sockets.every(({ closed }) => closed), 'all connections close')
  assert.deepEqual([first.heard, second.heard], [[], ['head 200', 'body']])
})

test('a paused reply stops the sender, and comes whole after it is resumed', async (context) => {
  const body = 64 * MB
  let written = 0
  const { pool } = await startScene(context, (socket) => {
    socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${body}\r\n\r\n`)
    const slice = Buffer.alloc(MB)
    const writeOn = (): void => {
      while (written < body) {
        written += slice.length
        if (!socket.write(slice)) {
          socket.once('drain', writeOn)
          return
        }
      }
    }
    writeOn()
  })
  let bytes = 0
  const connection = pool.open()
  const asked = askOn(connection, toHttpRequest(), {
    onBody(part) {
      if (bytes === 0) connection.pause()
      bytes += part.length
    },
  })
  await eventually(() => bytes > 0, 'the body begins')
  let before = -1
  while (before !== written) {
    before = written
    await sleep(100)
  }
  assert.ok(bytes <= 64 * 1024, `${bytes} bytes came`)
  assert.ok(written < body, 'the sender waits')
  connection.resume()
  await asked.ended
  assert.deepEqual([asked.error, bytes], [null, body])
})

test('a connection whose reply ended while it was paused is used again', async (context) => {
  const { server, pool } = await startScene(context, replyOk)
  const connection = pool.open()
  const asked = askOn(connection, toHttpRequest(), { onBody: () => connection.pause() })
  await asked.ended
  await ask(pool).ended
  assert.equal(server.sockets.length, 1)
})

for (const [name, body] of [
  ['text', 'ü'.repeat(3 * MB)],
  ['bytes', Buffer.alloc(6 * MB, 'abc')],
] as const) {
  test(`a large body of ${name} waits for a slow reader and arrives whole`, async (context) => {
    const expected = Buffer.from(body)
    const parts: Buffer[] = []
    let bytes = 0
    const { pool } = await startScene(context, (socket, part) => {
      parts.push(part)
      bytes += part.length
      if (bytes >= expected.length + toHttpRequest(body).head.length) socket.write(OK)
      else if (parts.length % 10 === 0) {
        socket.pause()
        setTimeout(() => socket.resume(), 2)
      }
    })
    const asked = ask(pool, toHttpRequest(body))
    await asked.ended
    assert.deepEqual([asked.error, asked.body], [null, 'ok'])
    assert(Buffer.concat(parts).subarray(-expected.length).equals(expected))
    assert.notEqual(pool.takeIdle(), null)
  })
}

test('of a large body at most 1 MB goes out in one turn of the event loop', async (context) => {
  const body = Buffer.alloc(24 * MB)
  let bytes = 0
  const { pool } = await startScene(context, (socket, part) => {
    bytes += part.length
    if (bytes >= body.length) socket.write(OK)
  })
  let turns = 0
  const count = (): void => {
    turns += 1
    if (bytes < body.length) setImmediate(count)
  }
  setImmediate(count)
  await ask(pool, toHttpRequest(body)).ended
  assert.ok(turns >= body.length / MB, `${turns} turns`)
})

test('a reply that comes before the body is written is given, and the connection closed', async (context) => {
  const { server, pool } = await startScene(context, (socket) => {
    if (socket.bytesWritten > 0) return
    socket.pause()
    socket.write('HTTP/1.1 413 Too Large\r\ncontent-length: 2\r\n\r\nno')
  })
  const asked = ask(pool, toHttpRequest(Buffer.alloc(32 * MB)))
  await asked.ended
  assert.deepEqual([asked.error, asked.body, pool.takeIdle()], [null, 'no', null])
  server.sockets[0]?.resume()
  await eventually(() => server.sockets[0]?.closed === true, 'the connection closes')
})

test('a connection that nobody takes is refused, also one that was to be opened ahead', async () => {
  const free = createServer().listen(0, '127.0.0.1')
  await once(free, 'listening')
  const { port } = free.address() as { port: number }
  free.close()
  await once(free, 'close')
  const pool = new ConnectionPool(new URL(`http://127.0.0.1:${port}`))
  pool.warm(3)
  const asked = ask(pool)
  await asked.ended
  assert.equal(asked.error?.code, 'ECONNREFUSED')
  assert.equal(pool.takeIdle(), null)
  pool.destroy()
})

test('a connection that does not open in time fails', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] })
  // A handshake that nobody answers.
  const server = await startRawServer(() => {})
  const pool = new ConnectionPool(new URL(`https://127.0.0.1:${server.port}`))
  const asked = ask(pool)
  while (server.sockets.length === 0) await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(asked.heard, [])
  context.mock.timers.tick(10_000)
  await asked.ended
  assert.equal(asked.error?.code, 'CONNECT_TIMEOUT')
  pool.destroy()
  await server.close()
})

test('a destroyed pool fails what runs and what comes, once each', async (context) => {
  const { pool } = await startScene(context, () => {})
  const running = ask(pool)
  await sleep(20)
  pool.destroy()
  const late = ask(pool)
  await Promise.all([running.ended, late.ended])
  await sleep(20)
  for (const { heard, error } of [running, late]) {
    assert.deepEqual([heard, error?.code], [['error'], 'CLIENT_CLOSED'])
  }
})
