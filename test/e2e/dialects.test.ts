import assert from 'node:assert/strict'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { after, afterEach, before, suite, test } from 'node:test'
import OpenAI from 'openai'
import type { Status } from '../../src/admin/types.js'
import { startWire, type Wire } from '../aws/wire.js'
import { type Emulator, startEmulator } from '../emulator/emulator.js'
import { verifySignature } from '../emulator/sigv4-verifier.js'
import { eventually, parseStream, postChat } from './chat.js'
import { type Daemon, startDaemon } from './daemon.js'

const MODEL = 'xai.grok-4.3'
const MESSAGES = [{ role: 'user' as const, content: 'Hello there' }]

interface Asked {
  readonly path: string
  readonly body: Readonly<Record<string, unknown>>
}

const delta = (said: object, finish_reason: string | null = null): string =>
  event({
    id: 'theirs',
    object: 'chat.completion.chunk',
    created: 1,
    model: MODEL,
    choices: [{ index: 0, delta: said, finish_reason }],
  })
const event = (chunk: object): string => `data: ${JSON.stringify(chunk)}\n\n`
const USAGE = event({
  id: 'theirs',
  choices: [],
  usage: { prompt_tokens: 9, completion_tokens: 4, total_tokens: 13 },
})
const HELLO = [
  delta({ role: 'assistant', content: '' }),
  delta({ reasoning: 'Hm.' }),
  delta({ content: 'Hi ' }),
  delta({ content: 'there' }),
]
const STREAM = { 'content-type': 'text/event-stream' }

function sendStream(response: ServerResponse, events: readonly string[]): void {
  response.writeHead(200, STREAM)
  for (const one of events) response.write(one)
  response.end()
}

/** With the emulator's own reading of the rules, not ours. */
function verify(request: IncomingMessage, body: Buffer): void {
  const { rawHeaders, method = '', url: target = '' } = request
  const headers = rawHeaders.flatMap((name, index) =>
    index % 2 === 0 ? [[name, rawHeaders[index + 1] ?? ''] as const] : [],
  )
  const accessKeyId = 'AKIDEXAMPLE'
  const secretAccessKey = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'
  const identity = { accessKeyId, secretAccessKey, sessionToken: null, service: 'bedrock-mantle' }
  verifySignature({ method, target, headers, body }, identity, { nowMs: Date.now() })
}

suite('models that only bedrock-mantle serves', () => {
  let emulator: Emulator
  let wire: Wire
  let daemon: Daemon
  let client: OpenAI
  const asked: Asked[] = []
  let answer: (asked: Asked, response: ServerResponse) => void = () => {}

  before(async () => {
    emulator = await startEmulator()
    wire = await startWire(({ request, response }) => {
      const parts: Buffer[] = []
      request.on('data', (part: Buffer) => parts.push(part))
      request.on('end', () => {
        const bytes = Buffer.concat(parts)
        verify(request, bytes)
        if (request.url === '/v1/models') {
          const data = [MODEL, 'openai.gpt-oss-safeguard-20b'].map((id) => ({ id, object: 'model' }))
          response.writeHead(200, { 'content-type': 'application/json' })
          response.end(JSON.stringify({ object: 'list', data }))
          return
        }
        const one = { path: request.url ?? '', body: JSON.parse(bytes.toString('utf8')) as Asked['body'] }
        asked.push(one)
        answer(one, response)
      })
    })
    daemon = await startDaemon({
      emulator,
      environment: { AWS_ENDPOINT_URL_BEDROCK_MANTLE: wire.url, BEDROCKD_STREAM_SILENCE_SECONDS: '20' },
    })
    client = new OpenAI({ baseURL: `${daemon.url}/v1`, apiKey: 'none', maxRetries: 0, timeout: 20_000 })
  })
  after(async () => {
    await daemon?.kill()
    await wire?.close()
    await emulator?.close()
  })
  afterEach(() => {
    asked.length = 0
  })

  test('they stand in the list and in status', async () => {
    const ids = (await client.models.list()).data.map(({ id }) => id)
    assert.ok(ids.includes(MODEL) && ids.includes('openai.gpt-oss-safeguard-20b'))
    const { snapshot } = (await daemon.admin('/status')) as Status
    assert.equal(snapshot.regions[0]?.mantleModels, 2)
  })

  test('a stream comes through the official SDK: thoughts, text, finish reason, usage', async () => {
    answer = (_asked, response) =>
      sendStream(response, [...HELLO, delta({}, 'stop'), USAGE, 'data: [DONE]\n\n'])
    const stream = await client.chat.completions.create({
      model: MODEL,
      messages: MESSAGES,
      stream: true,
      stream_options: { include_usage: true },
      reasoning_effort: 'low',
    })
    let text = ''
    let reasoning = ''
    const reasons: string[] = []
    const usages: unknown[] = []
    for await (const { model, choices, usage } of stream) {
      assert.equal(model, MODEL)
      const said = choices[0]?.delta as { content?: string; reasoning_content?: string } | undefined
      text += said?.content ?? ''
      reasoning += said?.reasoning_content ?? ''
      if (choices[0]?.finish_reason) reasons.push(choices[0].finish_reason)
      if (usage) usages.push(usage.total_tokens)
    }
    assert.deepEqual([text, reasoning, reasons, usages], ['Hi there', 'Hm.', ['stop'], [13]])
    assert.equal(asked[0]?.path, '/openai/v1/chat/completions')
    const { model, stream_options, reasoning_effort } = asked[0].body
    assert.deepEqual(
      { model, stream_options, reasoning_effort },
      { model: MODEL, stream_options: { include_usage: true }, reasoning_effort: 'low' },
    )
  })

  test('several choices are several calls to one reply', async () => {
    answer = (_asked, response) => sendStream(response, [...HELLO, delta({}, 'stop'), USAGE])
    const response = await postChat(daemon.url, {
      model: MODEL,
      n: 2,
      stream: true,
      stream_options: { include_usage: true },
    })
    const { chunks, usage } = parseStream(await response.text())
    const indexes = new Set(
      chunks.flatMap(({ choices }) => choices?.map((choice) => (choice as { index?: number }).index) ?? []),
    )
    assert.deepEqual([...indexes].sort(), [0, 1])
    assert.deepEqual([usage?.prompt_tokens, usage?.completion_tokens], [18, 8])
    assert.deepEqual([asked.length, asked[0]?.body['n']], [2, undefined])
  })

  test('a tool is called, and its result goes back', async () => {
    const tools = [
      {
        type: 'function' as const,
        function: { name: 'now', parameters: { type: 'object', properties: {} } },
      },
    ]
    const call = { id: 'call_1', type: 'function' as const, function: { name: 'now', arguments: '{}' } }
    answer = (_asked, response) => {
      const message = { role: 'assistant', content: null, tool_calls: [call] }
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(
        JSON.stringify({
          choices: [{ index: 0, message, finish_reason: 'tool_calls' }],
          usage: { prompt_tokens: 1, completion_tokens: 1 },
        }),
      )
    }
    const { choices } = await client.chat.completions.create({ model: MODEL, messages: MESSAGES, tools })
    assert.deepEqual(choices[0]?.message.tool_calls, [call])
    assert.equal(choices[0]?.finish_reason, 'tool_calls')
    const sent = asked[0]?.body['tools']
    assert.ok(Array.isArray(sent) && sent.length === 1)
  })

  test('a stream that breaks off is an error event after what came, never a silent end', async () => {
    answer = (_asked, response) => sendStream(response, HELLO)
    const response = await postChat(daemon.url, { model: MODEL, stream: true })
    const { text, error } = parseStream(await response.text())
    assert.equal(text, 'Hi there')
    assert.equal(error?.code, 'upstream_incomplete')
  })

  test('an error in the stream is an error event in its words', async () => {
    answer = (_asked, response) =>
      sendStream(response, [
        ...HELLO,
        event({ error: { message: 'Too fast.', code: 'rate_limit_exceeded' } }),
      ])
    const { text, error } = parseStream(
      await (await postChat(daemon.url, { model: MODEL, stream: true })).text(),
    )
    assert.deepEqual([text, error?.code], ['Hi there', 'rate_limit_exceeded'])
    assert.match(error?.message ?? '', /Too fast\./)
  })

  for (const stream of [true, false]) {
    test(`status 200 for an unknown operation is a failure, stream ${stream}`, async () => {
      answer = (_asked, response) => {
        response.writeHead(200, { 'content-type': 'application/json' })
        response.end(
          '{"Output":{"__type":"com.amazon.coral.service#UnknownOperationException"},"Version":"1.0"}',
        )
      }
      const response = await postChat(daemon.url, { model: MODEL, stream })
      assert.equal(response.status, 502)
      const { error } = (await response.json()) as { error: { message: string; code: string } }
      assert.equal(error.code, 'upstream_error')
      assert.match(error.message, /UnknownOperationException/)
    })
  }

  test('a throttle is a 429 with Retry-After', async () => {
    answer = (_asked, response) => {
      response.writeHead(429, { 'content-type': 'application/json' })
      response.end(
        '{"error":{"message":"Slow down.","type":"rate_limit_error","code":"rate_limit_exceeded"}}',
      )
    }
    const response = await postChat(daemon.url, { model: MODEL, stream: true })
    assert.equal(response.status, 429)
    assert.ok(response.headers.get('retry-after'))
  })

  test('a client that goes away ends the call', async () => {
    let closed = false
    answer = (_asked, response) => {
      response.writeHead(200, STREAM).write(HELLO.join(''))
      response.on('close', () => {
        closed = true
      })
    }
    const abort = new AbortController()
    const response = await postChat(daemon.url, { model: MODEL, stream: true }, { signal: abort.signal })
    await response.body?.getReader().read()
    abort.abort()
    await eventually(() => closed, 'the call ends')
  })
})

test('a chat that must have a guardrail is refused before bedrock-mantle is asked', async () => {
  const emulator = await startEmulator()
  const daemon = await startDaemon({
    emulator,
    environment: { BEDROCKD_GUARDRAIL_ID: 'gr1abc', BEDROCKD_GUARDRAIL_VERSION: '1' },
  })
  try {
    const response = await postChat(daemon.url, { model: `mantle/${MODEL}` })
    assert.equal(response.status, 400)
    assert.match(await response.text(), /guardrail/)
  } finally {
    await daemon.kill()
    await emulator.close()
  }
})

suite('both native endpoints as the emulator has them', () => {
  let emulator: Emulator
  let daemon: Daemon

  before(async () => {
    emulator = await startEmulator()
    daemon = await startDaemon({ emulator })
  })
  after(async () => {
    await daemon?.kill()
    await emulator?.close()
  })
  afterEach(() => emulator.reset())

  for (const model of [
    'minimax.minimax-m2',
    'mantle/openai.gpt-oss-120b',
    'mantle/openai.gpt-oss-120b-1:0',
    'openai-runtime/openai.gpt-oss-120b-1:0',
  ]) {
    test(`${model} answers, streamed and whole`, async () => {
      emulator.set({ chunks: ['One ', 'two'], text: 'One two' })
      const parameters = { model, temperature: 1.5, seed: 7, user: 'ann', top_k: 5, num_ctx: 4096 }
      const streamed = await postChat(daemon.url, {
        ...parameters,
        stream: true,
        stream_options: { include_usage: true },
      })
      const { text, usage, finishReasons } = parseStream(await streamed.text())
      assert.deepEqual([text, finishReasons], ['One two', ['stop']])
      assert.ok((usage?.completion_tokens ?? 0) > 0)
      assert.equal(streamed.headers.get('x-bedrockd-dropped-params'), 'num_ctx, top_k')
      const whole = await postChat(daemon.url, parameters)
      assert.equal(whole.status, 200)
      const reply = (await whole.json()) as { model: string; choices: { message: { content: string } }[] }
      assert.deepEqual([reply.model, reply.choices[0]?.message.content], [model, 'One two'])
    })
  }

  test('a model of the Responses API alone is not listed, and refused in the words of AWS', async () => {
    const model = 'openai.gpt-5.6-luna'
    const list = (await (await fetch(`${daemon.url}/v1/models`)).json()) as { data: { id: string }[] }
    const ids = list.data.map(({ id }) => id)
    assert.ok(ids.includes('minimax.minimax-m2') && !ids.includes(model))
    const response = await postChat(daemon.url, { model })
    assert.equal(response.status, 400)
    assert.match(await response.text(), /does not support the '\/v1\/chat\/completions' API/)
  })
})
