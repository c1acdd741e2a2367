import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Emulator, startEmulator } from '../emulator/emulator.js'
import { chatBody, chatRequest, JSON_HEADERS, KEY } from './bad-input-cases.js'
import { type Daemon, startDaemon } from './daemon.js'
import { assertCalmLog, assertUnchanged, readProcessState } from './process-state.js'
import { openRaw, sendRaw, toRequestBytes } from './raw-http.js'

/** uWebSockets.js closes what stalls after 10 to 12 s; a busy machine may add to that. */
const CLOSED_LIMIT_MS = 25_000

let emulator: Emulator
let daemon: Daemon
before(async () => {
  emulator = await startEmulator()
  daemon = await startDaemon({ emulator, environment: { BEDROCKD_API_KEYS: KEY } })
})
after(async () => {
  assert.equal(await daemon.stop(), 0)
  await emulator.close()
})

async function assertServes(): Promise<void> {
  const reply = await sendRaw(daemon.port, chatRequest())
  assert.equal(reply.status, 200, reply.body)
}

const GOOD = toRequestBytes(chatRequest())
const HEAD_BYTES = GOOD.indexOf('\r\n\r\n') + 4
const STREAM = toRequestBytes(chatRequest(chatBody({ stream: true })))
const start = `POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${KEY}\r\n`
const chunked = `${start}transfer-encoding: chunked\r\n\r\n`

/** The record header and the start of a ClientHello, as browsers send it to a port they take for HTTPS. */
const TLS_HELLO = Buffer.from(
  `16030100c8010000c40303${'5a'.repeat(32)}20${'a5'.repeat(32)}0022130113031302c02bc02fcca9cca8c02cc030c00ac009`,
  'hex',
)

/** What a socket may bring. What uWebSockets.js answers to it, if anything, is its own affair. */
const PAYLOADS: Readonly<Record<string, string | Buffer>> = {
  'nothing at all': '',
  'one byte': 'G',
  'one line end': '\r\n',
  'a thousand line ends': '\r\n'.repeat(1000),
  'a null byte': '\0',
  'a megabyte of null bytes': Buffer.alloc(1_000_000),
  'every byte': Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)),
  'a megabyte of noise': Buffer.from(
    Array.from({ length: 1_000_000 }, (_, i) => (i * 7919 + (i >> 3)) & 0xff),
  ),
  'a TLS hello': TLS_HELLO,
  'an HTTP/2 preface': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0',
  'a request line without a version': 'GET /healthz\r\n\r\n',
  'HTTP/0.9': 'GET /\r\n',
  'HTTP/1.0': 'GET /healthz HTTP/1.0\r\n\r\n',
  'HTTP/1.0 with a body': `POST /v1/chat/completions HTTP/1.0\r\ncontent-length: 2\r\n\r\n{}`,
  'HTTP/9.9': 'GET /healthz HTTP/9.9\r\nhost: a\r\n\r\n',
  'a lower-case version': 'GET /healthz http/1.1\r\nhost: a\r\n\r\n',
  'a request without a host': 'GET /healthz HTTP/1.1\r\n\r\n',
  'two hosts': 'GET /healthz HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n',
  'an absolute URL': 'GET http://a/healthz HTTP/1.1\r\nhost: a\r\n\r\n',
  CONNECT: 'CONNECT a:443 HTTP/1.1\r\nhost: a\r\n\r\n',
  'OPTIONS *': 'OPTIONS * HTTP/1.1\r\nhost: a\r\n\r\n',
  'a method of 100 KB': `${'G'.repeat(100_000)} / HTTP/1.1\r\nhost: a\r\n\r\n`,
  'a path of 100 KB': `GET /${'a'.repeat(100_000)} HTTP/1.1\r\nhost: a\r\n\r\n`,
  'a path with a space': 'GET /v1/models x HTTP/1.1\r\nhost: a\r\n\r\n',
  'a path with a null byte': 'GET /v1/mo\0dels HTTP/1.1\r\nhost: a\r\n\r\n',
  'no path': 'GET  HTTP/1.1\r\nhost: a\r\n\r\n',
  'no method': ' /healthz HTTP/1.1\r\nhost: a\r\n\r\n',
  'tabs for spaces': 'GET\t/healthz\tHTTP/1.1\r\nhost: a\r\n\r\n',
  'bare line feeds': 'GET /healthz HTTP/1.1\nhost: a\n\n',
  'bare carriage returns': 'GET /healthz HTTP/1.1\rhost: a\r\r',
  'one header of 100 KB': `GET / HTTP/1.1\r\nhost: a\r\nx: ${'a'.repeat(100_000)}\r\n\r\n`,
  '10,000 headers': `GET / HTTP/1.1\r\nhost: a\r\n${'x: y\r\n'.repeat(10_000)}\r\n`,
  '60 headers': `GET / HTTP/1.1\r\nhost: a\r\n${'x: y\r\n'.repeat(60)}\r\n`,
  'headers without an end': `GET / HTTP/1.1\r\n${'x: y\r\n'.repeat(100)}`,
  'a header without a colon': 'GET / HTTP/1.1\r\nhost\r\n\r\n',
  'a header without a name': 'GET / HTTP/1.1\r\n: a\r\n\r\n',
  'a space before the colon': 'GET / HTTP/1.1\r\nhost : a\r\n\r\n',
  'a folded header': 'GET / HTTP/1.1\r\nhost: a\r\nx: a\r\n b\r\n\r\n',
  'a null byte in a header': 'GET / HTTP/1.1\r\nhost: a\r\nx: a\0b\r\n\r\n',
  'a carriage return in a request id': 'GET / HTTP/1.1\r\nhost: a\r\nx-request-id: a\rx-injected: b\r\n\r\n',
  'a line feed in an origin': 'GET / HTTP/1.1\r\nhost: a\r\norigin: a\nx-injected: b\r\n\r\n',
  'two lengths': `${start}content-length: 2\r\ncontent-length: 9\r\n\r\n{}`,
  'a negative length': `${start}content-length: -2\r\n\r\n{}`,
  'a length with a sign': `${start}content-length: +2\r\n\r\n{}`,
  'a length in hex': `${start}content-length: 0x2\r\n\r\n{}`,
  'a length with an exponent': `${start}content-length: 2e0\r\n\r\n{}`,
  'an empty length': `${start}content-length:\r\n\r\n{}`,
  'a length of 30 digits': `${start}content-length: ${'9'.repeat(30)}\r\n\r\n{}`,
  'a length list': `${start}content-length: 2, 2\r\n\r\n{}`,
  'a length and chunks': `${start}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`,
  'an unknown transfer coding': `${start}transfer-encoding: gzip\r\n\r\n{}`,
  'chunks that are not last': `${start}transfer-encoding: chunked, gzip\r\n\r\n0\r\n\r\n`,
  'an empty transfer coding': `${start}transfer-encoding:\r\n\r\n{}`,
  'a chunk of no size': `${chunked}\r\n{}\r\n0\r\n\r\n`,
  'a chunk size that is no number': `${chunked}zz\r\n{}\r\n0\r\n\r\n`,
  'a negative chunk size': `${chunked}-2\r\n{}\r\n0\r\n\r\n`,
  'a chunk size of 16 digits': `${chunked}ffffffffffffffff\r\n{}\r\n0\r\n\r\n`,
  'a chunk size of 1,000 digits': `${chunked}${'0'.repeat(1000)}2\r\n{}\r\n0\r\n\r\n`,
  'a chunk extension': `${chunked}2;a=b\r\n{}\r\n0\r\n\r\n`,
  'a chunk longer than its size': `${chunked}1\r\n{}\r\n0\r\n\r\n`,
  'a chunk shorter than its size': `${chunked}9\r\n{}\r\n0\r\n\r\n`,
  trailers: `${chunked}2\r\n{}\r\n0\r\nx: y\r\n\r\n`,
  'a websocket upgrade':
    'GET /v1/models HTTP/1.1\r\nhost: a\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  'an h2c upgrade':
    'GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade, http2-settings\r\nupgrade: h2c\r\n\r\n',
  'a PROXY line': 'PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\nGET / HTTP/1.1\r\nhost: a\r\n\r\n',
  'an SSH greeting': 'SSH-2.0-OpenSSH_9.6\r\n',
  'a smuggled second request': `${start}content-length: 5\r\n\r\n{}   GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n`,
  'two requests at once': 'GET /healthz HTTP/1.1\r\nhost: a\r\n\r\nGET /version HTTP/1.1\r\nhost: a\r\n\r\n',
  'two chats at once': Buffer.concat([GOOD, GOOD]),
  'a hundred requests at once': 'GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n'.repeat(100),
  'a stream and another request': Buffer.concat([STREAM, GOOD]),
  'a body that stops half way': GOOD.subarray(0, HEAD_BYTES + 20),
  'a head that stops half way': GOOD.subarray(0, HEAD_BYTES - 10),
  'a head without its body': GOOD.subarray(0, HEAD_BYTES),
  'a chunked body that stops half way': `${chunked}ff\r\n{"model":`,
  'a chunked body without an end': `${chunked}2\r\n{}\r\n`,
  'a body to a route that takes none': `GET /healthz HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\n{}`,
}

test('the process before', async () => {
  await assertServes()
  await sendRaw(daemon.port, chatRequest(chatBody({ user: 'a'.repeat(300_000) })))
})

test('whatever stands on a socket, the daemon lives, answers others and lets go of the socket', async () => {
  const before = await readProcessState({ daemon, emulator })
  const connections = Object.entries(PAYLOADS).map(([name, bytes]) => ({
    name,
    bytes,
    ...openRaw(daemon.port),
  }))
  try {
    for (const { bytes, socket } of connections) {
      socket.write(bytes)
      await assertServes()
    }
    const all = connections.map(async ({ name, closed, wire }) => {
      const limit = new AbortController()
      const late = sleep(CLOSED_LIMIT_MS, 'late', { signal: limit.signal }).catch(() => 'aborted')
      assert.notEqual(await Promise.race([closed, late]), 'late', `${name} is still open`)
      limit.abort()
      assert.doesNotMatch(wire(), /^x-injected/im, name)
    })
    await Promise.all(all)
  } finally {
    for (const { socket } of connections) socket.destroy()
  }
  await assertServes()
  await assertUnchanged({ daemon, emulator }, before)
})

test('what comes in one piece may come in two, cut at every byte', async () => {
  // The library answers 505 to a request line that is cut at certain points; the head's last byte decides nothing.
  const cuts = Array.from({ length: GOOD.length - 1 }, (_, index) => index + 1)
  const statuses = new Map<number, number>()
  const inOneGo = 25
  for (let at = 0; at < cuts.length; at += inOneGo) {
    await Promise.all(
      cuts.slice(at, at + inOneGo).map(async (cut) => {
        const { socket, reply } = openRaw(daemon.port)
        try {
          socket.write(GOOD.subarray(0, cut))
          await sleep(10)
          socket.write(GOOD.subarray(cut))
          const { status } = await reply()
          statuses.set(cut, status)
        } finally {
          socket.destroy()
        }
      }),
    )
  }
  const others = [...statuses].filter(([, status]) => status !== 200)
  const requestLineBytes = GOOD.indexOf('\r\n') + 2
  assert.ok(
    others.every(([cut, status]) => cut <= requestLineBytes && (status === 505 || status === 400)),
    JSON.stringify(others),
  )
  await assertServes()
})

test('what comes byte by byte is answered, while others are not held up', async () => {
  const slow = Array.from({ length: 20 }, () => openRaw(daemon.port))
  try {
    const answers = slow.map(async ({ socket, reply }) => {
      // The request line whole: cut at some of its bytes the library refuses it.
      const lineBytes = GOOD.indexOf('\r\n') + 2
      socket.write(GOOD.subarray(0, lineBytes))
      for (let at = lineBytes; at < GOOD.length; at += 1) {
        await sleep(5)
        socket.write(GOOD.subarray(at, at + 1))
      }
      return (await reply()).status
    })
    for (let round = 0; round < 20; round += 1) {
      await assertServes()
      await sleep(20)
    }
    assert.deepEqual([...new Set(await Promise.all(answers))], [200])
  } finally {
    for (const { socket } of slow) socket.destroy()
  }
})

test('clients that reset or half-close at any moment leave nothing behind', async () => {
  const before = await readProcessState({ daemon, emulator })
  const moments = [0, 1, 30, HEAD_BYTES - 1, HEAD_BYTES, HEAD_BYTES + 10, STREAM.length]
  for (let round = 0; round < 10; round += 1) {
    await Promise.all(
      moments.flatMap((bytes) =>
        (['reset', 'end'] as const).map(async (how) => {
          const { socket, closed } = openRaw(daemon.port)
          try {
            socket.write(STREAM.subarray(0, bytes))
            await sleep(round)
            if (how === 'reset') socket.resetAndDestroy()
            else socket.end()
            await closed
          } finally {
            socket.destroy()
          }
        }),
      ),
    )
    await assertServes()
  }
  await assertUnchanged({ daemon, emulator }, before)
})

test('a thousand connections that come and go leave nothing behind', async () => {
  const before = await readProcessState({ daemon, emulator })
  for (let round = 0; round < 10; round += 1) {
    const crowd = Array.from({ length: 100 }, () => openRaw(daemon.port))
    try {
      for (const [index, { socket }] of crowd.entries()) {
        if (index % 3 === 0) socket.resetAndDestroy()
        else socket.write(index % 3 === 1 ? GOOD.subarray(0, 50) : GOOD)
      }
      await assertServes()
    } finally {
      for (const { socket } of crowd) socket.destroy()
    }
  }
  await assertUnchanged({ daemon, emulator }, before)
})

test('a reply to a request with odd bytes in every header repeats none of them', async () => {
  const odd = '\u00ff\u0080<b>\t"\\;,=%0d%0a'
  const headers = [
    'x-request-id',
    'origin',
    'referer',
    'user-agent',
    'accept',
    'cookie',
    'x-forwarded-for',
    'via',
  ]
  const reply = await sendRaw(daemon.port, {
    headers: [...JSON_HEADERS, ...headers.map((name) => [name, odd] as const)],
    body: chatBody(),
  })
  assert.equal(reply.status, 200)
  assert.ok(!reply.wire.includes('<b>'))
})

test('the log stayed calm', () => {
  assertCalmLog(daemon, [])
  assert.ok(!daemon.output().includes(KEY))
})
