import fc from 'fast-check'
import type { AliasDefaults } from '../../src/catalog/types.js'
import { complainOfParameters, toKeptParameters } from '../../src/config/chat-parameters.js'
import type { Guardrail } from '../../src/openai/types.js'
import type { KeptReasoning, TranslationPolicy } from '../../src/translate/policy.js'
import { reasoningSignature } from '../emulator/reasoning-signer.js'

/**
 * Chat bodies as clients send them: every member of OpenAI's CreateChatCompletionRequest, and what Open WebUI, LiteLLM,
 * OpenRouter and Anthropic's clients add. Few names, ids and texts, so that they meet; some outside of every pattern.
 */
export type JsonObject = Readonly<Record<string, unknown>>

/** A signature that no model made, as an altered history has it: only the model can tell. */
export const ALTERED_SIGNATURE = 'altered'

/** Pixels as small as they get; the label is often wrong, and the map of media goes by the part alone. */
export const IMAGE_URL = 'data:image/png;base64,iVBORw0KGgo='

type Weighted = readonly (readonly [weight: number, arbitrary: fc.Arbitrary<unknown>])[]

/** One of many, with its chance. */
function mostly(...choices: Weighted): fc.Arbitrary<unknown> {
  return fc.oneof(...choices.map(([weight, arbitrary]) => ({ weight, arbitrary })))
}

/** Absent but for so many in a hundred. */
function rarely(percent: number, arbitrary: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return mostly([100 - percent, fc.constant(undefined)], [percent, arbitrary])
}

const one = fc.constantFrom
/** Of any characters, unpaired surrogates included: they come out of JSON. */
const anyString = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.string({ maxLength: 12 }),
  one('\ud800', 'naïve', '日本', '__proto__', 'constructor', 'toString'),
)

const cacheControl = mostly(
  [3, one({ type: 'ephemeral' })],
  [1, one({ type: 'ephemeral', ttl: '5m' })],
  [2, one({ type: 'ephemeral', ttl: '1h' }, { type: 'ephemeral', ttl: null })],
)
const cacheMark = rarely(14, cacheControl)

const text = mostly(
  [8, one('Hello', 'What time is it in Rome?', 'Bye ', ' Well\n')],
  [1, one('', ' ', '\n', '\t \n', '\u00a0', '\u200b')],
  [1, anyString],
  // Long enough for every prompt cache.
  [1, one('word '.repeat(5_000), 'x'.repeat(9_000))],
)

const textPart = fc.record({ type: one('text'), text, cache_control: cacheMark })
const imagePart = mostly(
  [
    4,
    fc.record({
      type: one('image_url'),
      image_url: fc.record({ url: one(IMAGE_URL), detail: rarely(30, one('auto', 'low', 'high')) }),
      cache_control: cacheMark,
    }),
  ],
  [1, one({ type: 'image_url', image_url: IMAGE_URL }, { type: 'input_image', image_url: IMAGE_URL })],
  [
    1,
    one({
      type: 'image',
      source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' },
      cache_control: { type: 'ephemeral' },
    }),
  ],
)
const filePart = fc.record({
  type: one('file'),
  file: fc.record({
    filename: rarely(80, mostly([3, one('a.pdf', 'report (1).docx', 'a.txt')], [1, anyString])),
    file_data: one('data:application/pdf;base64,JVBERi0=', 'data:text/plain;base64,SGk='),
  }),
  cache_control: cacheMark,
})
const clipPart = one(
  { type: 'input_audio', input_audio: { data: 'SUQz', format: 'mp3' } },
  { type: 'video_url', video_url: { url: 'data:video/mp4;base64,AAAA' } },
)
const mediaPart = mostly([5, imagePart], [2, filePart], [1, clipPart])

/** A string, or parts; with media where `media` is not 0 (its weight against a text's 4). */
function content(media: number): fc.Arbitrary<unknown> {
  const part = media === 0 ? textPart : mostly([4, textPart], [media, mediaPart])
  return mostly([3, text], [3, fc.array(part, { maxLength: 3 })], [1, one(null)])
}

const toolName = mostly(
  [6, one('get_time', 'read_file')],
  [2, one('files/read', 'files.read', 'n'.repeat(70), 'json_answer', 'get time')],
  [1, anyString.filter((name) => name !== '')],
)
/** So few that calls and results find each other, also by accident. */
const callId = mostly(
  [8, one('c1', 'c2', 'c3', 'call_9')],
  [2, one('c/1', 'c 1', '', 'i'.repeat(70), `${'i'.repeat(70)}j`, 'get_time')],
  [1, anyString],
)
const callArguments = mostly(
  [4, one('{}', '{"city":"Rome"}', '{"a":{"b":[1,2]}}')],
  [2, one('', ' ', '{"a":', '[]', '7', 'null', '"{\\"a\\":1}"', '{"a":1}{"a":1}', 'NaN', '{"__proto__":{}}')],
  [1, fc.json({ maxDepth: 3 })],
  [1, anyString],
)
const toolCall = mostly(
  [
    8,
    fc.record({
      id: callId,
      type: one('function'),
      function: fc.record({ name: toolName, arguments: callArguments }),
    }),
  ],
  // As clients write it that keep the object, or leave out the id.
  [1, fc.record({ function: fc.record({ name: toolName, arguments: one({ a: 1 }, null) }) })],
)

const thoughtText = mostly([5, one('Let me think.', 'Rome is CET.', ' ')], [1, anyString])
const claudeFormat = one('anthropic-claude-v1', null, undefined)
const signedDetail = fc
  .tuple(thoughtText, claudeFormat)
  .map(([said, format]) => [
    { type: 'reasoning.text', text: said, signature: reasoningSignature(String(said)), format, index: 0 },
  ])
/** As a client keeps them that collects what a stream sent. */
const fragmentedDetail = fc.tuple(thoughtText, thoughtText).map(([first, second]) => [
  { type: 'reasoning.text', text: first, index: 0, format: 'anthropic-claude-v1' },
  { type: 'reasoning.text', text: second, index: 0 },
  { type: 'reasoning.text', signature: reasoningSignature(`${first}${second}`), index: 0 },
])
const encryptedDetail = fc.record({
  type: one('reasoning.encrypted'),
  data: mostly([4, one('RA==', 'RQ==')], [1, one('not base64!', 'RA', 'R', '')], [1, anyString]),
  format: mostly([2, claudeFormat], [1, one('openai-responses-v1', 'google-gemini-v1')]),
})
const otherDetail = fc.record({
  type: one('reasoning.text', 'reasoning.summary'),
  text: thoughtText,
  summary: rarely(30, thoughtText),
  signature: rarely(50, one(ALTERED_SIGNATURE, null, '')),
  format: mostly([2, claudeFormat], [1, one('google-gemini-v1', 'unknown')]),
  index: rarely(50, one(0, 1)),
})
const reasoningDetails = mostly(
  [5, signedDetail],
  [2, fragmentedDetail],
  [2, fc.tuple(signedDetail, encryptedDetail).map(([signed, encrypted]) => [...signed, encrypted])],
  [2, fc.array(fc.oneof(otherDetail, encryptedDetail), { maxLength: 3 })],
)
const thinkingBlocks = fc.array(
  mostly(
    [
      3,
      thoughtText.map((said) => ({
        type: 'thinking',
        thinking: said,
        signature: reasoningSignature(String(said)),
      })),
    ],
    [1, one({ type: 'redacted_thinking', data: 'RA==' })],
  ),
  { maxLength: 2 },
)

/** Members beside content and calls that an assistant's message may have. */
const thoughts = {
  reasoning_details: rarely(50, reasoningDetails),
  thinking_blocks: rarely(8, thinkingBlocks),
  reasoning_content: rarely(20, thoughtText),
  cache_control: cacheMark,
}

const userMessage = fc.record({
  role: one('user'),
  content: content(2),
  name: rarely(5, anyString),
  cache_control: cacheMark,
})
const systemMessage = fc.record({
  role: mostly([3, one('system')], [1, one('developer')]),
  content: content(0),
  cache_control: cacheMark,
})
const assistantMessage = fc.record({
  role: one('assistant'),
  content: mostly(
    [8, content(0)],
    [1, fc.tuple(thinkingBlocks, textPart).map(([blocks, said]) => [...blocks, said])],
    [1, content(2)],
    [1, one([{ type: 'refusal', refusal: 'No.' }])],
  ),
  refusal: rarely(5, one('No.', null)),
  ...thoughts,
})
const toolMessage = fc.record({
  role: mostly([9, one('tool')], [1, one('function')]),
  content: mostly([5, content(0)], [1, content(2)], [2, one('{"time":"12:00"}', '[1,2]', '{"a":NaN}')]),
  tool_call_id: callId,
  name: toolName,
  cache_control: cacheMark,
})
const callingMessage = fc.record({
  role: one('assistant'),
  content: mostly([2, one(null)], [2, content(0)], [1, one('')]),
  tool_calls: fc.array(toolCall, { minLength: 1, maxLength: 4 }),
  ...thoughts,
})

type Message = JsonObject

/** A round as it should be, then what goes wrong with it: results lost, doubled, late, out of order, of nobody. */
const toolRound: fc.Arbitrary<readonly Message[]> = fc
  .tuple(
    callingMessage,
    fc.array(toolMessage, { minLength: 4, maxLength: 4 }),
    fc.oneof(
      { weight: 6, arbitrary: one('whole') },
      { weight: 5, arbitrary: one('lost', 'doubled', 'reversed', 'late', 'orphan', 'cut', 'split') },
    ),
    userMessage,
  )
  .map(([calling, results, fault, user]) => {
    const calls = calling['tool_calls'] as readonly { readonly id?: string }[]
    const answers = calls.map(
      (call, index): Message => ({
        ...results[index],
        role: 'tool',
        tool_call_id: call.id,
      }),
    )
    switch (fault) {
      case 'lost':
        return [calling, ...answers.slice(1)]
      case 'doubled':
        return [calling, ...answers, ...answers.slice(0, 1)]
      case 'reversed':
        return [calling, ...answers.toReversed()]
      case 'late':
        return [calling, user, ...answers]
      case 'orphan':
        return [calling, ...answers, ...results.slice(0, 1)]
      case 'cut':
        return [calling]
      case 'split':
        return calls.flatMap((call, index): Message[] => [
          { ...calling, tool_calls: [call] },
          ...answers.slice(index, index + 1),
        ])
      default:
        return [calling, ...answers]
    }
  })
const functionRound: fc.Arbitrary<readonly Message[]> = fc
  .tuple(toolName, callArguments, text)
  .map(([name, json, said]) => [
    { role: 'assistant', content: null, function_call: { name, arguments: json } },
    { role: 'function', name, content: said },
  ])

const segment: fc.Arbitrary<readonly Message[]> = fc.oneof(
  { weight: 5, arbitrary: userMessage.map((message): readonly Message[] => [message]) },
  { weight: 3, arbitrary: assistantMessage.map((message): readonly Message[] => [message]) },
  { weight: 1, arbitrary: systemMessage.map((message): readonly Message[] => [message]) },
  { weight: 4, arbitrary: toolRound },
  { weight: 1, arbitrary: functionRound },
  { weight: 1, arbitrary: toolMessage.map((message): readonly Message[] => [message]) },
)
const messages: fc.Arbitrary<readonly Message[]> = fc
  .tuple(
    fc.array(systemMessage, { maxLength: 2 }),
    fc.array(segment, { minLength: 1, maxLength: 5 }),
    fc.oneof(
      { weight: 3, arbitrary: one<readonly Message[]>([]) },
      userMessage.map((user) => [user]),
    ),
  )
  .map(([system, segments, last]) => [...system, ...segments.flat(), ...last])

const plainSchema = one(
  { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  { type: 'object', properties: {} },
  {
    type: 'object',
    properties: { at: { type: 'object', properties: { x: { type: 'number', minimum: 0 } } } },
    required: ['at'],
    additionalProperties: false,
  },
)
const oddSchema = one(
  {},
  { type: 'object' },
  { type: 'array', items: { type: 'object', properties: { a: { type: 'string' } } } },
  { type: ['object', 'null'], properties: { a: { oneOf: [{ type: 'string' }, { type: 'null' }] } } },
  { anyOf: [{ type: 'object', properties: { a: {} } }, { type: 'null' }] },
  { type: 'object', additionalProperties: { type: 'object', properties: {} } },
  { type: 'object', additionalProperties: true, properties: { a: { type: 'object' } } },
  { type: 'object', properties: { a: { $ref: '#' } } },
  { $ref: '#/$defs/A', $defs: { A: { type: 'object', properties: { b: { $ref: '#/$defs/A' } } } } },
  { $ref: '#/$defs/A', $defs: { A: { type: 'object', properties: { type: { const: 'object' } } } } },
  { properties: { type: { enum: ['object'] } } },
  { type: 'object', properties: { a: { type: 'object', patternProperties: { '^x': {} } } } },
  { enum: [{ type: 'object' }] },
  { type: 'object', properties: { a: { default: { type: 'object' }, examples: [{ type: 'object' }] } } },
  { type: 'object', properties: { a: { if: { type: 'object' }, else: { type: 'object' } } } },
  { type: 'object', properties: null, required: 'a' },
  { type: 'string' },
)
const schema = mostly(
  [4, plainSchema],
  [3, oddSchema],
  [
    1,
    fc.dictionary(
      one('type', 'properties', 'required', 'anyOf', 'allOf', 'items', '$defs', 'additionalProperties'),
      fc.jsonValue({ maxDepth: 3 }),
    ),
  ],
)
const definition = fc.record({
  name: toolName,
  description: mostly([3, one('Does it.')], [1, one('', ' ', null, undefined)], [1, anyString]),
  parameters: mostly([5, schema], [1, one(null, undefined)]),
  strict: rarely(25, one(true, false, null)),
})
const tool = mostly(
  [6, fc.record({ type: one('function'), function: definition, cache_control: cacheMark })],
  // As the Responses API has it.
  [1, definition.map((said) => ({ type: 'function', ...said }))],
)
const toolChoice = mostly(
  [3, one('auto', 'none', 'required', 'any', null)],
  [2, toolName.map((name) => ({ type: 'function', function: { name } }))],
  [1, one({ type: 'auto' }, { type: 'any' }, { type: 'tool', name: 'get_time' })],
  [
    1,
    fc.record({
      type: one('allowed_tools'),
      allowed_tools: fc.record({
        mode: one('auto', 'required'),
        tools: fc.array(
          toolName.map((name) => ({ type: 'function', function: { name } })),
          { maxLength: 2 },
        ),
      }),
    }),
  ],
)

const responseFormat = mostly(
  [1, one({ type: 'text' }, { type: 'json_object' })],
  [
    2,
    fc.record({
      type: one('json_schema'),
      json_schema: fc.record({
        name: mostly([4, one('answer')], [1, one('an answer', 'ä', 'a'.repeat(300))], [1, toolName]),
        description: rarely(30, mostly([2, one('What to say.')], [1, text])),
        schema: mostly([8, schema], [1, one(null, undefined)]),
        strict: rarely(40, one(true, false, null)),
      }),
    }),
  ],
)

const effort = one('none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max')
const budget = one(1, 500, 1024, 2000, 16_000, 70_000, 2 ** 31 - 1)
const reasoning = {
  reasoning_effort: rarely(20, mostly([6, effort], [1, one('2000', '', 'HIGH', '0')])),
  thinking: rarely(
    15,
    mostly(
      [3, budget.map((budget_tokens) => ({ type: 'enabled', budget_tokens }))],
      [2, one({ type: 'disabled' }, { type: 'adaptive' }, { type: 'enabled' }, true, false)],
    ),
  ),
  reasoning: rarely(
    15,
    fc.record({
      effort: rarely(50, effort),
      max_tokens: rarely(30, budget),
      enabled: rarely(30, fc.boolean()),
      exclude: rarely(20, fc.boolean()),
    }),
  ),
  think: rarely(4, one(true, false, 'low', 'high')),
  enable_thinking: rarely(4, fc.boolean()),
}

const share = one(0, 0.2, 0.7, 0.95, 1)
const stopSequence = mostly(
  [3, one('STOP', '###', '\\n', 'User:')],
  [1, one('', ' ', '\n', '\t')],
  [1, anyString],
)
/** How a model answers: what an alias may set, too. */
const parameters = {
  temperature: rarely(30, one(0, 0.5, 1, 1.3, 2)),
  top_p: rarely(25, share),
  top_k: rarely(12, one(-1, 0, 1, 40, 500, 10_000)),
  max_tokens: rarely(20, one(1, 64, 1024, 4096, 1_000_000, 2 ** 31 - 1)),
  max_completion_tokens: rarely(10, one(1, 1025, 30_000)),
  stop: rarely(18, mostly([2, stopSequence], [3, fc.array(stopSequence, { maxLength: 4 })])),
  seed: rarely(10, fc.integer()),
  n: rarely(8, one(1, 2, 8)),
  frequency_penalty: rarely(10, one(-2, -0.5, 0, 0.5, 2)),
  presence_penalty: rarely(10, one(-2, 0, 1.5)),
  logit_bias: rarely(6, one({}, { '50256': -100, '11': 5 })),
  min_p: rarely(4, share),
  verbosity: rarely(5, one('low', 'medium', 'high')),
  parallel_tool_calls: rarely(15, fc.boolean()),
  response_format: rarely(22, responseFormat),
  service_tier: rarely(10, one('auto', 'default', 'flex', 'scale', 'priority', 'fast', 'none')),
  performanceConfig: rarely(5, one({ latency: 'optimized' }, { latency: 'standard' }, {})),
  prompt_caching: rarely(
    8,
    one('auto', 'explicit', 'off', true, false, { system: true }, { system: false, messages: false }),
  ),
  guardrailConfig: rarely(
    5,
    fc.record({
      guardrailIdentifier: one('abc123', 'arn:aws:bedrock:us-east-1:123456789012:guardrail/abc123'),
      guardrailVersion: one('1', 'DRAFT', 3, undefined),
      trace: rarely(40, one('enabled', 'disabled', 'enabled_full')),
      streamProcessingMode: rarely(40, one('sync', 'async')),
    }),
  ),
  metadata: rarely(
    10,
    fc.dictionary(mostly([3, one('chat_id', 'task')], [1, anyString]) as fc.Arbitrary<string>, text, {
      maxKeys: 16,
    }),
  ),
  requestMetadata: rarely(4, one({ team: 'a' }, { 'ein Team': 'x'.repeat(300), '': 'y' })),
  user: rarely(8, mostly([3, one('ann')], [1, anyString])),
  ...reasoning,
}

/** What some clients put beside everything else; no answer depends on it. */
const harmless = fc.dictionary(
  one('num_ctx', 'keep_alive', 'repeat_penalty', 'mirostat', 'options_unknown', 'prompt_cache_key'),
  one(1, 'x', { a: 1 }),
  { maxKeys: 2 },
)
const ofOpenAi = {
  logprobs: rarely(4, fc.boolean()),
  top_logprobs: rarely(3, one(0, 5)),
  store: rarely(4, fc.boolean()),
  modalities: rarely(4, one(['text'], ['text', 'audio'])),
  audio: rarely(2, one({ voice: 'alloy', format: 'wav' })),
  prediction: rarely(3, one({ type: 'content', content: 'Hello' })),
  web_search_options: rarely(3, one({}, { search_context_size: 'low' })),
  safety_identifier: rarely(3, one('u1')),
  prompt_cache_retention: rarely(3, one('24h', 'in_memory')),
  prompt_cache_options: rarely(2, one({ ttl: '30m', mode: 'explicit' })),
  moderation: rarely(2, one({ model: 'omni-moderation-latest' })),
}
/** Words for the model itself, and parameters in the wrong place. */
const extraBody = mostly(
  [2, fc.record(parameters).map((said) => withoutUndefined(said))],
  [1, one({ additionalModelRequestFields: { top_k: 7 } }, { own_field: 1 }, { anthropic_beta: ['x'] })],
)

const toolMembers: fc.Arbitrary<JsonObject> = fc.oneof(
  { weight: 4, arbitrary: one<JsonObject>({}) },
  {
    weight: 6,
    arbitrary: fc.record({ tools: fc.array(tool, { maxLength: 4 }), tool_choice: rarely(45, toolChoice) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      functions: fc.array(definition, { maxLength: 2 }),
      function_call: rarely(50, mostly([1, one('auto', 'none')], [1, one({ name: 'get_time' })])),
    }),
  },
  { weight: 1, arbitrary: fc.record({ tool_choice: toolChoice }) },
)

function withoutUndefined(value: object): JsonObject {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined))
}

/** A body without `model`. */
export const chatBody: fc.Arbitrary<JsonObject> = fc
  .tuple(
    messages,
    toolMembers,
    fc.record(parameters),
    fc.record({
      ...ofOpenAi,
      stream: rarely(50, fc.boolean()),
      stream_options: rarely(20, one({ include_usage: true }, { include_obfuscation: false }, null)),
      extra_body: rarely(8, extraBody),
      additionalModelRequestFields: rarely(4, one({ own_field: { a: 1 } }, { reasoning_config: 'low' })),
    }),
    fc.oneof({ weight: 4, arbitrary: one<JsonObject>({}) }, harmless),
  )
  .map(([said, tools, answered, sent, local]) =>
    withoutUndefined({ messages: said, ...tools, ...answered, ...sent, ...local }),
  )

const guardrail: fc.Arbitrary<Guardrail | null> = fc.option(
  fc.record({
    identifier: one('abc123'),
    version: one('1', 'DRAFT'),
    trace: one(null, 'enabled' as const),
    streamMode: one(null, 'async' as const, 'sync' as const),
  }),
  { freq: 1 },
)

/** Any settings that a translation obeys. */
export const policy: fc.Arbitrary<TranslationPolicy> = fc.record({
  promptCaching: one('auto' as const, 'auto' as const, 'explicit' as const, 'off' as const),
  promptCacheTtl: one('5m' as const, '1h' as const),
  outputTokensDefault: one(null, null, 1, 4096, 200_000),
  choicesMax: one(8),
  guardrail: fc.oneof({ weight: 4, arbitrary: one(null) }, guardrail),
  guardrailRequired: fc.boolean(),
  dropParams: fc.oneof({ weight: 9, arbitrary: one(true) }, one(false)),
})

/** What an alias sets, as the configuration keeps it; null: no alias was named. */
export const aliasDefaults: fc.Arbitrary<AliasDefaults | null> = fc.oneof(
  { weight: 3, arbitrary: one(null) },
  {
    weight: 1,
    arbitrary: fc
      .record({
        parameters: fc.record({ ...parameters, extra_body: rarely(10, extraBody) }).map(withoutUndefined),
        systemPrompt: one(null, 'You are terse.', ' '),
        guardrail,
      })
      .filter((alias) => complainOfParameters(alias.parameters).length === 0)
      .map((alias) => ({ ...alias, parameters: toKeptParameters(alias.parameters) })),
  },
)

/** Thoughts that were kept for some of the calls that come back. */
export const keptReasoning: fc.Arbitrary<KeptReasoning> = fc.oneof(
  { weight: 3, arbitrary: one({}) },
  fc.dictionary(
    one('c1', 'c2', 'get_time'),
    one(
      [{ reasoningText: { text: 'kept', signature: reasoningSignature('kept') } }],
      [{ redactedContent: 'RA==' }],
    ),
  ),
)

/** Parameters that a model was seen to refuse. */
export const lessons: fc.Arbitrary<readonly string[]> = fc.oneof(
  { weight: 6, arbitrary: one([]) },
  fc.subarray([
    'temperature',
    'top_p',
    'top_k',
    'stop',
    'max_tokens',
    'reasoning_effort',
    'effort',
    'cache_control',
    'cache_control.tools',
    'cache_control.system',
    'response_format',
    'tool_choice',
    'service_tier',
    'performanceConfig',
    'streaming_tools',
  ]),
)
