import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Emulator, startEmulator } from '../emulator/emulator.js'
import { chatBody, JSON_HEADERS, KEY } from './bad-input-cases.js'
import { type Daemon, startDaemon } from './daemon.js'
import { type RawReply, type RawRequest, sendRaw } from './raw-http.js'

const ORIGIN = 'https://chat.example.com'
const OTHER_ORIGIN = 'http://localhost:8080'
const EVIL_ORIGIN = 'https://evil.example.com'
const EXPOSED = 'x-request-id, retry-after, x-should-retry, x-bedrockd-dropped-params'

let emulator: Emulator
let listed: Daemon
let any: Daemon
let none: Daemon
before(async () => {
  emulator = await startEmulator()
  const start = (allowedOrigins: string) =>
    startDaemon({ emulator, environment: { BEDROCKD_API_KEYS: KEY, ALLOWED_ORIGINS: allowedOrigins } })
  ;[listed, any, none] = await Promise.all([start(`${ORIGIN}, ${OTHER_ORIGIN}/`), start('*'), start('')])
})
after(async () => {
  await Promise.all([listed, any, none].map((daemon) => daemon.stop()))
  await emulator.close()
})

/** The CORS headers of a reply. */
function corsOf(reply: RawReply): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...reply.headers].filter(([name]) => name.startsWith('access-control-') || name === 'vary'),
  )
}

function preflight(origin: string, headers = 'authorization,content-type', method = 'POST'): RawRequest {
  return {
    method: 'OPTIONS',
    path: '/v1/chat/completions',
    headers: [
      ['origin', origin],
      ['access-control-request-method', method],
      ['access-control-request-headers', headers],
    ],
  }
}

for (const origin of [ORIGIN, OTHER_ORIGIN]) {
  test(`a preflight from ${origin} is a 204 that allows it, without a key`, async () => {
    const reply = await sendRaw(listed.port, preflight(origin))
    assert.equal(reply.status, 204)
    assert.deepEqual(corsOf(reply), {
      'access-control-allow-origin': origin,
      'access-control-expose-headers': EXPOSED,
      'access-control-allow-methods': 'GET, HEAD, POST, OPTIONS',
      'access-control-allow-headers': 'authorization,content-type',
      'access-control-max-age': '600',
      vary: 'Origin',
    })
    assert.ok(reply.wire.endsWith('\r\n\r\n'))
  })
}

test('a preflight is answered at every path, also on the images listener', async () => {
  const images = Number(new URL(listed.imagesUrl).port)
  for (const port of [listed.port, images]) {
    for (const path of [
      '/v1/models',
      '/api/v1/images/generations',
      '/healthz',
      '/nowhere',
      '//v1//models/',
    ]) {
      const reply = await sendRaw(port, { ...preflight(ORIGIN, '', 'GET'), path })
      assert.equal(reply.status, 204, path)
      assert.equal(corsOf(reply)['access-control-allow-origin'], ORIGIN)
    }
  }
})

for (const origin of [
  EVIL_ORIGIN,
  'null',
  `${ORIGIN}.evil.example`,
  'http://chat.example.com',
  `${ORIGIN}:8443`,
]) {
  test(`a preflight from ${origin} allows nothing`, async () => {
    const reply = await sendRaw(listed.port, preflight(origin))
    assert.equal(reply.status, 204)
    assert.deepEqual(corsOf(reply), { vary: 'Origin' })
  })
}

test('asked headers are repeated only as a plain list', async () => {
  for (const [asked, allowed] of [
    ['authorization, x-openwebui-chat-id', 'authorization, x-openwebui-chat-id'],
    ['X-A', 'X-A'],
    ['<script>', 'authorization, content-type'],
    ['a\u00ffb', 'authorization, content-type'],
    ['a;b', 'authorization, content-type'],
    ['a'.repeat(1025), 'authorization, content-type'],
  ] as const) {
    const reply = await sendRaw(listed.port, preflight(ORIGIN, asked))
    assert.equal(corsOf(reply)['access-control-allow-headers'], allowed)
  }
})

/** Requests from a browser with the status of their replies: successes, and errors of all kinds. */
const REPLIES: readonly (RawRequest & { readonly status: number })[] = [
  { method: 'GET', path: '/v1/models', headers: JSON_HEADERS, status: 200 },
  { method: 'HEAD', path: '/v1/models', headers: JSON_HEADERS, status: 200 },
  { body: chatBody(), headers: JSON_HEADERS, status: 200 },
  { body: chatBody({ stream: true }), headers: JSON_HEADERS, status: 200 },
  { body: '{', headers: JSON_HEADERS, status: 400 },
  { body: chatBody(), headers: [], status: 401 },
  { method: 'GET', path: '/nowhere', headers: [], status: 404 },
  { body: chatBody({ model: 'nothing' }), headers: JSON_HEADERS, status: 404 },
  { method: 'PUT', path: '/v1/models', headers: JSON_HEADERS, status: 405 },
  { body: Buffer.alloc(26_214_401, ' '), headers: JSON_HEADERS, status: 413 },
  { body: 'a=b', headers: [...JSON_HEADERS.slice(0, 1), ['content-type', 'text/plain']], status: 415 },
]

function from(origin: string | null, request: RawRequest): RawRequest {
  return {
    ...request,
    headers: [...(request.headers ?? []), ...(origin === null ? [] : [['origin', origin] as const])],
  }
}

const CASES = [
  { name: 'an allowed origin', origin: ORIGIN, daemon: () => listed, allow: ORIGIN, vary: 'Origin' },
  { name: 'another origin', origin: EVIL_ORIGIN, daemon: () => listed, allow: undefined, vary: 'Origin' },
  { name: 'no origin', origin: null, daemon: () => listed, allow: undefined, vary: 'Origin' },
  { name: 'any origin under "*"', origin: EVIL_ORIGIN, daemon: () => any, allow: '*', vary: undefined },
  { name: 'no origin under "*"', origin: null, daemon: () => any, allow: undefined, vary: undefined },
  {
    name: 'an origin without a setting',
    origin: ORIGIN,
    daemon: () => none,
    allow: undefined,
    vary: undefined,
  },
] as const

for (const { name, origin, daemon, allow, vary } of CASES) {
  test(`replies and error replies to ${name} carry the right CORS headers`, async () => {
    for (const { status, ...request } of REPLIES) {
      const reply = await sendRaw(daemon().port, from(origin, request))
      assert.equal(reply.status, status, reply.body.slice(0, 200))
      assert.deepEqual(
        corsOf(reply),
        {
          ...(allow === undefined
            ? {}
            : { 'access-control-allow-origin': allow, 'access-control-expose-headers': EXPOSED }),
          ...(vary === undefined ? {} : { vary }),
        },
        `${status} of ${request.method ?? 'POST'} ${request.path ?? ''}`,
      )
    }
  })
}

test('a failure of Bedrock reaches a browser, too: throttled, broken, not implemented', async () => {
  const failures = [
    { status: 429, behaviour: { throttle: true } },
    {
      status: 502,
      behaviour: { failWith: { status: 500, type: 'InternalServerException', message: 'Try again.' } },
    },
  ]
  for (const { status, behaviour } of failures) {
    emulator.set(behaviour)
    try {
      for (const stream of [true, false]) {
        const request = { body: chatBody({ stream }), headers: JSON_HEADERS }
        const reply = await sendRaw(listed.port, from(ORIGIN, request))
        assert.equal(reply.status, status, reply.body)
        assert.equal(corsOf(reply)['access-control-allow-origin'], ORIGIN)
        assert.ok(reply.headers.has('retry-after'))
      }
    } finally {
      emulator.reset()
    }
  }
  const later = { path: '/v1/rerank', body: '{}', headers: JSON_HEADERS }
  const reply = await sendRaw(listed.port, from(ORIGIN, later))
  assert.ok(reply.status >= 400)
  assert.equal(corsOf(reply)['access-control-allow-origin'], ORIGIN)
})

test('without ALLOWED_ORIGINS a preflight allows nothing', async () => {
  const reply = await sendRaw(none.port, preflight(ORIGIN))
  assert.equal(reply.status, 204)
  assert.deepEqual(corsOf(reply), {})
})

test('OPTIONS without a preflight is an ordinary 405', async () => {
  const reply = await sendRaw(
    listed.port,
    from(ORIGIN, { method: 'OPTIONS', path: '/v1/models', headers: [] }),
  )
  assert.equal(reply.status, 405)
  assert.equal(corsOf(reply)['access-control-allow-origin'], ORIGIN)
})

test('an origin with bytes that no header may hold never comes back', async () => {
  for (const origin of [
    // The library cuts such bytes off at the end of a value; within one they stay.
    ORIGIN.replace('chat', 'ch\u0080at'),
    `${ORIGIN}%0d%0ax-injected:1`,
    `${ORIGIN} x`,
    ORIGIN.toUpperCase(),
  ]) {
    const request = { method: 'GET', path: '/healthz', headers: [] }
    const reply = await sendRaw(listed.port, from(origin, request))
    assert.deepEqual(corsOf(reply), { vary: 'Origin' })
  }
})
