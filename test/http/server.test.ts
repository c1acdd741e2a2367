import assert from 'node:assert/strict'
import { request } from 'node:http'
import { after, before, test } from 'node:test'
import { ERRORS, GatewayError } from '../../src/errors.js'
import { createAuthenticator } from '../../src/http/authenticate.js'
import { createCors } from '../../src/http/cors.js'
import type { Exchange } from '../../src/http/exchange.js'
import { createServer, type RouteHandler } from '../../src/http/server.js'

const ORIGIN = 'https://chat.example.com'
const FAULT = 'a fault with private words'

/** The ways a programming error can leave a handler. */
const FAULTS: Readonly<Record<string, RouteHandler>> = {
  'throws at once': () => {
    throw new TypeError(FAULT)
  },
  'throws what is no error': () => {
    throw FAULT
  },
  'throws undefined': () => {
    throw undefined
  },
  'rejects at once': () => Promise.reject(new Error(FAULT)),
  'rejects after a while': async () => {
    await new Promise((resolve) => setTimeout(resolve, 5))
    throw new RangeError(FAULT)
  },
  'rejects after it read the body': async (exchange) => {
    await exchange.readBody(1000)
    throw new Error(FAULT)
  },
}

const finished: Exchange[] = []
const bodies = { bytes: 0, bytesMax: 100_000, aheadBytes: 0 }
let handler: RouteHandler = () => {}
const run: RouteHandler = (exchange, id) => handler(exchange, id)
const server = createServer({
  address: { host: '127.0.0.1', port: 0 },
  reusePort: false,
  routePrefixes: ['/v1'],
  handlers: {
    models: run,
    model: run,
    chat: run,
    embeddings: run,
    rerank: run,
    imageGenerations: run,
    imageEdits: run,
    imageFile: run,
    root: run,
    healthz: run,
    readyz: run,
    version: run,
  },
  authenticate: createAuthenticator([]),
  cors: createCors([ORIGIN]),
  connections: { open: 0, max: 100 },
  bodies,
  writeStallMs: 5_000,
  newRequestId: () => 'made-here',
  now: () => performance.now(),
  onStarted: () => {},
  keepsConnections: () => true,
  onFinished: (exchange) => finished.push(exchange),
})
let port = 0
before(async () => {
  port = await server.listen()
})
after(() => server.close())

interface Reply {
  readonly status: number | undefined
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
}

function ask(method: string, path: string): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const asked = request({ port, method, path, agent: false, headers: { origin: ORIGIN } }, (reply) => {
      let text = ''
      reply.on('data', (chunk: Buffer) => {
        text += chunk.toString()
      })
      reply.on('end', () => resolve({ status: reply.statusCode, headers: reply.headers, text }))
      reply.on('error', reject)
    })
    asked.on('error', reject)
    asked.end(method === 'POST' ? '{"a":1}' : undefined)
  })
}

for (const [how, fault] of Object.entries(FAULTS)) {
  for (const [method, path] of [
    ['POST', '/v1/chat/completions'],
    ['GET', '/healthz'],
  ] as const) {
    if (method === 'GET' && how.includes('body')) continue
    test(`a handler of ${method} ${path} that ${how} is a 500 in OpenAI's shape, and the next request is answered`, async () => {
      handler = fault
      const reply = await ask(method, path)
      assert.equal(reply.status, 500)
      assert.equal(reply.headers['content-type'], 'application/json')
      assert.equal(reply.headers['x-request-id'], 'made-here')
      assert.equal(reply.headers['access-control-allow-origin'], ORIGIN)
      assert.deepEqual(JSON.parse(reply.text), {
        error: {
          message: 'The gateway failed to handle this request.',
          type: 'server_error',
          param: null,
          code: 'internal_error',
        },
      })
      assert.ok(finished.at(-1)?.facts.error?.code === 'internal_error')
      handler = (exchange) => exchange.replyJson(200, '{"fine":true}')
      assert.equal((await ask(method, path)).text, '{"fine":true}')
    })
  }
}

test('a handler that throws after its event stream began ends it with an error event and [DONE]', async () => {
  handler = async (exchange) => {
    exchange.openEventStream().write('data: {"first":1}\n\n')
    await new Promise((resolve) => setTimeout(resolve, 5))
    throw new Error(FAULT)
  }
  const reply = await ask('POST', '/v1/chat/completions')
  assert.equal(reply.status, 200)
  const [first, error, done, rest] = reply.text.split('\n\n')
  assert.equal(first, 'data: {"first":1}')
  assert.equal(JSON.parse(error?.slice('data: '.length) ?? '').error.code, 'internal_error')
  assert.equal(done, 'data: [DONE]')
  assert.equal(rest, '')
  assert.ok(!reply.text.includes(FAULT))
})

test('a handler that throws after its reply changes nothing of it', async () => {
  handler = (exchange) => {
    exchange.replyJson(200, '{"fine":true}')
    throw new Error(FAULT)
  }
  const before = finished.length
  const reply = await ask('GET', '/healthz')
  assert.deepEqual([reply.status, reply.text], [200, '{"fine":true}'])
  assert.equal(finished.length, before + 1)
})

test('a second reply is ignored', async () => {
  handler = (exchange) => {
    exchange.replyError(new GatewayError('overloaded', 'first'))
    exchange.replyJson(200, '{"second":true}')
    exchange.replyError(new Error(FAULT))
  }
  const reply = await ask('POST', '/v1/chat/completions')
  assert.equal(reply.status, 503)
  assert.equal(JSON.parse(reply.text).error.message, 'first')
})

for (const [code, { status, retry }] of Object.entries(ERRORS) as [
  keyof typeof ERRORS,
  (typeof ERRORS)[keyof typeof ERRORS],
][]) {
  test(`${code} arrives as ${status} and tells the official SDKs ${retry ? 'when' : 'not'} to try again`, async () => {
    handler = () => {
      throw new GatewayError(code, 'words', { param: 'messages[0]' })
    }
    const reply = await ask('POST', '/v1/chat/completions')
    assert.equal(reply.status, status)
    assert.deepEqual(JSON.parse(reply.text).error, {
      message: 'words',
      type: ERRORS[code].type,
      param: 'messages[0]',
      code,
    })
    assert.equal(reply.headers['retry-after'], retry ? '1' : undefined)
    assert.equal(reply.headers['x-should-retry'], retry ? undefined : 'false')
    assert.equal(reply.headers['access-control-allow-origin'], ORIGIN)
  })
}

for (const [origin, foreign] of [
  [ORIGIN, false],
  ['https://evil.example.com', true],
  ['null', true],
  [undefined, false],
] as const) {
  test(`a request with the origin ${origin} is ${foreign ? '' : 'not '}from a foreign page`, async () => {
    handler = (exchange) => exchange.replyJson(200, JSON.stringify(exchange.foreignOrigin))
    const headers: Record<string, string> = origin === undefined ? {} : { origin }
    const reply = await fetch(`http://127.0.0.1:${port}/healthz`, { headers })
    assert.equal(await reply.json(), foreign)
  })
}

test('bodies that are too large together are a 503, and what was read makes room for others', async () => {
  const body = Buffer.alloc(80_000)
  const send = (): Promise<Response> =>
    fetch(`http://127.0.0.1:${port}/v1/chat/completions`, { method: 'POST', body })
  let first: Exchange | null = null
  handler = async (exchange) => {
    await exchange.readBody(1_000_000)
    if (first === null) first = exchange
    else exchange.replyEmpty(204)
  }
  const held = send()
  while (first === null) await new Promise((resolve) => setTimeout(resolve, 5))
  const refused = await send()
  assert.equal(refused.status, 503)
  assert.match(await refused.text(), /BEDROCKD_BODIES_BYTES_MAX/)
  const exchange: Exchange = first
  exchange.releaseBody()
  assert.equal((await send()).status, 204)
  exchange.replyEmpty(204)
  assert.equal((await held).status, 204)
  assert.equal(bodies.bytes, 0)
})
