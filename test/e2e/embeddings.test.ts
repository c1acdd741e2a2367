import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, afterEach, before, suite, test } from 'node:test'
import OpenAI from 'openai'
import { readReplies } from '../bedrock/recordings.js'
import { vectorOf } from '../emulator/embeddings/vector.js'
import { type Emulator, type RecordedRequest, startEmulator } from '../emulator/emulator.js'
import { schemaProblems } from '../openai/schema.js'
import { openaiDir, openwebuiDir, recordingsDir, skipWithout } from '../shared.js'
import { eventually, readError } from './chat.js'
import { type Daemon, startDaemon } from './daemon.js'

const TITAN = 'amazon.titan-embed-text-v2:0'
const TITAN_V1 = 'amazon.titan-embed-text-v1'
const COHERE = 'cohere.embed-multilingual-v3'
const COHERE_V4 = 'cohere.embed-v4:0'
const NOVA = 'amazon.nova-2-multimodal-embeddings-v1:0'
/** A red dot. */
const PICTURE =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=='

/** A reply as it stands on the wire. */
interface Reply {
  readonly object: string
  readonly model: string
  readonly data: readonly {
    readonly object: string
    readonly index: number
    readonly embedding: readonly number[] | string
  }[]
  readonly usage: { readonly prompt_tokens: number; readonly total_tokens: number }
}

/** What the emulated model answers. */
const titanOf = (content: string, dimensions = 1024) => vectorOf({ content, dimensions })
const cohereOf = (content: string, purpose = 'search_document') =>
  vectorOf({ content, purpose, dimensions: 1024 })

let emulator: Emulator
let daemon: Daemon
let client: OpenAI

before(async () => {
  emulator = await startEmulator()
  daemon = await startDaemon({ emulator, environment: { DEFAULT_EMBEDDING_MODEL: TITAN } })
  client = new OpenAI({ baseURL: `${daemon.url}/v1`, apiKey: 'any', maxRetries: 0, timeout: 30_000 })
})
after(async () => {
  await daemon?.kill()
  await emulator?.close()
})
afterEach(() => emulator.reset())

const invokes = (): readonly RecordedRequest[] =>
  emulator.requests.filter(({ operation }) => operation === 'InvokeModel')

function post(body: unknown, init: RequestInit = {}, { url } = daemon): Promise<Response> {
  return fetch(`${url}/v1/embeddings`, {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    signal: AbortSignal.timeout(60_000),
    ...init,
    headers: { 'content-type': 'application/json', ...init.headers },
  })
}

async function embed(body: unknown): Promise<Reply> {
  const response = await post(body)
  const text = await response.text()
  assert.equal(response.status, 200, text)
  const reply = JSON.parse(text) as Reply
  assert.deepEqual(
    reply.data.map(({ index }) => index),
    reply.data.map((_, place) => place),
  )
  return reply
}

const vectorsOf = ({ data }: Reply) => data.map(({ embedding }) => embedding)
const numbered = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `text number ${index}`)

suite('the official SDK', () => {
  test('gets the numbers that it asked for, which travel as base64 unless it says otherwise', async () => {
    const asked = await client.embeddings.create({ model: TITAN, input: 'Hello' })
    assert.deepEqual(asked.data[0]?.embedding, titanOf('Hello'))
    const floats = await client.embeddings.create({ model: TITAN, input: 'Hello', encoding_format: 'float' })
    assert.deepEqual(floats.data[0]?.embedding, titanOf('Hello'))
    assert.equal(floats.model, TITAN)
    assert.deepEqual(floats.usage, { prompt_tokens: 2, total_tokens: 2 })
  })

  test('gets a list in its order', async () => {
    const input = numbered(200)
    const { data } = await client.embeddings.create({ model: COHERE, input })
    assert.deepEqual(
      data.map(({ embedding }) => embedding),
      input.map((text) => cohereOf(text)),
    )
  })

  test('gets the dimensions that it asked for', async () => {
    const { data } = await client.embeddings.create({ model: TITAN, input: 'Hello', dimensions: 256 })
    assert.deepEqual(data[0]?.embedding, titanOf('Hello', 256))
  })

  test('may send tokens in place of text', async () => {
    const lists = [[9906, 1917], [15339]]
    const { data } = await client.embeddings.create({ model: TITAN, input: lists })
    assert.deepEqual(
      data.map(({ embedding }) => embedding),
      [titanOf('Hello world'), titanOf('hello')],
    )
    const one = await client.embeddings.create({ model: TITAN, input: [9906, 1917] })
    assert.deepEqual(one.data[0]?.embedding, titanOf('Hello world'))
  })

  test('reaches the default model by the name of one of OpenAI', async () => {
    const { data, model } = await client.embeddings.create({
      model: 'text-embedding-3-small',
      input: 'Hello',
    })
    assert.deepEqual(data[0]?.embedding, titanOf('Hello'))
    assert.equal(model, 'text-embedding-3-small')
  })

  test('sees what is wrong as a BadRequestError that names the field', async () => {
    await assert.rejects(
      client.embeddings.create({ model: TITAN, input: 'Hello', dimensions: 7 }),
      (error) => {
        assert.ok(error instanceof OpenAI.BadRequestError)
        assert.equal(error.param, 'dimensions')
        return true
      },
    )
  })
})

suite('requests', () => {
  test('the request that Open WebUI really sent is answered as OpenAI describes it', {
    skip:
      skipWithout(join(openwebuiDir, 'requests.jsonl')) ||
      skipWithout(join(openaiDir, 'openapi.subset.json')),
  }, async () => {
    const requests = readFileSync(join(openwebuiDir, 'requests.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { path: string; body: { input: string[] } })
      .filter(({ path }) => path.endsWith('/embeddings'))
    assert.ok(requests.length > 0)
    for (const { body } of requests) {
      const reply = await embed({ ...body, model: COHERE })
      assert.deepEqual(schemaProblems('CreateEmbeddingResponse', reply), [])
      assert.deepEqual(
        vectorsOf(reply),
        body.input.map((text) => cohereOf(text)),
      )
    }
  })

  test('a purpose reaches the model', async () => {
    const reply = await embed({ model: COHERE, input: ['Hello'], input_type: 'search_query' })
    assert.deepEqual(vectorsOf(reply), [cohereOf('Hello', 'search_query')])
  })

  test('pictures and texts are told apart and come back in order', async () => {
    const base64 = PICTURE.slice(PICTURE.indexOf(',') + 1)
    const reply = await embed({ model: NOVA, input: ['Hello', { image: PICTURE }, 'there'], dimensions: 256 })
    const novaOf = (content: string) => vectorOf({ content, purpose: 'GENERIC_INDEX', dimensions: 256 })
    assert.deepEqual(vectorsOf(reply), [novaOf('Hello'), novaOf(base64), novaOf('there')])
  })

  test('2048 inputs are split into calls and come back in order', async () => {
    const input = numbered(2_048)
    const before = invokes().length
    const reply = await embed({ model: COHERE, input })
    assert.equal(invokes().length - before, Math.ceil(2_048 / 96))
    for (const [index, text] of input.entries()) {
      if (index % 97 === 0) assert.deepEqual(reply.data[index]?.embedding, cohereOf(text))
    }
    assert.equal(reply.data.length, 2_048)
    assert.equal(reply.usage.prompt_tokens, 3 * 2_048)
  })

  test('a request that is read in a worker is answered like a small one', async () => {
    const input = numbered(300).map((text) => `${text} ${'padding '.repeat(200)}`)
    assert.ok(JSON.stringify(input).length > 262_144)
    const reply = await embed({ model: COHERE_V4, input, dimensions: 256, encoding_format: 'base64' })
    const expected = input.map((content) =>
      vectorOf({ content, purpose: 'search_document', dimensions: 256 }),
    )
    assert.deepEqual(
      vectorsOf(reply),
      expected.map((vector) => Buffer.from(Float32Array.from(vector).buffer).toString('base64')),
    )
  })

  test('so is one of tokens', async () => {
    const tokens = Array.from({ length: 60 }, () => Array.from({ length: 1_000 }, () => 24748))
    const body = { model: COHERE_V4, input: [...tokens, [9906]], dimensions: 256 }
    assert.ok(JSON.stringify(body).length > 262_144)
    const reply = await embed(body)
    const helloOf = (content: string) => vectorOf({ content, purpose: 'search_document', dimensions: 256 })
    assert.deepEqual(reply.data.at(-1)?.embedding, helloOf('Hello'))
    assert.equal(reply.data.length, 61)
  })

  test('a text with more tokens than Titan takes is shortened until it fits', async () => {
    const reply = await embed({ model: TITAN, input: 'word '.repeat(9_500) })
    assert.equal(reply.data.length, 1)
    assert.ok(reply.usage.prompt_tokens <= 8_193)
    // The same when a worker makes the bodies.
    const large = Array.from({ length: 8 }, () => 'word '.repeat(9_500))
    assert.equal((await embed({ model: TITAN, input: large })).data.length, 8)
  })

  const BAD: Readonly<Record<string, readonly [body: unknown, status: number, param: string | null]>> = {
    'no input': [{ model: TITAN }, 400, 'input'],
    'an empty list': [{ model: TITAN, input: [] }, 400, 'input'],
    'a blank text': [{ model: TITAN, input: ['a', ' '] }, 400, 'input[1]'],
    'more inputs than may be': [{ model: TITAN, input: numbered(2_049) }, 400, 'input'],
    'a list of numbers and texts': [{ model: TITAN, input: ['a', 7] }, 400, 'input[1]'],
    'a token that nobody knows': [{ model: TITAN, input: [100_270] }, 400, 'input'],
    'a picture for a model of texts': [{ model: TITAN, input: [PICTURE] }, 400, 'input'],
    'a model that chats': [{ model: 'amazon.nova-micro-v1:0', input: 'a' }, 400, 'model'],
    'no model': [{ input: 'a' }, 400, 'model'],
    'a model that nobody knows': [{ model: 'nowhere', input: 'a' }, 404, 'model'],
    'an encoding that nobody knows': [
      { model: TITAN, input: 'a', encoding_format: 'hex' },
      400,
      'encoding_format',
    ],
    'no JSON': ['{', 400, null],
    'a blank text in a large request': [
      {
        model: COHERE,
        input: [
          ...numbered(20_000)
            .slice(0, 2_000)
            .map((text) => text.repeat(20)),
          ' ',
        ],
      },
      400,
      'input[2000]',
    ],
  }
  for (const [name, [body, status, param]] of Object.entries(BAD)) {
    test(`${name} is a ${status} that names ${param}, and no call of Bedrock`, async () => {
      const before = invokes().length
      assert.equal((await readError(await post(body), status)).param, param)
      assert.equal(invokes().length, before)
    })
  }
})

suite('a flood of one-text requests, as Open WebUI sends it', () => {
  const texts = numbered(300)

  /** All at once, each on a connection of its own. */
  const flood = (model: string): Promise<readonly Reply[]> =>
    Promise.all(
      texts.map(async (text) => {
        const response = await post({ model, input: [text] }, { headers: { connection: 'close' } })
        assert.equal(response.status, 200, await response.clone().text())
        return (await response.json()) as Reply
      }),
    )

  test('shares calls where the model takes several texts', async () => {
    emulator.set({ callsPerSecondMax: 20, headersDelayMs: 30 })
    const before = invokes().length
    const replies = await flood(COHERE)
    assert.deepEqual(
      replies.flatMap(vectorsOf),
      texts.map((text) => cohereOf(text)),
    )
    assert.equal(
      replies.reduce((sum, { usage }) => sum + usage.prompt_tokens, 0),
      3 * texts.length,
    )
    const calls = invokes().length - before
    assert.ok(calls < 60, `${calls} calls for ${texts.length} texts`)
  })

  test('waits until AWS does not throttle any more where it takes one', async () => {
    emulator.set({ callsPerSecondMax: 100 })
    const before = invokes().length
    const replies = await flood(TITAN)
    assert.deepEqual(
      replies.flatMap(vectorsOf),
      texts.map((text) => titanOf(text)),
    )
    const made = invokes().slice(before)
    const throttled = made.filter(({ status }) => status === 429).length
    assert.ok(throttled > 0, 'the emulator throttled nothing')
    assert.ok(throttled < texts.length / 3, `${throttled} calls were thrown back`)
    await daemon.waitForLine(
      ({ msg, lane }) => msg === 'embedding calls throttled' && /titan/.test(String(lane)),
    )
  })
})

suite('refusals and faults of Bedrock', () => {
  test('one bad input among others that share its call fails alone', async () => {
    emulator.set({ headersDelayMs: 150 })
    const before = invokes().length
    // What comes while this one runs is gathered.
    const first = embed({ model: COHERE, input: ['first'], truncate: 'NONE' })
    await eventually(() => invokes().length > before, 'the first call')
    const bad = post({ model: COHERE, input: ['x '.repeat(700)], truncate: 'NONE' })
    const good = numbered(20).map((text) => embed({ model: COHERE, input: [text], truncate: 'NONE' }))
    const vectors = (await Promise.all([first, ...good])).flatMap(vectorsOf)
    assert.deepEqual(
      vectors,
      ['first', ...numbered(20)].map((text) => cohereOf(text)),
    )
    const error = await readError(await bad, 400)
    assert.equal(error.code, 'context_length_exceeded')
    assert.equal(error.param, 'input')
    const refused = invokes()
      .slice(before)
      .filter(({ status }) => status === 400)
    assert.ok(
      refused.some(({ body }) => (body as { texts: string[] }).texts.length > 1),
      'it shared no call',
    )
  })

  test('a fault that passes is not seen', async () => {
    const fault = { failWith: { status: 500, type: 'InternalServerException', message: 'Again.' } }
    emulator.set({ replies: [fault, fault] })
    assert.deepEqual(vectorsOf(await embed({ model: TITAN_V1, input: 'Hello' })), [titanOf('Hello', 1_536)])
  })

  test('a quota of the day is told at once', async () => {
    const message = 'Too many tokens per day, please wait before trying again.'
    emulator.set({ failWith: { status: 429, type: 'ThrottlingException', message } })
    const before = invokes().length
    const error = await readError(await post({ model: TITAN_V1, input: 'Hello' }), 429)
    assert.equal(error.code, 'quota_exceeded')
    assert.equal(invokes().length - before, 1)
  })

  test('a refusal is told with the words of Bedrock, and the field that is meant', async () => {
    const message =
      'Malformed input request: search_document is no image, please reformat your input and try again.'
    emulator.set({ failWith: { status: 400, type: 'ValidationException', message } })
    const error = await readError(await post({ model: COHERE, input: 'Hello' }), 400)
    assert.match(error.message, /Malformed input request/)
    assert.equal(error.param, 'input')
  })
})

suite('a client that goes away', () => {
  for (const model of [TITAN, COHERE]) {
    test(`takes its calls of ${model} along`, async () => {
      emulator.set({ headersDelayMs: 30_000 })
      const before = invokes().length
      const gone = new AbortController()
      const asked = post({ model, input: numbered(40) }, { signal: gone.signal })
      const call = await eventually(() => invokes()[before], 'the call of Bedrock')
      gone.abort()
      await assert.rejects(asked)
      await eventually(
        () =>
          invokes()
            .slice(before)
            .every(({ aborted }) => aborted),
        'the end of the calls',
      )
      assert.equal(call.aborted, true)
      emulator.reset()
      assert.equal((await embed({ model, input: 'Hello' })).data.length, 1)
    })
  }
})

suite('a gateway that waits for nothing', () => {
  test('says 429 and when to come again while AWS throttles', async (context) => {
    const impatient = await startDaemon({ emulator, environment: { BEDROCKD_EMBEDDING_WAIT_SECONDS: '0' } })
    context.after(() => impatient.kill())
    emulator.set({ throttle: true })
    const response = await post({ model: TITAN, input: 'Hello' }, {}, impatient)
    assert.ok(Number(response.headers.get('retry-after')) > 0)
    assert.equal((await readError(response, 429)).code, 'rate_limit_exceeded')
  })

  test('ends what waits when it is told to stop', async (context) => {
    const stopping = await startDaemon({ emulator, environment: { BEDROCKD_DRAIN_SECONDS: '1' } })
    context.after(() => stopping.kill())
    emulator.set({ throttle: true })
    const before = invokes().length
    const asked = post({ model: TITAN, input: 'Hello' }, {}, stopping)
    await eventually(() => invokes().length > before, 'the call of Bedrock')
    const code = stopping.stop()
    assert.equal((await readError(await asked, 503)).code, 'draining')
    assert.equal(await code, 0)
  })
})

suite('recorded replies', { skip: skipWithout(recordingsDir) }, () => {
  const RECORDED = existsSync(recordingsDir)
    ? readReplies('InvokeModel').filter(({ modelId, json }) => /embed/.test(modelId) && !hasData(json))
    : []

  test('each family is there', () => {
    for (const family of [
      'titan-embed-text-v1',
      'titan-embed-text-v2',
      'embed-english-v3',
      'embed-v4',
      'nova-2',
    ]) {
      assert.ok(
        RECORDED.some(({ modelId }) => modelId.includes(family)),
        family,
      )
    }
  })

  for (const { id, modelId, json, headers } of RECORDED) {
    test(`${id} of ${modelId} keeps its numbers and its count`, async () => {
      const vectors = vectorsIn(json)
      const input = numbered(vectors.length)
      const tokens = headers['x-amzn-bedrock-input-token-count']
      emulator.respondWith({
        status: 200,
        headers: {
          'content-type': 'application/json',
          ...(tokens === undefined ? {} : { 'x-amzn-bedrock-input-token-count': tokens }),
        },
        body: Buffer.from(JSON.stringify(json)),
      })
      const reply = await embed({ model: modelId, input })
      assert.deepEqual(vectorsOf(reply), vectors)
      assert.equal(reply.usage.prompt_tokens, Number(tokens ?? 0))
    })
  }
})

/** Some recordings hold another server's reply. */
function hasData(json: unknown): boolean {
  return Object.hasOwn(json as object, 'data')
}

/** The vectors of a reply, whatever its family; nothing of the gateway's way to find them. */
function vectorsIn(json: unknown): readonly (readonly number[])[] {
  const { embedding, embeddings } = json as { embedding?: number[]; embeddings?: unknown }
  if (embedding !== undefined) return [embedding]
  if (!Array.isArray(embeddings)) return (embeddings as { float: number[][] }).float
  return embeddings.map((one: number[] | { embedding: number[] }) =>
    'embedding' in one ? one.embedding : one,
  )
}
