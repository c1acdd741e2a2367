import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { sha256Hex } from '../../src/aws/sigv4.js'
import { type BodiesPool, createBodiesPool } from '../../src/aws/worker-pool.js'
import type { Catalog, Resolution } from '../../src/catalog/types.js'
import { GatewayError } from '../../src/errors.js'
import { createAuthenticator } from '../../src/http/authenticate.js'
import { createCors } from '../../src/http/cors.js'
import type { Exchange } from '../../src/http/exchange.js'
import { createServer, type Server } from '../../src/http/server.js'
import { receiveChat } from '../../src/receive-chat.js'
import { createThoughtStore } from '../../src/thought-store.js'
import { chatContext, chatTarget } from '../translate/chat-target.js'

/**
 * The same body goes over real sockets to two routes of one real server: one parses on the event loop, the other in the
 * threads of the real pool. What they make of it comes back as JSON.
 */
const INLINE = '/v1/chat/completions'
const IN_WORKER = '/v1/embeddings'
const BODY_BYTES_MAX = 25 * 1024 * 1024

let bodies: BodiesPool
let server: Server
let url = ''
let unlisted = 0

const RESOLUTIONS: Readonly<Record<string, Resolution>> = {
  listed: { type: 'listed', target: chatTarget() },
  'without-system': { type: 'listed', target: chatTarget({ systemPrompt: false }) },
  'provider.unlisted': { type: 'unlisted', target: chatTarget() },
  denied: { type: 'denied' },
  image: { type: 'listed', target: { ...chatTarget(), kind: 'image' } },
  'not-invocable': { type: 'not-invocable', foundationId: 'f' },
}

const catalog: Catalog = {
  generation: 1,
  loaded: true,
  resolve: (name) =>
    (Object.hasOwn(RESOLUTIONS, name) ? RESOLUTIONS[name] : undefined) ?? { type: 'unknown' },
  list: () => [],
  find: () => undefined,
}

async function answer(exchange: Exchange, bodyInlineBytesMax: number): Promise<void> {
  const chat = await receiveChat(exchange, {
    bodyBytesMax: BODY_BYTES_MAX,
    bodyInlineBytesMax,
    catalog: () => catalog,
    onUnlisted: () => {
      unlisted += 1
    },
    bodies,
    policy: chatContext().policy,
    media: { fetchUrls: false, fetchMs: 1000, fetchBytesMax: 1024 },
    lessonsOf: () => [],
    thoughts: createThoughtStore({ keepMs: 1000, bytesMax: 1024, now: () => 0 }),
    toolRoundErrorsInStream: false,
    imagesInChat: false,
    imagesMax: 1,
  })
  if (chat.type === 'image') throw new GatewayError('internal_error', 'a chat model was named')
  const body = Buffer.from(chat.body)
  exchange.replyJson(
    200,
    JSON.stringify({
      ...chat,
      body: { sha256: sha256Hex(body), bytes: body.length },
      payloadHash: chat.payloadHash === null ? null : chat.payloadHash === sha256Hex(body),
    }),
  )
}

const notHere = (): never => {
  throw new GatewayError('internal_error', 'not part of this test')
}

before(async () => {
  bodies = createBodiesPool()
  server = createServer({
    address: { host: '127.0.0.1', port: 0 },
    reusePort: false,
    routePrefixes: ['/v1'],
    handlers: {
      chat: (exchange) => answer(exchange, BODY_BYTES_MAX),
      embeddings: (exchange) => answer(exchange, -1),
      models: notHere,
      model: notHere,
      rerank: notHere,
      imageGenerations: notHere,
      imageEdits: notHere,
      imageFile: notHere,
      root: notHere,
      healthz: notHere,
      readyz: notHere,
      version: notHere,
    },
    authenticate: createAuthenticator([]),
    cors: createCors([]),
    connections: { open: 0, max: 1000 },
    bodies: { bytes: 0, bytesMax: Number.POSITIVE_INFINITY, aheadBytes: 0 },
    writeStallMs: 5_000,
    newRequestId: randomUUID,
    now: () => performance.now(),
    onStarted: () => {},
    keepsConnections: () => true,
    onFinished: () => {},
  })
  url = `http://127.0.0.1:${await server.listen()}`
})

after(async () => {
  server.close()
  await bodies.close()
})

interface Answer {
  readonly status: number
  readonly json: Readonly<Record<string, unknown>>
}

async function post(path: string, body: string | Buffer, type = 'application/json'): Promise<Answer> {
  const reply = await fetch(`${url}${path}`, { method: 'POST', headers: { 'content-type': type }, body })
  return { status: reply.status, json: (await reply.json()) as Answer['json'] }
}

/** What both ways say, which must be the same, but for the hash that only the worker computes. */
async function postBoth(body: string | Buffer): Promise<Answer> {
  const [inline, inWorker] = await Promise.all([post(INLINE, body), post(IN_WORKER, body)])
  if (inline.status === 200) {
    assert.equal(inline.json['payloadHash'], null)
    assert.equal(inWorker.json['payloadHash'], true, 'the hash of the body it came with')
  }
  assert.deepEqual(
    { ...inWorker, json: { ...inWorker.json, payloadHash: null } },
    { ...inline, json: { ...inline.json, payloadHash: null } },
  )
  return inline
}

const messages = [{ role: 'user', content: 'Zähle 一二三 😀 \u2028' }]

test('a body gives the same call inline and in a worker', async () => {
  const requests = [
    { model: 'listed', messages },
    { model: 'listed', messages, stream: true, stream_options: { include_usage: true }, seed: 1, top_k: 5 },
    {
      model: 'without-system',
      messages: [{ role: 'system', content: 'Be brief.' }, ...messages, ...messages],
    },
    { model: 'listed', messages: [{ role: 'assistant', content: '' }], temperature: 2, stop: ['', 'END'] },
    { model: 'listed', messages: [{ role: 'user', content: '\ud83d alone' }] },
  ]
  for (const request of requests) {
    const { status, json } = await postBoth(JSON.stringify(request))
    assert.equal(status, 200, JSON.stringify(json))
  }
})

test('a refusal keeps its status, code, message and param when it comes from a worker', async () => {
  const image = [{ type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } }]
  const cases: readonly { body: string; status: number; code: string; param: string | null }[] = [
    { body: '', status: 400, code: 'invalid_json', param: null },
    { body: '{"model":', status: 400, code: 'invalid_json', param: null },
    { body: '[]', status: 400, code: 'invalid_request', param: null },
    { body: '{}', status: 400, code: 'invalid_request', param: 'model' },
    { body: JSON.stringify({ model: 'listed' }), status: 400, code: 'invalid_request', param: 'messages' },
    {
      body: JSON.stringify({ model: 'listed', messages: [{ role: 'user', content: 7 }] }),
      status: 400,
      code: 'invalid_request',
      param: 'messages[0].content',
    },
    {
      body: JSON.stringify({ model: 'listed', messages: [{ role: 'user', content: image }] }),
      status: 400,
      code: 'invalid_request',
      param: 'messages[0].content[0].image_url.url',
    },
    {
      body: JSON.stringify({ model: 'nobody', messages }),
      status: 404,
      code: 'model_not_found',
      param: 'model',
    },
    {
      body: JSON.stringify({ model: 'denied', messages }),
      status: 403,
      code: 'model_denied',
      param: 'model',
    },
    {
      body: JSON.stringify({ model: 'image', messages }),
      status: 400,
      code: 'invalid_request',
      param: 'model',
    },
    {
      body: JSON.stringify({ model: 'not-invocable', messages }),
      status: 404,
      code: 'model_not_found',
      param: 'model',
    },
  ]
  for (const { body, status, code, param } of cases) {
    const answered = await postBoth(body)
    const { error } = answered.json as { error?: { code: string; param: string | null; message: string } }
    assert.deepEqual(
      { status: answered.status, code: error?.code, param: error?.param },
      { status, code, param },
      body,
    )
    assert.notEqual(error?.message ?? '', '')
  }
})

test('a name that the snapshot does not hold asks for a refresh, also from a worker', async () => {
  for (const [model, hints] of [
    ['provider.unlisted', 1],
    ['nobody', 1],
    ['listed', 0],
    ['denied', 0],
  ] as const) {
    for (const path of [INLINE, IN_WORKER]) {
      unlisted = 0
      await post(path, JSON.stringify({ model, messages }))
      assert.equal(unlisted, hints, `${model} at ${path}`)
    }
  }
})

test('a body of 20 MB comes whole through a worker, several at once', async () => {
  const content = 'Ein langer Text: 漢字, 😀, "quoted". '.repeat(480_000)
  const body = Buffer.from(JSON.stringify({ model: 'listed', messages: [{ role: 'user', content }] }))
  assert.ok(body.length > 20_000_000 && body.length < BODY_BYTES_MAX, `${body.length}`)
  const expected = Buffer.from(JSON.stringify({ messages: [{ role: 'user', content: [{ text: content }] }] }))
  const answers = await Promise.all([1, 2, 3].map(() => post(IN_WORKER, body)))
  for (const { status, json } of answers) {
    assert.equal(status, 200)
    assert.deepEqual(json['body'], { sha256: sha256Hex(expected), bytes: expected.length })
    assert.equal(json['payloadHash'], true)
  }
})

test('forty bodies at once in the pool each get their own answer', async () => {
  const texts = Array.from({ length: 40 }, (_, index) => `text ${index}`)
  const answers = await Promise.all(
    texts.map((content, index) =>
      post(
        IN_WORKER,
        JSON.stringify({
          model: index % 4 === 3 ? 'nobody' : 'listed',
          messages: [{ role: 'user', content }],
        }),
      ),
    ),
  )
  answers.forEach(({ status, json }, index) => {
    assert.equal(status, index % 4 === 3 ? 404 : 200)
    if (status !== 200) return
    const expected = JSON.stringify({ messages: [{ role: 'user', content: [{ text: texts[index] }] }] })
    assert.deepEqual(json['body'], { sha256: sha256Hex(expected), bytes: Buffer.byteLength(expected) })
  })
})

test('a body of another type is a 415 before it is read, no type at all is taken as JSON', async () => {
  const body = JSON.stringify({ model: 'listed', messages })
  for (const type of [
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data',
    'application/jsonx',
  ]) {
    const { status, json } = await post(INLINE, body, type)
    assert.equal(status, 415, type)
    assert.equal((json as { error?: { code: string } }).error?.code, 'unsupported_media_type')
  }
  for (const type of ['application/json; charset=utf-8', 'APPLICATION/JSON', 'application/json;x=y']) {
    assert.equal((await post(INLINE, body, type)).status, 200, type)
  }
  const untyped = await fetch(`${url}${INLINE}`, { method: 'POST', body: Buffer.from(body) })
  assert.equal(untyped.status, 200)
})
