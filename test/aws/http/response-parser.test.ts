import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { test } from 'node:test'
import fc from 'fast-check'
import { MalformedResponseError } from '../../../src/aws/http/response-head.js'
import { ResponseParser } from '../../../src/aws/http/response-parser.js'
import { readReply } from './read-reply.js'

const OK = 'HTTP/1.1 200 OK\r\n'
const CHUNKED = `${OK}transfer-encoding: chunked\r\n\r\n`

/** Replies that are as RFC 9112 has them. */
const VALID = {
  'a length': `${OK}Content-Length: 5\r\nX-Amzn-RequestId: abc\r\n\r\nhello`,
  'a length of 0': `${OK}content-length: 0\r\n\r\n`,
  'spaces around a value': `${OK}x-a:\t a b \t\r\nempty:\r\ncontent-length: 5\r\n\r\nhello`,
  chunks: `${CHUNKED}5\r\nhello\r\n1\r\n \r\n00005\r\nworld\r\n0\r\n\r\n`,
  'chunks with sizes in capitals': `${OK}Transfer-Encoding: Chunked\r\n\r\nA\r\n0123456789\r\nb\r\n0123456789a\r\n0\r\n\r\n`,
  'chunk extensions': `${CHUNKED}5;name=value;other="quoted; text"\r\nhello\r\n0;last\r\n\r\n`,
  trailers: `${CHUNKED}5\r\nhello\r\n0\r\nchecksum: 1\r\nmore: 2\r\n\r\n`,
  'content that looks like framing': `${CHUNKED}9\r\n\r\n0\r\n\r\n\r\n\r\n0\r\n\r\n`,
  'no length, so the end of the connection': `${OK}content-type: text/plain\r\n\r\nhello\r\n\r\nworld`,
  'HTTP/1.0': 'HTTP/1.0 200 OK\r\ncontent-length: 5\r\n\r\nhello',
  'connection: close': `${OK}connection: foo, Close\r\ncontent-length: 5\r\n\r\nhello`,
  'connection: keep-alive': `${OK}connection: keep-alive\r\nkeep-alive: timeout=7, max=3\r\ncontent-length: 1\r\n\r\nh`,
  'no reason phrase': 'HTTP/1.1 404 \r\ncontent-length: 2\r\n\r\nno',
  'a status alone': 'HTTP/1.1 503\r\ncontent-length: 2\r\n\r\nno',
  'a reason in Latin-1': 'HTTP/1.1 400 F\xe4lsch\r\nx: \xfc\r\ncontent-length: 2\r\n\r\nno',
  '204 without a body': 'HTTP/1.1 204 No Content\r\nx: y\r\n\r\n',
  '304 with the length of what it leaves out': 'HTTP/1.1 304 Not Modified\r\ncontent-length: 100\r\n\r\n',
  'informational replies before it': `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n${OK}content-length: 5\r\n\r\nhello`,
  'a header twice': `${OK}content-length: 5\r\nx-a: 1\r\nX-A: 2\r\n\r\nhello`,
} as const

/** What Node's own parser makes of the same bytes. */
async function readWithNode(reply: string) {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => socket.end(Buffer.from(reply, 'latin1')))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    const { port } = server.address() as AddressInfo
    const sent = request({ host: '127.0.0.1', port, method: 'POST' }).end()
    const [response] = (await once(sent, 'response')) as [import('node:http').IncomingMessage]
    const parts: Buffer[] = []
    for await (const part of response) parts.push(part as Buffer)
    const headers = Object.entries(response.headers).map(([name, value]) => [name, String(value)])
    return {
      status: response.statusCode,
      headers: Object.fromEntries(headers) as Record<string, string>,
      body: Buffer.concat(parts).toString('latin1'),
      ended: response.complete,
    }
  } finally {
    server.close()
  }
}

for (const [name, reply] of Object.entries(VALID)) {
  test(`a reply with ${name} is read as Node reads it`, async () => {
    const { status, headers, body, ended } = readReply(reply)
    assert.deepEqual({ status, headers, body, ended }, await readWithNode(reply))
  })

  test(`a reply with ${name} is the same wherever it is cut`, () => {
    const { bodyParts: _, ...whole } = readReply(reply)
    for (let pieceBytes = 1; pieceBytes < reply.length; pieceBytes += 1) {
      const { bodyParts: __, ...pieces } = readReply(reply, pieceBytes)
      assert.deepEqual(pieces, whole, `pieces of ${pieceBytes}`)
    }
  })
}

test('a connection is kept unless the server, its version or the end of the body says no', () => {
  const kept = Object.entries(VALID).filter(([, reply]) => !readReply(reply).keepsAlive)
  assert.deepEqual(
    kept.map(([name]) => name),
    ['no length, so the end of the connection', 'HTTP/1.0', 'connection: close'],
  )
  assert.equal(readReply(VALID['connection: keep-alive']).keepAliveSeconds, 7)
  assert.equal(readReply(VALID.chunks).keepAliveSeconds, null)
})

test('all chunks of one read come as one part', () => {
  assert.equal(readReply(VALID.chunks).bodyParts, 1)
})

test('bytes behind a reply are left, and the next reply is read after a reset', () => {
  const parser = new ResponseParser()
  const first = readReply(`${VALID.chunks}HTTP/1.1`, undefined, parser)
  assert.deepEqual([first.ended, first.left], [true, 8])
  parser.reset()
  const second = readReply(VALID['connection: close'], 3, parser)
  assert.deepEqual([second.body, second.keepsAlive], ['hello', false])
})

/** With what the reader has been told of the body before it fails. */
const MALFORMED = {
  'no HTTP at all': 'SSH-2.0-OpenSSH_9.6\r\n',
  'the first byte of something else': 'S',
  'HTTP/2': 'HTTP/2 200 OK\r\n\r\n',
  'HTTP/1.2': 'HTTP/1.2 200 OK\r\n\r\n',
  'a status of two digits': 'HTTP/1.1 20 OK\r\n\r\n',
  'a status of four digits': 'HTTP/1.1 2000 OK\r\n\r\n',
  'a status below 100': 'HTTP/1.1 099 OK\r\n\r\n',
  'another protocol': 'HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\n\r\n',
  'a header without a colon': `${OK}content-length 5\r\n\r\n`,
  'a header without a name': `${OK}: 5\r\n\r\n`,
  'a space before a colon': `${OK}content-length : 5\r\n\r\n`,
  'a folded header': `${OK}x: a\r\n b\r\ncontent-length: 0\r\n\r\n`,
  'a bare line feed in a header': `${OK}x: a\ny: b\r\ncontent-length: 0\r\n\r\n`,
  'a bare carriage return in a header': `${OK}x: a\rb\r\ncontent-length: 0\r\n\r\n`,
  'a NUL in a header': `${OK}x: a\0b\r\ncontent-length: 0\r\n\r\n`,
  'two lengths': `${OK}content-length: 5\r\ncontent-length: 6\r\n\r\nhello`,
  'the same length twice': `${OK}content-length: 5\r\ncontent-length: 5\r\n\r\nhello`,
  'a negative length': `${OK}content-length: -5\r\n\r\nhello`,
  'a length with a sign': `${OK}content-length: +5\r\n\r\nhello`,
  'a hexadecimal length': `${OK}content-length: 0x5\r\n\r\nhello`,
  'a huge length': `${OK}content-length: 99999999999999999999\r\n\r\nhello`,
  'an empty length': `${OK}content-length:\r\n\r\nhello`,
  'a length and chunks': `${OK}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
  'an encoding that nobody asked for': `${OK}transfer-encoding: gzip, chunked\r\n\r\n`,
  'chunks twice': `${OK}transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n`,
  'headers without end': `${OK}${'x: y\r\n'.repeat(11_000)}`,
  'headers that are too long': `${OK}x: ${'y'.repeat(66_000)}\r\n\r\n`,
  'a chunk without size': `${CHUNKED}\r\nhello\r\n`,
  'a chunk size that is no number': `${CHUNKED}5\r\nhello\r\nxyz\r\n`,
  'a negative chunk size': `${CHUNKED}-5\r\nhello\r\n`,
  'a chunk size with 0x': `${CHUNKED}0x5\r\nhello\r\n`,
  'a huge chunk size': `${CHUNKED}fffffffffffffffff\r\nhello\r\n`,
  'a chunk over the limit': `${CHUNKED}10000001\r\nhello\r\n`,
  'zeros without end': `${CHUNKED}${'0'.repeat(5_000)}`,
  'a chunk size with a bare line feed': `${CHUNKED}5\nhello\r\n`,
  'an extension with a bare line feed': `${CHUNKED}5;a\nhello\r\n`,
  'an extension without end': `${CHUNKED}5;${'a'.repeat(5_000)}`,
  'a chunk size with a bare carriage return': `${CHUNKED}5\rhello\r\n`,
  'a chunk longer than its size': `${CHUNKED}5\r\nhello!\r\n0\r\n\r\n`,
  'a chunk with a bare line feed at its end': `${CHUNKED}5\r\nhello\n0\r\n\r\n`,
  'trailers without end': `${CHUNKED}0\r\n${'x: y\r\n'.repeat(14_000)}`,
  'a bare line feed for trailers': `${CHUNKED}0\r\n\n`,
  'a trailer with a bare line feed': `${CHUNKED}0\r\nx: y\n\r\n`,
} as const

for (const [name, reply] of Object.entries(MALFORMED)) {
  test(`a reply with ${name} is refused, in one piece and in small ones`, () => {
    for (const pieceBytes of [reply.length, 1024, ...(reply.length < 200 ? [1, 2, 3] : [])]) {
      assert.throws(() => readReply(reply, pieceBytes), MalformedResponseError, `pieces of ${pieceBytes}`)
    }
  })
}

test('chunks before a malformed one are given', () => {
  const parts: string[] = []
  const bytes = Buffer.from(`${CHUNKED}5\r\nhello\r\n6\r\n world\r\nxyz`)
  const sink = { onHead() {}, onBody: (part: Buffer) => void parts.push(part.toString()) }
  assert.throws(() => new ResponseParser().push(bytes, bytes.length, sink), MalformedResponseError)
  assert.deepEqual(parts, ['hello world'])
})

for (const [name, reply] of [
  ['headers', `${OK}content-len`],
  ['a body with a length', `${OK}content-length: 6\r\n\r\nhello`],
  ['chunks', `${CHUNKED}5\r\nhello\r\n`],
  ['trailers', `${CHUNKED}0\r\nx: y\r\n`],
] as const) {
  test(`a connection that ends within ${name} is no end of the reply`, () => {
    assert.equal(readReply(reply).ended, false)
  })
}

test('whatever chunks, extensions, trailers and cuts: the body is the one that was sent', () => {
  const content = fc
    .uint8Array({ minLength: 1, maxLength: 300 })
    .map((bytes) => Buffer.from(bytes).toString('latin1'))
  const word = fc.stringMatching(/^[a-z]{1,8}$/)
  const chunk = fc.record({ content, extension: fc.option(word), zeros: fc.nat(3) })
  const replies = fc.record({
    chunks: fc.array(chunk, { maxLength: 8 }),
    trailers: fc.array(word, { maxLength: 3 }),
    pieceBytes: fc.integer({ min: 1, max: 400 }),
  })
  fc.assert(
    fc.property(replies, ({ chunks, trailers, pieceBytes }) => {
      const lines = chunks.map(({ content, extension, zeros }) => {
        const size = '0'.repeat(zeros) + content.length.toString(16)
        return `${size}${extension === null ? '' : `;${extension}`}\r\n${content}\r\n`
      })
      const last = `0\r\n${trailers.map((name) => `${name}: 1\r\n`).join('')}\r\n`
      const read = readReply(`${CHUNKED}${lines.join('')}${last}`, pieceBytes)
      assert.equal(read.body, chunks.map(({ content }) => content).join(''))
      assert.deepEqual([read.ended, read.left], [true, 0])
    }),
  )
})

test('whatever bytes come, they are a reply or refused, and never anything else', () => {
  const start = fc.constantFrom('', 'HTTP/1.1 ', OK, `${OK}content-length: 5\r\n\r\n`, CHUNKED)
  const rest = fc.array(fc.constantFrom('\r', '\n', '\r\n', '0', '5', 'a', ':', ' ', 'hello', ';', '\xff'), {
    maxLength: 30,
  })
  fc.assert(
    fc.property(start, rest, fc.integer({ min: 1, max: 40 }), (head, tokens, pieceBytes) => {
      try {
        readReply(head + tokens.join(''), pieceBytes)
      } catch (error) {
        assert(error instanceof MalformedResponseError)
      }
    }),
  )
})
