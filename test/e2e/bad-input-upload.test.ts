import assert from 'node:assert/strict'
import { Agent, request } from 'node:http'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Emulator, startEmulator } from '../emulator/emulator.js'
import { BAD_CASES, chatBody, chatRequest, DENIED_MODEL, JSON_HEADERS, KEY } from './bad-input-cases.js'
import { type Daemon, startDaemon } from './daemon.js'
import { assertCalmLog, assertUnchanged, readProcessState } from './process-state.js'
import { openRaw, type RawReply, sendRaw, toRequestBytes } from './raw-http.js'

const INLINE_BYTES_MAX = 4_000
const BODY_BYTES_MAX = 200_000
/** More than the kernel's buffers of both ends hold, so that the client is still sending when the answer comes. */
const UPLOAD_BYTES = 24_000_000

let emulator: Emulator
let daemon: Daemon
before(async () => {
  emulator = await startEmulator()
  daemon = await startDaemon({
    emulator,
    environment: {
      BEDROCKD_API_KEYS: KEY,
      BEDROCKD_MODELS_DENY: DENIED_MODEL,
      BEDROCKD_BODY_INLINE_BYTES_MAX: String(INLINE_BYTES_MAX),
      BEDROCKD_BODY_BYTES_MAX: String(BODY_BYTES_MAX),
    },
  })
})
after(async () => {
  assert.equal(await daemon.stop(), 0)
  await emulator.close()
})

/** A good chat of exactly this many bytes. */
function chatOfBytes(bytes: number): string {
  const spare = chatBody({ messages: [{ role: 'user', content: '' }] }).length
  return chatBody({ messages: [{ role: 'user', content: 'a'.repeat(bytes - spare) }] })
}

for (const bytes of [
  INLINE_BYTES_MAX - 1,
  INLINE_BYTES_MAX,
  INLINE_BYTES_MAX + 1,
  BODY_BYTES_MAX - 1,
  BODY_BYTES_MAX,
]) {
  for (const chunkBytes of [undefined, 1_000, 1]) {
    const how = chunkBytes === undefined ? 'with a length' : `in chunks of ${chunkBytes}`
    test(`a chat of ${bytes} bytes ${how} reaches Bedrock whole`, async () => {
      const body = chatOfBytes(bytes)
      const reply = await sendRaw(daemon.port, {
        ...chatRequest(body),
        ...(chunkBytes === undefined ? {} : { chunkBytes }),
      })
      assert.equal(reply.status, 200, reply.body)
      const sent = emulator.requests.at(-1)?.body as { messages: { content: { text: string }[] }[] }
      assert.equal(sent.messages[0]?.content[0]?.text, JSON.parse(body).messages[0].content)
    })
  }
}

for (const chunkBytes of [undefined, 1_000, 1]) {
  const how = chunkBytes === undefined ? 'with a length' : `in chunks of ${chunkBytes}`
  test(`one byte over BEDROCKD_BODY_BYTES_MAX ${how} is a 413 that names the setting`, async () => {
    const reply = await sendRaw(daemon.port, {
      ...chatRequest(chatOfBytes(BODY_BYTES_MAX + 1)),
      ...(chunkBytes === undefined ? {} : { chunkBytes }),
    })
    assert.equal(reply.status, 413)
    assert.match(JSON.parse(reply.body).error.message, /at most 200000 bytes \(BEDROCKD_BODY_BYTES_MAX\)/)
  })
}

test('a worker refuses in the words of the main thread', async () => {
  const small = BAD_CASES.filter(({ request: { path, method, headers, body } }) => {
    const ownLength = headers?.some(([name]) => name === 'content-length')
    const isChat = path === undefined && method === undefined && !ownLength
    return isChat && typeof body === 'string' && body.length > 0 && body.length < INLINE_BYTES_MAX
  })
  assert.ok(small.length > 200, String(small.length))
  for (const { name, request: bad } of small) {
    // White space after a JSON text changes nothing of what it says.
    const large = { ...bad, body: `${bad.body}${' '.repeat(INLINE_BYTES_MAX)}` }
    const [inline, worker] = await Promise.all([sendRaw(daemon.port, bad), sendRaw(daemon.port, large)])
    assert.equal(worker.status, inline.status, name)
    assert.deepEqual(withoutPosition(worker), withoutPosition(inline), name)
  }
})

/** Where text ends too early differs by the white space. */
function withoutPosition(reply: RawReply): unknown {
  return JSON.parse(reply.body.replace(/ \(at position \d+\)/, ''))
}

interface Upload {
  readonly agent: Agent | false
  readonly headers: Readonly<Record<string, string>>
  readonly isChunked: boolean
  readonly slow: boolean
}

/** Uploads with node:http; resolves with what the client saw of the reply. */
function upload({
  agent,
  headers,
  isChunked,
  slow,
}: Upload): Promise<{ status: number | undefined; text: string }> {
  return new Promise((resolve, reject) => {
    const options = { port: daemon.port, method: 'POST', path: '/v1/chat/completions', agent, headers }
    const asked = request(options, (reply) => {
      let text = ''
      reply.on('data', (chunk: Buffer) => {
        text += chunk.toString()
      })
      reply.on('end', () => resolve({ status: reply.statusCode, text }))
      reply.on('error', reject)
    })
    asked.on('error', reject)
    if (!isChunked) asked.setHeader('content-length', UPLOAD_BYTES)
    const sliceBytes = UPLOAD_BYTES / (slow ? 10 : 300)
    let left = UPLOAD_BYTES
    const push = (): void => {
      if (left <= 0) {
        asked.end()
        return
      }
      left -= sliceBytes
      asked.write(Buffer.alloc(sliceBytes, ' '), () => {
        if (slow) setTimeout(push, 20)
        else push()
      })
    }
    push()
  })
}

const json = { 'content-type': 'application/json' }
const REFUSALS = [
  { status: 413, headers: { authorization: `Bearer ${KEY}`, ...json } },
  { status: 401, headers: { authorization: 'Bearer wrong', ...json } },
  {
    status: 415,
    headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/x-www-form-urlencoded' },
  },
] as const

for (const { status, headers } of REFUSALS) {
  for (const keepAlive of [true, false]) {
    for (const isChunked of [true, false]) {
      for (const slow of [true, false]) {
        const agent = keepAlive ? 'keeps its connection' : 'asks to close it'
        const how = `${slow ? 'slowly ' : ''}${isChunked ? 'in chunks' : 'with a length'}`
        test(`a client that ${agent} and uploads ${how} sees the ${status}`, async () => {
          const own = new Agent({ keepAlive })
          try {
            const reply = await upload({ agent: own, headers, isChunked, slow })
            assert.equal(reply.status, status)
            assert.ok('error' in JSON.parse(reply.text))
          } finally {
            own.destroy()
          }
        })
      }
    }
  }
  for (const connection of ['close', 'keep-alive', null]) {
    test(`a client with connection: ${connection} that sends all before it reads sees the ${status}`, async () => {
      const { socket, reply } = openRaw(daemon.port)
      try {
        socket.pause()
        const bytes = toRequestBytes({
          headers: [
            ...Object.entries(headers),
            ...(connection === null ? [] : [['connection', connection] as const]),
          ],
          body: Buffer.alloc(UPLOAD_BYTES, ' '),
        })
        for (let offset = 0; offset < bytes.length; offset += 1_000_000) {
          await new Promise((resolve) => socket.write(bytes.subarray(offset, offset + 1_000_000), resolve))
          await sleep(2)
        }
        socket.resume()
        assert.equal((await reply()).status, status)
      } finally {
        socket.destroy()
      }
    })
  }
}

test('a connection that was refused during an upload serves the next request', async () => {
  const { socket, reply, wire } = openRaw(daemon.port)
  try {
    const headers = [...JSON_HEADERS, ['connection', 'keep-alive'] as const]
    socket.write(toRequestBytes({ headers, body: Buffer.alloc(UPLOAD_BYTES, ' ') }))
    assert.equal((await reply()).status, 413)
    const drained = new Promise((resolve) => socket.write('', resolve))
    await drained
    const seen = wire().length
    socket.write(toRequestBytes({ method: 'GET', path: '/healthz' }))
    while (!wire().slice(seen).includes('"alive"')) await sleep(5)
    assert.match(wire().slice(seen), /^HTTP\/1\.1 200 OK\r\n/)
  } finally {
    socket.destroy()
  }
})

test('a client that asks to close gets its answer to a good request', async () => {
  for (const bytes of [500, INLINE_BYTES_MAX + 1, BODY_BYTES_MAX]) {
    const headers = [...JSON_HEADERS, ['connection', 'close'] as const]
    const reply = await sendRaw(daemon.port, { headers, body: chatOfBytes(bytes) })
    assert.equal(reply.status, 200, reply.body)
  }
})

test('a client that expects a 100 and asks to close sees why it was refused', async () => {
  const { socket, wire, closed } = openRaw(daemon.port)
  try {
    const headers = [
      ['authorization', 'Bearer wrong'],
      ['expect', '100-continue'],
      ['connection', 'close'],
      ['content-length', String(UPLOAD_BYTES)],
    ] as const
    socket.write(toRequestBytes({ headers }))
    while (wire() === '') await sleep(5)
    assert.equal(wire(), 'HTTP/1.1 100 Continue\r\n\r\n')
    socket.write(Buffer.alloc(UPLOAD_BYTES, ' '))
    await closed
    assert.match(wire(), /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 401 Unauthorized\r\n/)
  } finally {
    socket.destroy()
  }
})

test('an upload that is refused and never ends is cut off', async () => {
  const { socket, closed } = openRaw(daemon.port)
  try {
    const headers = [
      ['connection', 'close'],
      ['transfer-encoding', 'chunked'],
    ] as const
    socket.write(toRequestBytes({ headers }))
    const slice = Buffer.alloc(1_000_000, ' ')
    const chunk = Buffer.concat([Buffer.from(`${slice.length.toString(16)}\r\n`), slice, Buffer.from('\r\n')])
    let failure: unknown = null
    for (let sent = 0; failure === null && sent < 500; sent += 1) {
      failure = await new Promise((resolve) => socket.write(chunk, (error) => resolve(error ?? null)))
    }
    assert.ok(failure instanceof Error, 'it was still open after 500 MB')
    await closed
  } finally {
    socket.destroy()
  }
})

test('uploads of all kinds leave the process as it was', async () => {
  const before = await readProcessState({ daemon, emulator })
  for (let round = 0; round < 10; round += 1) {
    await Promise.all(
      REFUSALS.map(({ status, headers }) =>
        sendRaw(daemon.port, {
          headers: Object.entries(headers),
          body: Buffer.alloc(UPLOAD_BYTES, ' '),
        }).then((reply) => assert.equal(reply.status, status)),
      ),
    )
  }
  await assertUnchanged({ daemon, emulator }, before)
  assertCalmLog(daemon, [])
})
