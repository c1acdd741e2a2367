import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FrameError } from '../../src/bedrock/frame-decoder.js'
import type { ErrorCode } from '../../src/errors.js'
import { GatewayError } from '../../src/errors.js'
import { EventBytes } from '../../src/openai/event-bytes.js'
import { createOpenAiReader } from '../../src/relay/openai-reader.js'
import { toOpenAiCompletion } from '../../src/translate/openai-completion.js'
import type { ReplyPlan } from '../../src/translate/policy.js'
import { lend } from '../bedrock/decode.js'
import { replyPlan } from '../translate/chat-target.js'
import { type Chunk, parseChunks } from '../translate/chunks.js'

const HEAD = { id: 'chatcmpl-ours', created: 1_750_000_000, model: 'the-model' }

interface Told {
  readonly chunks: readonly Chunk[]
  readonly stopped: boolean
  readonly usage: object | null
  readonly eventsTotal: number
}

/** What a client is told of a stream whose body comes in these chunks. */
function tell(chunks: readonly Buffer[], plan: Partial<ReplyPlan> = {}): Told {
  const out = new EventBytes()
  out.begin(HEAD)
  const reader = createOpenAiReader({ head: HEAD, plan: replyPlan(plan), choice: 0, out })
  for (const chunk of chunks) lend(chunk, reader)
  reader.finish()
  const {
    eventsTotal,
    reply: { stopped, usage },
  } = reader
  return { chunks: parseChunks(String(out.take(HEAD) ?? '')), stopped, usage, eventsTotal }
}

const toBody = (events: readonly (object | string)[]): Buffer =>
  Buffer.from(
    events.map((event) => `data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`).join(''),
  )

const chunk = (delta: object, more: object = {}): object => ({
  id: 'chatcmpl-theirs',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'openai.gpt-oss-120b',
  choices: [{ index: 0, delta, finish_reason: null, ...more }],
})

const usageChunk = (usage: object): object => ({
  id: 'x',
  object: 'chat.completion.chunk',
  choices: [],
  usage,
})

/** The deltas of all chunks put together, as a client does it. */
function join(chunks: readonly Chunk[]) {
  const calls: { id?: string; name?: string; arguments: string }[] = []
  let text = ''
  let reasoning = ''
  for (const { choices } of chunks) {
    const delta = choices[0]?.delta as Chunk['choices'][number]['delta'] & {
      readonly tool_calls?: readonly {
        readonly index: number
        readonly id?: string
        readonly function: { readonly name?: string; readonly arguments: string }
      }[]
    }
    text += delta.content ?? ''
    reasoning += delta.reasoning_content ?? ''
    for (const { index, id, function: called } of delta.tool_calls ?? []) {
      assert.ok(index <= calls.length, 'no gap')
      const call = calls[index] ?? { arguments: '' }
      calls[index] = call
      if (id !== undefined) call.id = id
      if (called.name !== undefined) call.name = called.name
      call.arguments += called.arguments
    }
  }
  return { text, reasoning, calls, finishReason: chunks.at(-1)?.choices[0]?.finish_reason }
}

/** Shape of gpt-oss on bedrock-mantle: `reasoning` in the delta (recording 846), usage in a chunk without choices. */
const GPT_OSS = [
  chunk({ role: 'assistant', content: '' }),
  chunk({ reasoning: 'Say ' }),
  chunk({ reasoning: 'hello — 🦜.' }),
  chunk({ content: 'Hel' }),
  chunk({ content: 'lo 🦜' }),
  chunk({}, { finish_reason: 'stop' }),
  usageChunk({
    prompt_tokens: 72,
    completion_tokens: 56,
    total_tokens: 128,
    prompt_tokens_details: { cached_tokens: 64 },
  }),
  '[DONE]',
]

test('a stream is told with our head: role once, reasoning, text, one finish reason, usage kept', () => {
  const { chunks, stopped, usage, eventsTotal } = tell([toBody(GPT_OSS)])
  assert.equal(stopped, true)
  assert.equal(eventsTotal, 8)
  assert.deepEqual(usage, {
    promptTokens: 72,
    completionTokens: 56,
    totalTokens: 128,
    cachedTokens: 64,
    cacheWriteTokens: 0,
  })
  for (const { id, created, model } of chunks) assert.deepEqual({ id, created, model }, HEAD)
  assert.deepEqual(
    chunks.map(({ choices }) => choices[0]?.delta.role ?? null),
    ['assistant', null, null, null, null, null],
  )
  assert.deepEqual(join(chunks), {
    text: 'Hello 🦜',
    reasoning: 'Say hello — 🦜.',
    calls: [],
    finishReason: 'stop',
  })
  assert.equal(chunks.filter(({ choices }) => choices[0]?.finish_reason !== null).length, 1)
})

test('a stream is told the same wherever it is cut, and also byte by byte', () => {
  const body = toBody(GPT_OSS)
  const whole = tell([body])
  for (let cut = 1; cut < body.length; cut += 1)
    assert.deepEqual(tell([body.subarray(0, cut), body.subarray(cut)]), whole, `cut at ${cut}`)
  assert.deepEqual(tell(Array.from(body, (byte) => Buffer.of(byte))), whole)
})

test('a stream is complete with its finish reason and not before, wherever it ends', () => {
  const body = toBody(GPT_OSS)
  const finished = body.indexOf('\n\n', body.indexOf('"finish_reason":"stop"')) + 2
  for (let end = 0; end <= body.length; end += 1)
    assert.equal(tell([body.subarray(0, end)]).stopped, end >= finished, `${end} bytes`)
  assert.equal(tell([toBody([chunk({ content: 'Hi' }), '[DONE]'])]).stopped, false, '[DONE] alone is no end')
})

const call = (index: number, more: object): object => chunk({ tool_calls: [{ index, ...more }] })

test('parallel calls come with dense indexes, id and name first, and {} for no arguments', () => {
  const { chunks } = tell([
    toBody([
      chunk({ role: 'assistant', content: null }),
      call(3, { id: 'a', type: 'function', function: { name: 'get_weather', arguments: '' } }),
      call(3, { function: { arguments: '{"city":' } }),
      call(3, { function: { arguments: '"Paris"}' } }),
      call(7, { id: 'b', type: 'function', function: { name: 'now' } }),
      chunk({}, { finish_reason: 'stop' }),
    ]),
  ])
  assert.deepEqual(join(chunks), {
    text: '',
    reasoning: '',
    calls: [
      { id: 'a', name: 'get_weather', arguments: '{"city":"Paris"}' },
      { id: 'b', name: 'now', arguments: '{}' },
    ],
    finishReason: 'tool_calls',
  })
})

test('calls that are all numbered 0, that have no id, or whose name comes late are told apart', () => {
  const { chunks } = tell([
    toBody([
      call(0, { id: 'a', function: { name: 'one', arguments: '{"n":1}' } }),
      call(0, { id: 'b', function: { name: 'two', arguments: '{"n":2}' } }),
      call(1, { function: { name: 'three', arguments: '{}' } }),
      call(2, { id: 'd', function: { arguments: '{"n"' } }),
      call(2, { function: { name: 'four', arguments: ':4}' } }),
      chunk({}, { finish_reason: 'tool_calls' }),
    ]),
  ])
  const { calls } = join(chunks)
  assert.deepEqual(
    calls.map(({ name, arguments: json }) => [name, json]),
    [
      ['one', '{"n":1}'],
      ['two', '{"n":2}'],
      ['three', '{}'],
      ['four', '{"n":4}'],
    ],
  )
  assert.deepEqual([calls[0]?.id, calls[1]?.id, calls[3]?.id], ['a', 'b', 'd'])
  assert.match(calls[2]?.id ?? '', /^call-/)
})

test('names go back to what the client calls its tools', () => {
  const body = toBody([
    call(0, { id: 'a', function: { name: 'x_1', arguments: '{}' } }),
    chunk({}, { finish_reason: 'tool_calls' }),
  ])
  assert.equal(join(tell([body], { toolNames: { x_1: 'x.y' } }).chunks).calls[0]?.name, 'x.y')
})

test('a client of functions gets the first call as function_call', () => {
  const { chunks } = tell(
    [
      toBody([
        call(0, { id: 'a', function: { name: 'one', arguments: '{"n":1}' } }),
        call(1, { id: 'b', function: { name: 'two', arguments: '{"n":2}' } }),
        chunk({}, { finish_reason: 'tool_calls' }),
      ]),
    ],
    { legacyFunctions: true },
  )
  const deltas = chunks.map(({ choices }) => choices[0]?.delta as { function_call?: unknown })
  assert.deepEqual(
    deltas.flatMap((delta) => delta.function_call ?? []),
    [{ name: 'one', arguments: '' }, { arguments: '{"n":1}' }],
  )
  assert.equal(chunks.at(-1)?.choices[0]?.finish_reason, 'function_call')
})

for (const [theirs, ours] of [
  ['stop', 'stop'],
  ['length', 'length'],
  ['content_filter', 'content_filter'],
  ['guardrail_intervened', 'content_filter'],
  ['eos_token', 'stop'],
] as const) {
  test(`finish reason ${theirs} becomes ${ours}`, () => {
    const { chunks } = tell([toBody([chunk({ content: 'Hi' }, { finish_reason: theirs })])])
    assert.deepEqual(join(chunks), { text: 'Hi', reasoning: '', calls: [], finishReason: ours })
  })
}

test('an answer that a guardrail replaced is content_filter', () => {
  const last = {
    ...chunk({ content: 'No.' }, { finish_reason: 'stop' }),
    'amazon-bedrock-guardrailAction': 'INTERVENED',
  }
  assert.equal(join(tell([toBody([last])]).chunks).finishReason, 'content_filter')
})

for (const [says, text, expected] of [
  ['in front', '<reasoning>I think.</reasoning>Hello', { text: 'Hello', reasoning: 'I think.' }],
  ['never closed', '<reasoning>I think </reas', { text: '', reasoning: 'I think </reas' }],
  [
    'not in front',
    'Hello <reasoning>x</reasoning>',
    { text: 'Hello <reasoning>x</reasoning>', reasoning: '' },
  ],
  ['only begun', '<reas', { text: '<reas', reasoning: '' }],
  ['another one', '<b>Hello</b>', { text: '<b>Hello</b>', reasoning: '' }],
] as const) {
  test(`a reasoning tag that is ${says} is told apart, however the text is cut`, () => {
    for (let cut = 0; cut <= text.length; cut += 1) {
      const { chunks } = tell([
        toBody([
          chunk({ content: text.slice(0, cut) }),
          chunk({ content: text.slice(cut) }),
          chunk({}, { finish_reason: 'stop' }),
        ]),
      ])
      const { text: answer, reasoning } = join(chunks)
      assert.deepEqual({ text: answer, reasoning }, expected, `cut at ${cut}`)
    }
  })
}

const FAILURES: readonly {
  readonly says: string
  readonly body: string
  readonly code: ErrorCode
  readonly words: RegExp
}[] = [
  {
    says: "OpenAI's error",
    body: 'data: {"error":{"message":"Too fast.","type":"rate_limit_error","code":"rate_limit_exceeded"}}\n\n',
    code: 'rate_limit_exceeded',
    words: /Too fast\./,
  },
  {
    says: 'a named error event',
    body: 'event: error\ndata: {"message":"The server broke.","type":"server_error"}\n\n',
    code: 'upstream_error',
    words: /The server broke\./,
  },
  {
    says: 'an exception by name',
    body: 'event: throttlingException\ndata: {"message":"Too many requests."}\n\n',
    code: 'rate_limit_exceeded',
    words: /Too many requests\./,
  },
  {
    says: 'an operation that nobody knows',
    body: 'data: {"Output":{"__type":"com.amazon.coral.service#UnknownOperationException"},"Version":"1.0"}\n\n',
    code: 'upstream_error',
    words: /UnknownOperationException/,
  },
]

for (const { says, body, code, words } of FAILURES) {
  test(`${says} in the stream ends it as ${code}, and what came before is told`, () => {
    const out = new EventBytes()
    out.begin(HEAD)
    const reader = createOpenAiReader({ head: HEAD, plan: replyPlan(), choice: 0, out })
    const bytes = Buffer.concat([toBody([chunk({ content: 'Hel' })]), Buffer.from(body)])
    assert.throws(
      () => reader.push(bytes),
      (error) => error instanceof GatewayError && error.code === code && words.test(error.message),
    )
    assert.equal(join(parseChunks(String(out.take(HEAD) ?? ''))).text, 'Hel')
    assert.equal(reader.reply.stopped, false)
  })
}

test('data that is no JSON object is a damaged stream', () => {
  for (const data of ['{"choices":[', '[]', '7', 'hello'])
    assert.throws(() => tell([Buffer.from(`data: ${data}\n\n`)]), FrameError, data)
})

test('error: null in every chunk is no error', () => {
  const body = toBody([{ ...chunk({ content: 'Hi' }, { finish_reason: 'stop' }), error: null }])
  assert.equal(join(tell([body]).chunks).text, 'Hi')
})

test('a stream says the same as the whole reply of the same words', () => {
  const text = fc.string({ unit: 'grapheme' }).filter((value) => !value.startsWith('<'))
  const calls = fc.array(fc.record({ name: fc.constantFrom('a', 'b'), arguments: fc.json() }), {
    maxLength: 3,
  })
  fc.assert(
    fc.property(text, text, calls, fc.nat(7), (reasoning, answer, wanted, size) => {
      const pieces = (value: string): string[] => value.match(new RegExp(`[^]{1,${size + 1}}`, 'gu')) ?? []
      const toolCalls = wanted.map((said, index) => ({ id: `id-${index}`, type: 'function', function: said }))
      const body = toBody([
        ...pieces(reasoning).map((piece) => chunk({ reasoning: piece })),
        ...pieces(answer).map((piece) => chunk({ content: piece })),
        ...toolCalls.flatMap(({ id, function: said }, index) => [
          call(index, { id, function: { name: said.name, arguments: '' } }),
          ...pieces(said.arguments).map((piece) => call(index, { function: { arguments: piece } })),
        ]),
        chunk({}, { finish_reason: 'stop' }),
      ])
      const streamed = join(tell([body]).chunks)
      const { choice } = toOpenAiCompletion(
        {
          choices: [
            { message: { content: answer, reasoning, tool_calls: toolCalls }, finish_reason: 'stop' },
          ],
        },
        replyPlan(),
      )
      assert.equal(streamed.text, choice.text ?? '')
      assert.equal(streamed.reasoning, choice.reasoning ?? '')
      assert.deepEqual(streamed.calls, choice.toolCalls)
      assert.equal(streamed.finishReason, choice.finishReason)
    }),
  )
})
