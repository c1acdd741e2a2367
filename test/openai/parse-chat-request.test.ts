import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { GatewayError } from '../../src/errors.js'
import { parseChatRequest, parseJson } from '../../src/openai/parse-chat-request.js'
import type { ChatRequest } from '../../src/openai/types.js'

const MINIMAL = { model: 'm', messages: [{ role: 'user', content: 'Hi' }] }

/** A text that stands nowhere in the program: where it shows up, it came from the client. */
const CANARY = 'zq-canary-zq'

/** The refusal of a body; null: it was accepted. Anything else that is thrown fails the test. */
function refusalOf(body: unknown): GatewayError | null {
  try {
    parseChatRequest(body)
    return null
  } catch (error) {
    assert(error instanceof GatewayError, String(error))
    assert.equal(error.status, 400)
    return error
  }
}

test('any JSON value is a request, or a 400 that names its field', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (body) => assertNamed(refusalOf(body))),
    { numRuns: 500 },
  )
})

/** Any JSON value, but more often one of those that some member takes. */
const member = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom<unknown>(
    null,
    '',
    CANARY,
    0,
    1,
    -1,
    1.5,
    1e300,
    true,
    [],
    {},
    [null],
    [[]],
    [{}],
    [CANARY],
  ),
)
const cacheControl = fc.oneof(
  member,
  fc.record({ type: fc.oneof(member, fc.constant('ephemeral')), ttl: fc.oneof(member, fc.constant('1h')) }),
)
const thought = fc.record(
  {
    type: fc.oneof(member, fc.constantFrom('reasoning.text', 'reasoning.encrypted', 'thinking')),
    text: member,
    thinking: member,
    signature: member,
    data: member,
    index: member,
    format: member,
  },
  { requiredKeys: [] },
)
const thoughts = fc.oneof(member, thought, fc.array(fc.oneof(thought, member)))
const part = fc.record(
  {
    type: fc.oneof(
      member,
      fc.constantFrom('text', 'refusal', 'image_url', 'file', 'input_audio', 'video_url', 'thinking'),
    ),
    text: member,
    refusal: member,
    image_url: fc.oneof(member, fc.record({ url: member, detail: member }, { requiredKeys: [] })),
    file: fc.oneof(
      member,
      fc.record({ filename: member, file_data: member, file_id: member }, { requiredKeys: [] }),
    ),
    input_audio: fc.oneof(member, fc.record({ data: member, format: member }, { requiredKeys: [] })),
    video_url: fc.oneof(member, fc.record({ url: member })),
    thinking: member,
    cache_control: cacheControl,
  },
  { requiredKeys: [] },
)
const callTarget = fc.oneof(member, fc.record({ name: member, arguments: member }, { requiredKeys: [] }))
const message = fc.record(
  {
    role: fc.oneof(member, fc.constantFrom('system', 'developer', 'user', 'assistant', 'tool', 'function')),
    content: fc.oneof(member, fc.string(), fc.array(fc.oneof(part, member))),
    tool_call_id: member,
    name: member,
    function_call: fc.oneof(member, callTarget),
    reasoning_details: thoughts,
    thinking_blocks: thoughts,
    cache_control: cacheControl,
    tool_calls: fc.oneof(
      member,
      fc.array(fc.record({ id: member, type: member, function: callTarget }, { requiredKeys: [] })),
    ),
  },
  { requiredKeys: [] },
)
const definition = fc.record(
  { name: member, description: member, parameters: member, strict: member, cache_control: cacheControl },
  { requiredKeys: [] },
)
const tool = fc.record(
  {
    type: fc.oneof(member, fc.constant('function')),
    name: member,
    function: fc.oneof(member, definition),
    cache_control: cacheControl,
  },
  { requiredKeys: [] },
)
const toolChoice = fc.record(
  {
    type: fc.oneof(member, fc.constantFrom('function', 'tool', 'any', 'allowed_tools')),
    name: member,
    function: fc.oneof(member, callTarget),
    allowed_tools: fc.oneof(
      member,
      fc.record({
        mode: fc.oneof(member, fc.constant('auto')),
        tools: fc.oneof(member, fc.array(fc.oneof(tool, member))),
      }),
    ),
  },
  { requiredKeys: [] },
)
const nearlyRequest = fc.record(
  {
    model: fc.oneof(member, fc.constant('m')),
    messages: fc.oneof(member, fc.array(fc.oneof(message, member))),
    stream: member,
    stream_options: fc.oneof(member, fc.record({ include_usage: member })),
    max_tokens: member,
    max_completion_tokens: member,
    temperature: member,
    top_p: member,
    stop: fc.oneof(member, fc.array(member)),
    tools: fc.oneof(member, fc.array(fc.oneof(tool, member))),
    tool_choice: fc.oneof(member, toolChoice),
    parallel_tool_calls: member,
    functions: fc.oneof(member, fc.array(fc.oneof(definition, member))),
    function_call: fc.oneof(member, callTarget),
    reasoning_effort: member,
    response_format: fc.oneof(
      member,
      fc.record({ type: fc.constantFrom('text', 'json_object', 'json_schema', CANARY), json_schema: member }),
    ),
    [CANARY]: member,
  },
  { requiredKeys: [] },
)

test('anything that looks like a request is one, or a 400 that names its field', () => {
  fc.assert(
    fc.property(nearlyRequest, (body) => assertNamed(refusalOf(body))),
    { numRuns: 3_000 },
  )
})

test('one wrong member in a good request is a 400 that names this member', () => {
  const members = Object.keys(WRONG_VALUES) as (keyof typeof WRONG_VALUES)[]
  for (const name of members) {
    for (const value of WRONG_VALUES[name]) {
      const refusal = refusalOf({ ...MINIMAL, [name]: value })
      assert.ok(
        refusal?.param?.startsWith(name),
        `${name}: ${JSON.stringify(value)} gave ${refusal?.message}`,
      )
      assertNamed(refusal)
    }
  }
})

const WRONG_VALUES = {
  model: [undefined, null, '', 7, [], {}],
  messages: [
    undefined,
    null,
    '',
    7,
    {},
    [],
    [null],
    ['Hi'],
    [{}],
    [{ role: CANARY }],
    [{ role: 'user', content: 7 }],
  ],
  stream: ['true', 1, {}, []],
  stream_options: ['x', 1, [], { include_usage: 'yes' }],
  max_tokens: [0, -1, 1.5, '10', Number.MAX_VALUE, [], {}],
  max_completion_tokens: [0, -1, 1.5, '10', true],
  temperature: [-0.1, 2.1, '1', [], Number.POSITIVE_INFINITY],
  top_p: [-0.1, 1.1, '1', {}],
  stop: [7, {}, [7], ['a', null], Array(2501).fill('x')],
  tools: ['x', {}, [null], [{}], [{ type: CANARY }], [{ type: 'function', function: {} }]],
  tool_choice: [
    CANARY,
    7,
    {},
    { type: 'function', function: {} },
    { type: 'allowed_tools' },
    { type: 'allowed_tools', allowed_tools: { mode: CANARY, tools: [] } },
    { type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: [{}] } },
  ],
  parallel_tool_calls: ['false', 0, {}, []],
  functions: ['x', {}, [null], [{}], [{ name: 'f', parameters: CANARY }]],
  function_call: [CANARY, 7, [], {}],
  reasoning_effort: [1, {}, []],
  response_format: [
    'json',
    {},
    { type: CANARY },
    { type: 'json_schema' },
    { type: 'json_schema', json_schema: {} },
  ],
} as const satisfies Readonly<Record<string, readonly unknown[]>>

test('no refusal repeats a text or a member name of the client', () => {
  const wrong = fc.oneof(nearlyRequest, fc.record({ ...MINIMAL_AND_NAMES, messages: member }))
  fc.assert(
    fc.property(wrong, (body) => {
      const refusal = refusalOf(body)
      assert.ok(refusal === null || !refusal.message.includes(CANARY), refusal?.message)
      assert.ok(refusal === null || !(refusal.param ?? '').includes(CANARY), refusal?.param ?? '')
    }),
    { numRuns: 2_000 },
  )
})

const MINIMAL_AND_NAMES = { model: fc.constant(CANARY), [CANARY]: fc.constant(CANARY) }

test('parseJson: any text is JSON or a 400 that repeats none of it', () => {
  const broken = fc.tuple(fc.string(), fc.string()).map(([before, after]) => `${before}${CANARY}${after}`)
  fc.assert(
    fc.property(fc.oneof(broken, fc.json(), fc.string()), (text) => {
      try {
        parseJson(text)
      } catch (error) {
        assert(error instanceof GatewayError, String(error))
        assert.equal(error.code, 'invalid_json')
        assert.match(error.message, /^The request body is not valid JSON( \(at position \d+\))?\.$/)
      }
    }),
    { numRuns: 500 },
  )
})

test('deep and wide bodies are answered, not thrown over', () => {
  const depth = 100_000
  const deep = parseJson(`${'['.repeat(depth)}${']'.repeat(depth)}`)
  for (const name of [
    'model',
    'messages',
    'stop',
    'tools',
    'tool_choice',
    'response_format',
    'stream_options',
  ]) {
    assertNamed(refusalOf({ ...MINIMAL, [name]: deep }))
  }
  assert.equal(refusalOf({ ...MINIMAL, unknown: deep }), null)
  const wide = Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`member${index}`, index]))
  assert.equal(Object.keys(parseChatRequest({ ...MINIMAL, ...wide }).others).length, 100_000)
})

test('members of Object.prototype are no members of a request', () => {
  for (const text of ['{"__proto__":{"model":"m","messages":[{"role":"user","content":"Hi"}]}}', '{}']) {
    assert.equal(refusalOf(parseJson(text))?.param, 'model')
  }
  const request = parseChatRequest(
    parseJson(`{"model":"m","messages":[{"role":"user"}],"__proto__":{"stream":true}}`),
  )
  assert.equal(request.stream, false)
  assert.deepEqual(Object.keys(request.others), ['__proto__'])
})

test('a whole request comes out as typed values', () => {
  const request = parseChatRequest({
    model: 'm',
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: [{ type: 'image_url', image_url: 'https://example.com/a.png' }] },
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'f', arguments: '{"a":' } }],
      },
      { role: 'tool', tool_call_id: 'call_1', content: '' },
    ],
    stream: true,
    stream_options: { include_usage: true },
    max_tokens: 5,
    temperature: 2,
    top_p: 1,
    stop: 'END',
    tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'object' }, strict: true } }],
    tool_choice: { type: 'function', function: { name: 'f' } },
    response_format: { type: 'json_schema', json_schema: { name: 's', schema: {} } },
    seed: 1,
    user: null,
  })
  assert.deepEqual(request, {
    model: 'm',
    messages: [
      {
        role: 'system',
        content: [{ type: 'text', text: 'Be brief.', cacheControl: null }],
        cacheControl: null,
      },
      {
        role: 'user',
        content: [{ type: 'image', url: 'https://example.com/a.png', detail: null, cacheControl: null }],
        cacheControl: null,
      },
      {
        role: 'assistant',
        content: [],
        toolCalls: [{ id: 'call_1', name: 'f', arguments: '{"a":' }],
        reasoning: [],
        cacheControl: null,
      },
      {
        role: 'tool',
        content: [{ type: 'text', text: '', cacheControl: null }],
        toolCallId: 'call_1',
        cacheControl: null,
      },
    ],
    stream: true,
    includeUsage: true,
    maxTokens: 5,
    temperature: 2,
    topP: 1,
    stop: ['END'],
    tools: [
      {
        name: 'f',
        description: null,
        parameters: { type: 'object' },
        strict: true,
        cacheControl: null,
      },
    ],
    toolChoice: { type: 'named', name: 'f' },
    choices: 1,
    topK: null,
    parallelToolCalls: null,
    legacyFunctions: false,
    reasoning: null,
    serviceTier: null,
    latency: null,
    guardrail: null,
    promptCaching: null,
    metadata: null,
    modelFields: null,
    responseFormat: { type: 'json_schema', name: 's', description: null, schema: {}, strict: null },
    user: null,
    others: { seed: 1 },
  } satisfies ChatRequest)
})

/** A refusal names its field and begins with it, but for a body that is no object at all. */
function assertNamed(refusal: GatewayError | null): void {
  if (refusal === null) return
  if (refusal.param === null) assert.equal(refusal.message, 'The request body must be a JSON object.')
  else assert.ok(refusal.message.startsWith(`${refusal.param} must `), refusal.message)
}
