import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ChatTarget } from '../../src/catalog/types.js'
import { GatewayError } from '../../src/errors.js'
import { parseChatRequest } from '../../src/openai/parse-chat-request.js'
import type { MediaPart } from '../../src/openai/types.js'
import type { MediaBlocks, TranslationContext } from '../../src/translate/policy.js'
import { createRepairTally } from '../../src/translate/repairs.js'
import { type OpenAiTranslation, toOpenAi } from '../../src/translate/to-openai.js'
import { chatContext, chatRequest, chatTarget } from './chat-target.js'

const USER = { role: 'user', content: 'Hello' }

function mantleTarget(members: Partial<ChatTarget> = {}): ChatTarget {
  const id = 'openai.gpt-oss-120b'
  return {
    ...chatTarget({ family: 'openai' }),
    id,
    requested: 'my-model',
    dialect: 'openai-mantle',
    ...members,
  }
}

const contextOf = (
  members: Partial<ChatTarget> = {},
  more: Parameters<typeof chatContext>[1] = {},
): TranslationContext => chatContext(mantleTarget(members), more)

/** A client's body as it is sent on. */
function send(body: object, context: TranslationContext = contextOf()): OpenAiTranslation {
  return toOpenAi(parseChatRequest({ model: 'my-model', messages: [USER], ...body }), context)
}

const messagesOf = (messages: readonly object[], context?: TranslationContext) =>
  send({ messages }, context).body.messages

test('a plain chat goes on under the model id of the endpoint', () => {
  const { body, headers, plan, dropped } = send({})
  assert.deepEqual(body, { model: 'openai.gpt-oss-120b', messages: [USER], stream: false, store: false })
  assert.deepEqual(headers, {})
  assert.equal(plan.includeUsage, false)
  assert.deepEqual(dropped, [])
})

test('a stream is always asked for its usage, whether or not the client wants to know', () => {
  for (const include_usage of [true, false]) {
    const { body, plan } = send({ stream: true, stream_options: { include_usage } })
    assert.deepEqual(body.stream_options, { include_usage: true })
    assert.equal(plan.includeUsage, include_usage)
  }
})

test('parameters of the API go on, the limit by its newer name, n by calls of their own', () => {
  const { body, dropped } = send({
    max_tokens: 100,
    temperature: 1.7,
    top_p: 0.9,
    stop: ['a', 'b'],
    seed: 7,
    frequency_penalty: 0.5,
    presence_penalty: -0.5,
    logit_bias: { '1': 5 },
    user: 'ann',
    n: 2,
    response_format: {
      type: 'json_schema',
      json_schema: { name: 'x', schema: { type: 'object' }, strict: true },
    },
  })
  const { messages: _messages, model: _model, stream: _stream, store: _store, ...parameters } = body
  assert.deepEqual(parameters, {
    max_completion_tokens: 100,
    temperature: 1.7,
    top_p: 0.9,
    stop: ['a', 'b'],
    seed: 7,
    frequency_penalty: 0.5,
    presence_penalty: -0.5,
    logit_bias: { '1': 5 },
    user: 'ann',
    response_format: {
      type: 'json_schema',
      json_schema: { name: 'x', schema: { type: 'object' }, strict: true },
    },
  })
  assert.deepEqual(dropped, [])
})

test('what the endpoint has no word for is left out and named, or refused where nothing may be dropped', () => {
  const odd = { top_k: 5, num_ctx: 2048, store: true, logprobs: true }
  const { body, dropped } = send(odd)
  for (const name of Object.keys(odd)) assert.equal(body[name], name === 'store' ? false : undefined, name)
  assert.deepEqual([...dropped].sort(), Object.keys(odd).sort())
  const strict = contextOf({}, { policy: { dropParams: false } })
  assert.throws(() => send({ top_k: 5 }, strict), /top_k/)
})

test('what the model was seen to refuse is not said again', () => {
  const { body, dropped } = send(
    { temperature: 0.5, top_p: 0.5 },
    contextOf({}, { lessons: ['temperature'] }),
  )
  assert.deepEqual([body['temperature'], body['top_p']], [undefined, 0.5])
  assert.deepEqual(dropped, ['temperature'])
})

test('a limit that nobody names is the setting, and none is over what the model gives', () => {
  const context = contextOf({}, { policy: { outputTokensDefault: 512 } })
  assert.equal(send({}, context).body['max_completion_tokens'], 512)
  assert.equal(send({ max_tokens: 1_000_000 }).body['max_completion_tokens'], 4096)
})

for (const [id, effort, expected] of [
  ['openai.gpt-oss-120b', 'none', 'low'],
  ['openai.gpt-oss-120b', 'medium', 'medium'],
  ['openai.gpt-oss-120b', 'max', 'high'],
  ['qwen.qwen3-32b', 'xhigh', 'high'],
  ['openai.gpt-6-astra', 'none', 'none'],
  ['us.openai.gpt-5.6-sol', 'xhigh', 'xhigh'],
] as const) {
  test(`reasoning_effort ${effort} is ${expected} for ${id}`, () => {
    assert.equal(send({ reasoning_effort: effort }, contextOf({ id })).body['reasoning_effort'], expected)
  })
}

test('tools, a forced tool, parallel calls and their history go on, results in the order of the calls', () => {
  const tools = [
    {
      type: 'function',
      function: {
        name: 'get_weather',
        description: 'Weather',
        parameters: { type: 'object', properties: { city: {} } },
      },
    },
    { type: 'function', function: { name: 'now', description: ' ' } },
  ]
  const calls = [
    { id: 'a', type: 'function', function: { name: 'get_weather', arguments: '{"city":"Paris"}' } },
    { id: 'b', type: 'function', function: { name: 'now', arguments: '' } },
  ]
  const { body } = send({
    tools,
    tool_choice: { type: 'function', function: { name: 'now' } },
    messages: [
      USER,
      { role: 'assistant', content: null, tool_calls: calls },
      { role: 'tool', tool_call_id: 'b', content: 'noon' },
      { role: 'tool', tool_call_id: 'a', content: 'sunny' },
    ],
  })
  assert.deepEqual(body['tools'], [
    tools[0],
    { type: 'function', function: { name: 'now', parameters: { type: 'object', properties: {} } } },
  ])
  assert.deepEqual(body['tool_choice'], { type: 'function', function: { name: 'now' } })
  assert.deepEqual(body.messages, [
    USER,
    {
      role: 'assistant',
      content: null,
      tool_calls: [calls[0], { id: 'b', type: 'function', function: { name: 'now', arguments: '{}' } }],
    },
    { role: 'tool', tool_call_id: 'a', content: 'sunny' },
    { role: 'tool', tool_call_id: 'b', content: 'noon' },
  ])
})

test('calls of one turn that share an id each keep their own result', () => {
  const call = (json: string) => ({ id: 'f', type: 'function', function: { name: 'f', arguments: json } })
  const result = (content: string) => ({ role: 'tool', tool_call_id: 'f', content })
  const calls = [call('{"a":1}'), call('{"a":2}'), call('{"a":1}')]
  const messages = messagesOf([
    USER,
    { role: 'assistant', content: null, tool_calls: calls },
    result('one'),
    result('two'),
    result('more'),
  ])
  assert.deepEqual(messages.slice(1), [
    {
      role: 'assistant',
      content: null,
      tool_calls: [calls[0], { ...call('{"a":2}'), id: 'f_2' }],
    },
    { role: 'tool', tool_call_id: 'f', content: 'one' },
    { role: 'tool', tool_call_id: 'f_2', content: 'two\n\nmore' },
  ])
})

test('of two tools with one name the first counts', () => {
  const named = (description: string) => ({ type: 'function', function: { name: 'now', description } })
  const { body } = send({ tools: [named('first'), named('second')] })
  const tools = body['tools'] as readonly { readonly function: { readonly description: string } }[]
  assert.deepEqual(
    tools.map(({ function: { description } }) => description),
    ['first'],
  )
})

test('a choice of a tool that is not there is refused, a forced choice without tools is named', () => {
  const tools = [{ type: 'function', function: { name: 'now' } }]
  const tool_choice = { type: 'function', function: { name: 'then' } }
  assert.throws(
    () => send({ tools, tool_choice }),
    (error) => error instanceof GatewayError && error.param === 'tool_choice',
  )
  assert.deepEqual(send({ tool_choice }).dropped, ['tool_choice'])
})

test('a blank system prompt of an alias is none', () => {
  const defaults = { parameters: {}, systemPrompt: ' ', guardrail: null }
  assert.deepEqual(messagesOf([USER], contextOf({ defaults })), [USER])
})

test('parallel_tool_calls goes on with tools, and only with them', () => {
  const tool = { name: 'now', description: null, parameters: null, strict: null, cacheControl: null }
  for (const tools of [[tool], []]) {
    const { body } = toOpenAi(chatRequest({ tools, parallelToolCalls: false }), contextOf())
    assert.equal(body['parallel_tool_calls'], tools.length > 0 ? false : undefined)
  }
})

test('a model without tools gets none, and they are named', () => {
  const target = mantleTarget()
  const context = contextOf({ capabilities: { ...target.capabilities, tools: false } })
  const { body, dropped } = send(
    { tools: [{ type: 'function', function: { name: 'now' } }], tool_choice: 'auto' },
    context,
  )
  assert.deepEqual([body['tools'], body['tool_choice']], [undefined, undefined])
  assert.deepEqual(dropped, ['tools'])
})

const ASKED = {
  role: 'assistant',
  content: '',
  tool_calls: [{ id: 'a', type: 'function', function: { name: 'now', arguments: '{"tz' } }],
}

test('arguments that are cut, results that are missing and results of no call are mended', () => {
  assert.deepEqual(
    messagesOf([
      USER,
      ASKED,
      { role: 'user', content: 'And?' },
      { role: 'tool', tool_call_id: 'z', content: 'late' },
    ]),
    [
      USER,
      {
        role: 'assistant',
        content: null,
        tool_calls: [
          { id: 'a', type: 'function', function: { name: 'now', arguments: '{"arguments":"{\\"tz"}' } },
        ],
      },
      { role: 'tool', tool_call_id: 'a', content: 'The tool gave no result.' },
      { role: 'user', content: 'And?\n\nResult of a tool: late' },
    ],
  )
})

test('a result of no call in the middle of a round waits for the others, a second one joins the first', () => {
  const calls = ['a', 'b'].map((id) => ({ id, type: 'function', function: { name: 'now', arguments: '{}' } }))
  const result = (tool_call_id: string, content: string) => ({ role: 'tool', tool_call_id, content })
  const asked = { role: 'assistant', content: null, tool_calls: calls }
  assert.deepEqual(
    messagesOf([
      USER,
      asked,
      result('a', 'one'),
      result('z', 'what'),
      result('a', 'again'),
      result('b', 'two'),
    ]),
    [
      USER,
      asked,
      result('a', 'one\n\nagain'),
      result('b', 'two'),
      { role: 'user', content: 'Result of a tool: what' },
    ],
  )
})

test('system texts stand together in front, behind what the alias says', () => {
  const defaults = { parameters: {}, systemPrompt: 'Be brief.', guardrail: null }
  const context = contextOf({ defaults })
  assert.deepEqual(
    messagesOf(
      [
        { role: 'developer', content: 'One.' },
        USER,
        { role: 'system', content: [{ type: 'text', text: 'Two.' }] },
      ],
      context,
    ),
    [{ role: 'system', content: 'Be brief.\n\nOne.\n\nTwo.' }, USER],
  )
  const target = mantleTarget()
  const without = contextOf({ defaults, capabilities: { ...target.capabilities, systemPrompt: false } })
  assert.deepEqual(messagesOf([USER], without), [{ role: 'user', content: 'Be brief.\n\nHello' }])
})

test('blank messages, neighbours and a leading assistant are mended and counted', () => {
  const { body, sanitized } = send({
    messages: [
      { role: 'system', content: ' ' },
      { role: 'assistant', content: 'Hi' },
      { role: 'assistant', content: '' },
      {
        role: 'user',
        content: [
          { type: 'text', text: ' ' },
          { type: 'text', text: 'One' },
        ],
      },
      { role: 'user', content: 'Two' },
    ],
  })
  assert.deepEqual(body.messages, [
    { role: 'user', content: '...' },
    { role: 'assistant', content: 'Hi\n\n...' },
    { role: 'user', content: 'One\n\nTwo' },
  ])
  assert.deepEqual(sanitized, {
    ...createRepairTally(),
    blankPartsDropped: 2,
    blankMessagesFilled: 1,
    blankSystemDropped: 1,
    leadingUsersAdded: 1,
    neighboursMerged: 2,
  })
})

/** A request with these parts in its last message, and the blocks that a worker made of them. */
function sendMedia(
  messages: readonly object[],
  blocks: readonly (MediaBlocks extends ReadonlyMap<MediaPart, infer Block> ? Block : never)[],
) {
  const request = parseChatRequest({ model: 'my-model', messages })
  const parts = request.messages.flatMap(({ content }) =>
    content.flatMap((part) => (part.type === 'text' ? [] : [part])),
  )
  const media = new Map(
    parts.flatMap((part, index) => (blocks[index] === undefined ? [] : [[part, blocks[index]] as const])),
  )
  return toOpenAi(request, contextOf({}, { media })).body.messages
}

const IMAGE = { type: 'image_url', image_url: { url: 'https://example.com/cat', detail: 'low' } }
const PNG = { image: { format: 'png', source: { bytes: 'iVBORw==' } } }

test('images go as data URIs, text documents as their text, other documents are refused by name', () => {
  assert.deepEqual(sendMedia([{ role: 'user', content: [{ type: 'text', text: 'What?' }, IMAGE] }], [PNG]), [
    {
      role: 'user',
      content: [
        { type: 'text', text: 'What?' },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw==', detail: 'low' } },
      ],
    },
  ])
  const file = { type: 'file', file: { filename: 'a.txt', file_data: 'data:text/plain;base64,SGk=' } }
  const txt = { document: { format: 'txt', name: 'a', source: { bytes: 'SGk=' } } }
  assert.deepEqual(sendMedia([{ role: 'user', content: [file] }], [txt]), [
    { role: 'user', content: 'a:\nHi' },
  ])
  const pdf = { document: { format: 'pdf', name: 'a', source: { bytes: 'SGk=' } } }
  assert.throws(
    () => sendMedia([{ role: 'user', content: [file] }], [pdf]),
    (error) =>
      error instanceof GatewayError &&
      error.param === 'messages[0].content[0]' &&
      /my-model/.test(error.message),
  )
})

test('an image of a tool result follows the results in a user message', () => {
  const result = { role: 'tool', tool_call_id: 'a', content: [{ type: 'text', text: 'See' }, IMAGE] }
  assert.deepEqual(sendMedia([USER, ASKED, result, { role: 'user', content: 'Well?' }], [PNG]).slice(2), [
    { role: 'tool', tool_call_id: 'a', content: 'See' },
    {
      role: 'user',
      content: [
        { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw==', detail: 'low' } },
        { type: 'text', text: 'Well?' },
      ],
    },
  ])
})

const GUARDRAIL = { identifier: 'gr1abc', version: '2', trace: 'enabled', streamMode: null } as const

test('a guardrail goes in headers to the runtime, whoever asks for it', () => {
  const expected = {
    'x-amzn-bedrock-guardrailidentifier': 'gr1abc',
    'x-amzn-bedrock-guardrailversion': '2',
    'x-amzn-bedrock-trace': 'ENABLED',
  }
  const runtime = { dialect: 'openai-runtime' } as const
  const defaults = { parameters: {}, systemPrompt: null, guardrail: GUARDRAIL }
  assert.deepEqual(send({}, contextOf(runtime, { policy: { guardrail: GUARDRAIL } })).headers, expected)
  assert.deepEqual(send({}, contextOf({ ...runtime, defaults })).headers, expected)
  const asked = {
    guardrailConfig: { guardrailIdentifier: 'gr1abc', guardrailVersion: '2', trace: 'enabled' },
  }
  assert.deepEqual(send(asked, contextOf(runtime)).headers, expected)
})

test('a chat that must have a guardrail is never sent where there is none', () => {
  const context = contextOf({}, { policy: { guardrail: GUARDRAIL } })
  assert.throws(
    () => send({}, context),
    (error) =>
      error instanceof GatewayError && error.code === 'unsupported' && /bedrock-mantle/.test(error.message),
  )
})

test('a guardrail that is no token never becomes a header', () => {
  const guardrail = { ...GUARDRAIL, identifier: 'gr1abc\r\nx-evil: 1' }
  const context = contextOf({ dialect: 'openai-runtime' }, { policy: { guardrail } })
  assert.throws(() => send({}, context), /guardrailIdentifier/)
})
