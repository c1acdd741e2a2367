import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { GatewayError } from '../../src/errors.js'
import { parseChatRequest } from '../../src/openai/parse-chat-request.js'
import { parseJson } from '../../src/openai/parse-json.js'
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
    n: member,
    top_k: member,
    reasoning_effort: member,
    thinking: fc.oneof(member, fc.record({ type: member, budget_tokens: member }, { requiredKeys: [] })),
    reasoning: fc.oneof(
      member,
      fc.record({ effort: member, max_tokens: member, enabled: member }, { requiredKeys: [] }),
    ),
    think: member,
    enable_thinking: member,
    service_tier: member,
    metadata: fc.oneof(member, fc.dictionary(fc.string(), member)),
    user: member,
    performanceConfig: fc.oneof(member, fc.record({ latency: member })),
    guardrailConfig: fc.oneof(
      member,
      fc.record(
        {
          guardrailIdentifier: fc.oneof(member, fc.constant('gr1')),
          guardrailVersion: member,
          trace: member,
          streamProcessingMode: member,
        },
        { requiredKeys: [] },
      ),
    ),
    prompt_caching: fc.oneof(member, fc.record({ system: member, messages: member }, { requiredKeys: [] })),
    extra_body: fc.oneof(
      member,
      fc.record({ top_k: member, thinking: member, own: member }, { requiredKeys: [] }),
    ),
    additionalModelRequestFields: member,
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
  n: [0, -1, 1.5, '2', {}],
  top_k: [-2, 1.5, '40', {}],
  reasoning_effort: [1, {}, [], 'enormous', CANARY, '1.5'],
  thinking: ['on', 7, [], { type: CANARY }, { budget_tokens: 0 }, { budget_tokens: '1024' }],
  reasoning: ['high', 7, { effort: CANARY }, { max_tokens: 0 }, { enabled: 'yes' }],
  think: [7, CANARY, {}],
  enable_thinking: ['true', 1],
  service_tier: [7, {}],
  metadata: ['x', 7, [], Object.fromEntries(Array(17).entries())],
  requestMetadata: ['x', 7, []],
  performanceConfig: ['optimized', { latency: 'fast' }],
  performance_config: [{ latency: CANARY }],
  guardrailConfig: [
    'gr1',
    {},
    { guardrailIdentifier: '' },
    { guardrailIdentifier: 'Not An Id' },
    { guardrailIdentifier: 'gr1', guardrailVersion: 'latest' },
    { guardrailIdentifier: 'gr1', trace: true },
    { guardrailIdentifier: 'gr1', streamProcessingMode: CANARY },
  ],
  prompt_caching: ['on', 7, [], { system: 'yes' }],
  extra_body: ['x', [], 7],
  additionalModelRequestFields: ['x', []],
  additional_model_request_fields: ['x'],
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

/** What a request says beside its messages. */
function parsed(members: object): ChatRequest {
  return parseChatRequest({ ...MINIMAL, ...members })
}

test('every way to say how much to think comes out as one', () => {
  const nothing = { effort: null, type: null, budgetTokens: null }
  const ways: readonly (readonly [object, ChatRequest['reasoning']])[] = [
    [{}, null],
    [{ reasoning_effort: null, thinking: {}, reasoning: {} }, null],
    [{ reasoning_effort: '' }, null],
    [{ reasoning_effort: 'XHigh' }, { ...nothing, effort: 'xhigh' }],
    [{ reasoning_effort: '8000' }, { ...nothing, budgetTokens: 8000 }],
    [{ reasoning_effort: '0' }, { ...nothing, type: 'disabled' }],
    [
      { thinking: { type: 'enabled', budget_tokens: 1024 } },
      { ...nothing, type: 'enabled', budgetTokens: 1024 },
    ],
    [{ thinking: { type: 'adaptive' } }, { ...nothing, type: 'adaptive' }],
    [
      { reasoning: { effort: 'low', max_tokens: 2000, exclude: true } },
      { ...nothing, effort: 'low', budgetTokens: 2000 },
    ],
    [{ reasoning: { enabled: false } }, { ...nothing, type: 'disabled' }],
    [{ think: true }, { ...nothing, type: 'enabled' }],
    [{ think: 'low' }, { ...nothing, effort: 'low' }],
    [{ enable_thinking: false }, { ...nothing, type: 'disabled' }],
    // Request 6 of Open WebUI says it in three ways at once.
    [
      { reasoning_effort: 'high', think: true, thinking: { type: 'enabled', budget_tokens: 1024 } },
      { effort: 'high', type: 'enabled', budgetTokens: 1024 },
    ],
    [
      { thinking: { type: 'disabled' }, think: true, enable_thinking: true },
      { ...nothing, type: 'disabled' },
    ],
  ]
  for (const [members, expected] of ways) {
    assert.deepEqual(parsed(members).reasoning, expected, JSON.stringify(members))
    assert.deepEqual(parsed(members).others, {})
  }
})

test('what is meant for the service is read in the words of LiteLLM and of the sample gateway', () => {
  const guardrailConfig = { guardrailIdentifier: 'gr1', guardrailVersion: 3, streamProcessingMode: 'sync' }
  const request = parsed({
    service_tier: 'flex',
    performance_config: { latency: 'optimized' },
    guardrail_config: guardrailConfig,
    metadata: { trace: 'a', turn: 7, none: null, tags: ['x'] },
    requestMetadata: { trace: 'b' },
    user: 'me',
  })
  assert.equal(request.serviceTier, 'flex')
  assert.equal(request.latency, 'optimized')
  assert.deepEqual(request.guardrail, { identifier: 'gr1', version: '3', trace: null, streamMode: 'sync' })
  assert.deepEqual(request.metadata, { trace: 'b', turn: '7', tags: '["x"]' })
  assert.equal(request.user, 'me')
  assert.deepEqual(request.others, {})
  assert.equal(parsed({ guardrailConfig: { guardrailIdentifier: 'gr1' } }).guardrail?.version, 'DRAFT')
  // openwebui-contract §1: an object stands in `user` for models with a key `pipeline`.
  assert.deepEqual(parsed({ user: { name: 'me' } }).others, { user: { name: 'me' } })
})

test('prompt_caching is a mode, a switch or a switch for each part', () => {
  const modes = [
    ['explicit', 'explicit'],
    [true, 'auto'],
    [false, 'off'],
    [{ system: true, messages: false }, 'auto'],
    [{ system: false }, 'off'],
    [{}, null],
  ] as const
  for (const [said, mode] of modes) assert.equal(parsed({ prompt_caching: said }).promptCaching, mode)
})

test('extra_body: parameters count as if they stood beside it, the rest goes to the model', () => {
  const request = parsed({
    temperature: 0.5,
    seed: null,
    extra_body: {
      temperature: 0.9,
      top_k: 40,
      seed: 7,
      thinking: { type: 'adaptive' },
      prompt_caching: { system: true },
      anthropic_beta: ['x'],
      additionalModelRequestFields: { own: 1 },
    },
    additional_model_request_fields: { own: 2, performance: 'x' },
  })
  assert.equal(request.temperature, 0.5)
  assert.equal(request.topK, 40)
  assert.equal(request.reasoning?.type, 'adaptive')
  assert.equal(request.promptCaching, 'auto')
  assert.deepEqual(request.modelFields, { anthropic_beta: ['x'], own: 2, performance: 'x' })
  assert.deepEqual(request.others, { seed: 7 })
  assert.equal(parsed({ extra_body: {}, additionalModelRequestFields: {} }).modelFields, null)
  assert.equal(parsed({ extra_body: { model: 'another', messages: 7 } }).model, 'm')
})

test('n and top_k are counts; what means "no limit" says nothing', () => {
  assert.equal(parsed({}).choices, 1)
  assert.equal(parsed({ n: 3 }).choices, 3)
  assert.equal(parsed({ top_k: 40 }).topK, 40)
  for (const none of [0, -1, null]) assert.equal(parsed({ top_k: none }).topK, null)
})

/** A refusal names its field and begins with it, but for a body that is no object at all. */
function assertNamed(refusal: GatewayError | null): void {
  if (refusal === null) return
  if (refusal.param === null) assert.equal(refusal.message, 'The request body must be a JSON object.')
  else assert.ok(refusal.message.startsWith(`${refusal.param} must `), refusal.message)
}

test('a guardrail version that is an object without a text of its own is refused by name', () => {
  const guardrailConfig = { guardrailIdentifier: 'abc', guardrailVersion: { toString: 1, valueOf: null } }
  const refusal = refusalOf({ ...MINIMAL, guardrailConfig })
  assert.equal(refusal?.param, 'guardrailConfig.guardrailVersion')
})
