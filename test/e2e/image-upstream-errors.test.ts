import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { testPicture } from '../emulator/images/test-pictures.js'
import { eventually, readError } from './chat.js'
import { type ImageGateway, startImageGateway } from './image-gateway.js'

const CORE = 'stability.stable-image-core-v1:1'
const CANVAS = 'amazon.nova-canvas-v1:0'
const UPSTREAM_MS = 800

let gateway: ImageGateway
before(async () => {
  gateway = await startImageGateway({
    environment: { BEDROCKD_UPSTREAM_SECONDS: String(UPSTREAM_MS / 1000) },
  })
})
after(() => gateway?.close())
beforeEach(() => gateway.reset())

async function editForm(): Promise<FormData> {
  const form = new FormData()
  form.set('image', new Blob([new Uint8Array(await testPicture())], { type: 'image/png' }), 'a.png')
  form.set('prompt', 'a boat')
  form.set('model', CANVAS)
  return form
}

/** Each way to ask, side by side: what goes wrong looks the same to all. */
async function askAll(): Promise<readonly Response[]> {
  const body = { model: CORE, prompt: 'a boat' }
  return await Promise.all([
    gateway.post('/v1/images/generations', body),
    gateway.post('/v1/images/generations', { ...body, stream: true }),
    gateway.post('/v1/images/edits', await editForm()),
  ])
}

interface Failure {
  /** What AWS says. */
  readonly type: string
  readonly upstreamStatus: number
  readonly words?: string
  /** What the client is told. */
  readonly status: number
  readonly code: string
  readonly param?: string
  readonly reason: RegExp
  /** Seconds; null: it is no use to ask again. */
  readonly retryAfter: string | null
  /** Calls for one request: a passing failure is tried three times more. */
  readonly tries: number
}

const FAILURES: readonly Failure[] = [
  {
    type: 'ThrottlingException',
    upstreamStatus: 429,
    status: 429,
    code: 'rate_limit_exceeded',
    reason: /^Too many requests to AWS$/,
    retryAfter: '5',
    tries: 4,
  },
  {
    type: 'ServiceUnavailableException',
    upstreamStatus: 503,
    status: 503,
    code: 'upstream_unavailable',
    reason: /^AWS can not be reached$/,
    retryAfter: '5',
    tries: 4,
  },
  {
    type: 'AccessDeniedException',
    upstreamStatus: 403,
    words: "You don't have access to the model with the specified model ID.",
    status: 403,
    code: 'access_denied',
    param: 'model',
    reason: /^Access denied$/,
    retryAfter: null,
    tries: 1,
  },
  {
    type: 'ValidationException',
    upstreamStatus: 400,
    words: 'The provided request is not valid',
    status: 400,
    code: 'invalid_request',
    reason: /The provided request is not valid/,
    retryAfter: null,
    tries: 1,
  },
  {
    type: 'ResourceNotFoundException',
    upstreamStatus: 404,
    words: 'Could not resolve the foundation model.',
    status: 404,
    code: 'model_not_found',
    param: 'model',
    reason: /Could not resolve the foundation model/,
    retryAfter: null,
    tries: 1,
  },
  {
    type: 'ServiceQuotaExceededException',
    upstreamStatus: 400,
    status: 429,
    code: 'quota_exceeded',
    reason: /^AWS quota used up$/,
    retryAfter: null,
    tries: 1,
  },
  {
    type: 'ModelTimeoutException',
    upstreamStatus: 408,
    words: 'The model took too long.',
    status: 504,
    code: 'upstream_timeout',
    reason: /^AWS did not answer in time$/,
    retryAfter: '1',
    tries: 1,
  },
]

for (const { type, upstreamStatus, words = 'It did not work.', tries, ...expected } of FAILURES) {
  test(`${type} is a ${expected.status}, with a reason phrase, after ${tries} of ${tries} tries`, async () => {
    gateway.emulator.set({ failWith: { status: upstreamStatus, type, message: words } })
    for (const response of await askAll()) {
      assert.equal(response.status, expected.status)
      assert.match(response.statusText, expected.reason)
      assert.equal(response.headers.get('retry-after'), expected.retryAfter)
      assert.equal(response.headers.get('x-should-retry'), expected.retryAfter === null ? 'false' : null)
      const { code, param, message } = await readError(response, expected.status)
      assert.equal(code, expected.code)
      assert.equal(param, expected.param ?? null)
      assert.ok(!/token/.test(message), `that is no matter of tokens: ${message}`)
    }
    assert.equal(gateway.calls().length, 3 * tries)
  })
}

test('ten pictures are made by an account that takes five calls a second', async () => {
  gateway.emulator.set({ callsPerSecondMax: 5 })
  const response = await gateway.post('/v1/images/generations', { model: CORE, prompt: 'a boat', n: 10 })
  assert.equal(response.status, 200)
  assert.equal(((await response.json()) as { data: unknown[] }).data.length, 10)
})

test('a call that takes too long is given up, and not made again', async () => {
  gateway.emulator.set({ headersDelayMs: 20_000 })
  for (const response of await askAll()) {
    assert.equal(response.statusText, 'AWS did not answer in time')
    assert.ok(response.headers.get('retry-after') !== null)
    assert.equal((await readError(response, 504)).code, 'upstream_timeout')
  }
  assert.equal(gateway.calls().length, 3)
  await eventually(() => gateway.calls().every(({ aborted }) => aborted), 'the end of the calls')
})

test('a reply that holds no picture is a 502', async () => {
  const bodies = [
    '{}',
    '{"images":[]}',
    '{"images":["***"],"finish_reasons":[null]}',
    '<html>',
    '',
    '[1]',
    'null',
  ]
  for (const body of bodies) {
    gateway.emulator.respondWith({
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: Buffer.from(body),
    })
    const response = await gateway.post('/v1/images/generations', { model: CORE, prompt: 'a boat' })
    assert.equal(response.statusText, 'AWS failed to answer this request', body)
    assert.equal((await readError(response, 502)).code, 'upstream_error')
  }
})
