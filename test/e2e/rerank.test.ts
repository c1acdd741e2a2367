import assert from 'node:assert/strict'
import { after, afterEach, before, suite, test } from 'node:test'
import { readRecording } from '../bedrock/recordings.js'
import { type Emulator, type RecordedRequest, startEmulator } from '../emulator/emulator.js'
import { recordingsDir, skipWithout } from '../shared.js'
import { eventually, readError } from './chat.js'
import { type Daemon, startDaemon } from './daemon.js'

const COHERE = 'cohere.rerank-v3-5:0'
const AMAZON = 'amazon.rerank-v1:0'

/** The best is the second, then the first. */
const DOCUMENTS = ['red paint', 'red balloons fly', 'wood']
const QUERY = 'red balloons'

interface RerankBody {
  readonly id: string
  readonly model: string
  readonly results: readonly {
    readonly index: number
    readonly relevance_score: number
    readonly document?: { readonly text: string }
  }[]
  readonly usage: { readonly total_tokens: number }
}

suite('POST /v1/rerank', () => {
  let emulator: Emulator
  let daemon: Daemon

  before(async () => {
    emulator = await startEmulator()
    daemon = await startDaemon({ emulator, environment: { BEDROCKD_DEFAULT_RERANK_MODEL: COHERE } })
  })
  after(async () => {
    await daemon?.kill()
    await emulator?.close()
  })
  afterEach(() => emulator.reset())

  const post = (members: Readonly<Record<string, unknown>>, init: RequestInit = {}): Promise<Response> =>
    fetch(`${daemon.url}/v1/rerank`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: COHERE, query: QUERY, documents: DOCUMENTS, ...members }),
      signal: AbortSignal.timeout(30_000),
      ...init,
    })
  const rank = async (members: Readonly<Record<string, unknown>>): Promise<RerankBody> => {
    const response = await post(members)
    const text = await response.text()
    assert.equal(response.status, 200, text)
    assert.equal(response.headers.get('content-type'), 'application/json')
    return JSON.parse(text) as RerankBody
  }
  const calls = (): readonly RecordedRequest[] =>
    emulator.requests.filter(({ operation }) => operation === 'InvokeModel')

  test('answers the external reranker of Open WebUI: a score for every document', async () => {
    for (const model of [COHERE, AMAZON]) {
      const { results, model: named, id } = await rank({ model, top_n: DOCUMENTS.length })
      assert.deepEqual(
        results.map(({ index }) => index),
        [1, 0, 2],
      )
      for (const { relevance_score: score } of results) assert.ok(score >= 0 && score <= 1)
      assert.equal(named, model)
      assert.match(id, /^rerank-/)
    }
  })

  test('takes the names of other APIs, and says what became of the parameters', async () => {
    const response = await post({
      model: 'rerank-v3.5',
      top_k: 1,
      return_documents: true,
      rank_fields: ['text'],
    })
    assert.equal(response.headers.get('x-bedrockd-dropped-params'), 'rank_fields')
    const { results, model } = (await response.json()) as RerankBody
    assert.deepEqual(
      results.map(({ index, document }) => [index, document?.text]),
      [[1, 'red balloons fly']],
    )
    assert.equal(model, 'rerank-v3.5')
  })

  test('the recorded reply of Cohere comes back whole', { skip: skipWithout(recordingsDir) }, async () => {
    const { json, headers, status } = readRecording('0172')
    emulator.respondWith({ status, headers, body: Buffer.from(JSON.stringify(json)), cutAt: [1, 40, 100] })
    const { results, usage } = await rank({ documents: ['a', 'b', 'c', 'd', 'e'], top_n: 3 })
    assert.deepEqual({ results }, json)
    assert.equal(usage.total_tokens, 0)
  })

  test('a large request is read in a worker, and its documents come back in the order of relevance', async () => {
    const documents = Array.from(
      { length: 1000 },
      (_, index) => `document ${index} "é" ${'filler '.repeat(150)}`,
    )
    documents[777] = QUERY
    const { results } = await rank({ documents, return_documents: true })
    assert.equal(results.length, 1000)
    assert.equal(results[0]?.index, 777)
    for (const { index, document } of results) assert.equal(document?.text, documents[index])
    const sent = calls().at(-1)?.body as { documents: string[]; top_n: number }
    assert.deepEqual(sent.documents, documents)
    assert.equal(sent.top_n, 1000)
  })

  test('a large request is refused like a small one', async () => {
    const documents = ['filler '.repeat(60_000), ' ']
    const { param, message } = await readError(await post({ documents }), 400)
    assert.deepEqual([param, message], ['documents[1]', 'documents[1] must not be blank'])
    const unknown = await readError(await post({ documents, model: 'nobody-has-this' }), 404)
    assert.equal(unknown.code, 'model_not_found')
  })

  test('throttling is tried again, and said when it does not end', async () => {
    const before = calls().length
    emulator.set({ replies: [{ throttle: true }, { throttle: true }] })
    assert.equal((await rank({})).results.length, DOCUMENTS.length)
    assert.equal(calls().length - before, 3)
    emulator.set({ throttle: true })
    const response = await post({})
    assert.ok(Number(response.headers.get('retry-after')) > 0)
    assert.equal((await readError(response, 429)).code, 'rate_limit_exceeded')
  })

  test('bad requests name the field, and nothing reaches Bedrock', async () => {
    const before = calls().length
    const cases: readonly (readonly [Readonly<Record<string, unknown>>, string])[] = [
      [{ documents: [] }, 'documents'],
      [{ documents: undefined }, 'documents'],
      [{ documents: ['a', 7] }, 'documents[1]'],
      [{ documents: Array.from({ length: 1001 }, () => 'a') }, 'documents'],
      [{ query: '' }, 'query'],
      [{ top_n: 0 }, 'top_n'],
      [{ model: 'amazon.titan-embed-text-v2:0' }, 'model'],
    ]
    for (const [members, param] of cases) {
      assert.equal((await readError(await post(members), 400)).param, param)
    }
    assert.equal((await readError(await post({}, { body: '{"model":' }), 400)).code, 'invalid_json')
    assert.equal(
      (await readError(await post({}, { headers: { 'content-type': 'text/plain' } }), 415)).param,
      null,
    )
    assert.equal(calls().length, before)
  })

  test('what is no order of the documents is a fault of the reply', async () => {
    for (const body of ['{"results":[{"index":9,"relevance_score":1}]}', '{}', '{"results":[']) {
      emulator.respondWith({
        status: 200,
        headers: { 'content-type': 'application/json' },
        body: Buffer.from(body),
      })
      assert.equal((await readError(await post({}), 502)).code, 'upstream_error')
    }
  })

  test('a client that goes away ends the call', async () => {
    const before = calls().length
    emulator.set({ headersDelayMs: 30_000 })
    const gone = new AbortController()
    const asked = post({}, { signal: gone.signal })
    const call = await eventually(() => calls()[before], 'the call')
    gone.abort()
    await assert.rejects(asked)
    await eventually(() => call.aborted, 'the abort')
    await daemon.waitForLine((line) => line['status'] === 499)
  })

  test('the request is logged with its model and nothing of its texts', async () => {
    const response = await post(
      { query: 'secret-query', documents: ['secret-document'] },
      { headers: { 'content-type': 'application/json', 'x-request-id': 'rerank-log' } },
    )
    assert.equal(response.status, 200)
    const line = await daemon.waitForLine((some) => some['requestId'] === 'rerank-log')
    assert.equal(line['model'], COHERE)
    assert.equal(line['region'], 'us-east-1')
    assert.ok(!daemon.output().includes('secret-'))
  })
})
