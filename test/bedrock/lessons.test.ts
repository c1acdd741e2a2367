import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { lessonOf, withoutParameter } from '../../src/bedrock/lessons.js'
import type { ContentBlock, ConverseRequest, Message } from '../../src/bedrock/types.js'
import { recordingsDir, skipWithout } from '../shared.js'

const MODEL_SAID = 'The model returned the following errors: '
const LASTING = true
const ONCE = false

/** Bedrock's words → what they teach. Sources stand beside the rules. */
const TAUGHT: readonly (readonly [string, string, boolean])[] = [
  [
    `${MODEL_SAID}messages.1.content.0: Invalid \`signature\` in \`thinking\` block`,
    'reasoning_details',
    ONCE,
  ],
  [
    `${MODEL_SAID}messages.1.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`tool_use\`.`,
    'reasoning_effort',
    ONCE,
  ],
  [
    `${MODEL_SAID}\`temperature\` and \`top_p\` cannot both be specified for this model. Please use only one.`,
    'temperature_and_top_p',
    LASTING,
  ],
  [`${MODEL_SAID}\`temperature\` is deprecated for this model.`, 'temperature', LASTING],
  [`${MODEL_SAID}\`top_p\` is deprecated for this model.`, 'top_p', LASTING],
  [
    "This model doesn't support the temperature field. Remove temperature and try again.",
    'temperature',
    LASTING,
  ],
  [
    `${MODEL_SAID}\`temperature\` may only be set to 1 when thinking is enabled. Please consult our documentation`,
    'temperature',
    ONCE,
  ],
  [
    "This model doesn't support the stopSequences field. Remove stopSequences and try again.",
    'stop',
    LASTING,
  ],
  [
    "This model doesn't support the toolConfig.toolChoice.any field. Remove toolConfig.toolChoice.any and try again.",
    'tool_choice',
    LASTING,
  ],
  [
    "This model doesn't support the toolConfig.toolChoice.tool field. Remove toolConfig.toolChoice.tool and try again.",
    'tool_choice',
    LASTING,
  ],
  [
    "This model doesn't support the status field. Remove status and try again.",
    'tool_result.status',
    LASTING,
  ],
  [
    "This model doesn't support the reasoningContent.reasoningText.signature field. Remove reasoningContent.reasoningText.signature and try again.",
    'reasoning_details.signature',
    LASTING,
  ],
  [
    "This model doesn't support system messages. Try again without a system message or use a model that supports system messages.",
    'system',
    LASTING,
  ],
  [
    'An error occurred: "thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.',
    'thinking.budget_tokens',
    LASTING,
  ],
  [
    `${MODEL_SAID}thinking: Input tag 'adaptive' found using 'type' does not match any of the expected tags: 'disabled', 'enabled'`,
    'reasoning_effort',
    LASTING,
  ],
  [`${MODEL_SAID}Thinking may not be enabled when tool_choice forces tool use.`, 'reasoning_effort', ONCE],
  ['This model does not support the effort parameter.', 'effort', LASTING],
  [`${MODEL_SAID}output_config.effort: Extra inputs are not permitted`, 'effort', LASTING],
  [`${MODEL_SAID}output_config.format: Extra inputs are not permitted`, 'response_format', LASTING],
  [`${MODEL_SAID}tools.0.custom.strict: Extra inputs are not permitted`, 'strict', LASTING],
  [`${MODEL_SAID}tools.1.custom: For 'array' type, property 'maxItems' is not supported`, 'strict', ONCE],
  [`${MODEL_SAID}top_k: Extra inputs are not permitted`, 'top_k', LASTING],
  ["Unknown parameter: 'reasoning_effort'.", 'reasoning_effort', LASTING],
  [
    'You invoked an unsupported model or your request did not allow prompt caching. See the documentation for more information.',
    'cache_control',
    LASTING,
  ],
  [
    'You invoked an unsupported model, or your request did not allow prompt caching. See the documentation for more information.',
    'cache_control',
    LASTING,
  ],
  [
    `${MODEL_SAID}Malformed input request: #/toolConfig/tools/18: extraneous key [cachePoint] is not permitted, please reformat your input and try again.`,
    'cache_control.tools',
    LASTING,
  ],
  [
    'Malformed input request: #/messages/6/content/0: extraneous key [cachePoint] is not permitted, please reformat your input and try again.',
    'cache_control.messages',
    LASTING,
  ],
  ['Extended TTL prompt caching is only supported for Anthropic models', 'cache_control.ttl', LASTING],
  [
    `${MODEL_SAID}system.1.cache_control.ephemeral.ttl: Extra inputs are not permitted`,
    'cache_control.ttl',
    LASTING,
  ],
  [
    `${MODEL_SAID}messages.3.content.0.cache_control.ttl: a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block.`,
    'cache_control.ttl',
    ONCE,
  ],
  [`${MODEL_SAID}system.0.cache_control: Extra inputs are not permitted`, 'cache_control', ONCE],
  [
    'Cache point cannot be inserted after reasoning block. Please remove the invalid cache point and try again.',
    'cache_control',
    ONCE,
  ],
  [
    'There is nothing available to cache. Please remove the invalid cache point and try again.',
    'cache_control',
    ONCE,
  ],
  ['A maximum of 4 blocks with cache_control may be provided. Found 5.', 'cache_control', ONCE],
  [
    'Latency performance configuration is not supported for amazon.nova-pro-v1:0 in us-east-1',
    'latency',
    ONCE,
  ],
  ['Reservation not found.', 'service_tier', ONCE],
  ['service tier provided is invalid', 'service_tier', ONCE],
  [
    'The maximum tokens you requested exceeds the model limit of 4096. Try again with a maximum tokens value that is lower than 4096.',
    'max_tokens',
    ONCE,
  ],
  [`${MODEL_SAID}thinking.adaptive.display: Extra inputs are not permitted`, 'thinking.display', LASTING],
  [`${MODEL_SAID}thinking.budget: Extra inputs are not permitted`, 'reasoning_effort', ONCE],
  [
    `${MODEL_SAID}Malformed input request: #: extraneous key [performanceConfig] is not permitted, please reformat your input and try again.`,
    'latency',
    ONCE,
  ],
  [
    `${MODEL_SAID}Malformed input request: #: extraneous key [num_ctx] is not permitted, please reformat your input and try again.`,
    'num_ctx',
    LASTING,
  ],
]

for (const [said, parameter, lasting] of TAUGHT) {
  test(`lessonOf: "${said.replace(MODEL_SAID, '')}" is about ${parameter}`, () => {
    assert.deepEqual(lessonOf(said), { parameter, lasting })
    assert.deepEqual(lessonOf(`Bedrock: ${said}`), { parameter, lasting }, 'as our own error repeats it')
  })
}

test('lessonOf: what a client wrote teaches nothing where the service repeats it', () => {
  const planted = "This model doesn't support the stopSequences field."
  assert.notEqual(lessonOf(planted), null)
  for (const said of [
    `1 validation error detected: Value '[a, ${planted}]' at 'inferenceConfig.stopSequences' failed to satisfy constraint: Member must have length less than or equal to 4`,
    `${MODEL_SAID}${'x'.repeat(10_000)} ${planted}`,
  ]) {
    assert.equal(lessonOf(said), null, said)
  }
})

test('lessonOf: refusals of content teach nothing', () => {
  for (const said of [
    "This model doesn't support tool use.",
    "This model doesn't support documents. Try again without documents or use a model that supports documents.",
    "This model doesn't support the video content block that you provided. Update the content block and try again.",
    'The text field in the ContentBlock object at messages.0.content.0 is blank. Add text to the text field, and try again.',
    `${MODEL_SAID}messages.2.content.2.document.source.type: Field required`,
    'Too many tokens per day, please wait before trying again.',
  ]) {
    assert.equal(lessonOf(said), null, said)
  }
})

const samplesPath = join(recordingsDir, 'error-samples.json')

test('lessonOf: no recorded error is taken for what could be left out', {
  skip: skipWithout(samplesPath),
}, () => {
  interface Sample {
    readonly body?: { readonly message?: string }
    readonly payload?: string
  }
  const samples = JSON.parse(readFileSync(samplesPath, 'utf8')) as readonly Sample[]
  assert.ok(samples.length > 20)
  const body: ConverseRequest = { messages: [], inferenceConfig: { temperature: 1 }, system: [{ text: 'a' }] }
  for (const { body: answer, payload } of samples) {
    const said = answer?.message ?? payload ?? ''
    const lesson = lessonOf(said)
    if (lesson !== null) assert.equal(withoutParameter(body, lesson.parameter), null, said)
  }
})

const MESSAGES: ConverseRequest['messages'] = [{ role: 'user', content: [{ text: 'Hi' }] }]
const TOOL = { name: 'find', inputSchema: { json: {} } }
const POINT = { cachePoint: { type: 'default' } } as const
const HOUR = { cachePoint: { type: 'default', ttl: '1h' } } as const
const FORMAT = {
  type: 'json_schema',
  structure: { jsonSchema: { schema: '{"type":"object"}', name: 'thing' } },
} as const

const THOUGHT: ContentBlock = { reasoningContent: { reasoningText: { text: 'hm', signature: 'x' } } }
const USE: ContentBlock = { toolUse: { toolUseId: '1', name: 'f', input: {} } }
const RESULT: Message = {
  role: 'user',
  content: [{ toolResult: { toolUseId: '1', content: [{ text: '2' }] } }],
}
const BUDGET = { type: 'enabled', budget_tokens: 2000 } as const

type Rest = Omit<ConverseRequest, 'messages'> & Partial<Pick<ConverseRequest, 'messages'>>

/** Parameter, what the request has beside a question, what is left of it. */
const TAKEN: readonly (readonly [string, Rest, Rest])[] = [
  [
    'temperature',
    { inferenceConfig: { temperature: 0.5, maxTokens: 9 } },
    { inferenceConfig: { maxTokens: 9 } },
  ],
  ['temperature', { inferenceConfig: { temperature: 0 } }, {}],
  ['top_p', { inferenceConfig: { topP: 1, temperature: 1 } }, { inferenceConfig: { temperature: 1 } }],
  [
    'temperature_and_top_p',
    { inferenceConfig: { topP: 1, temperature: 1 } },
    { inferenceConfig: { temperature: 1 } },
  ],
  ['stop', { inferenceConfig: { stopSequences: ['x'] } }, {}],
  [
    'top_k',
    { additionalModelRequestFields: { top_k: 5, seed: 1 } },
    { additionalModelRequestFields: { seed: 1 } },
  ],
  [
    'top_k',
    { additionalModelRequestFields: { inferenceConfig: { topK: 5 } } },
    { additionalModelRequestFields: { inferenceConfig: {} } },
  ],
  ['num_ctx', { additionalModelRequestFields: { num_ctx: 5 } }, {}],
  [
    'tool_choice',
    { toolConfig: { tools: [{ toolSpec: TOOL }], toolChoice: { any: {} } } },
    { toolConfig: { tools: [{ toolSpec: TOOL }] } },
  ],
  [
    'strict',
    { toolConfig: { tools: [{ toolSpec: { ...TOOL, strict: true } }, POINT] } },
    { toolConfig: { tools: [{ toolSpec: TOOL }, POINT] } },
  ],
  [
    'tool_result.status',
    {
      messages: [
        { role: 'user', content: [{ toolResult: { toolUseId: '1', content: [], status: 'error' } }] },
      ],
    },
    { messages: [{ role: 'user', content: [{ toolResult: { toolUseId: '1', content: [] } }] }] },
  ],
  [
    'reasoning_details',
    {
      messages: [
        { role: 'assistant', content: [THOUGHT, { text: 'So' }] },
        { role: 'user', content: [{ text: 'Hi' }] },
      ],
      additionalModelRequestFields: { thinking: BUDGET },
    },
    {
      messages: [
        { role: 'assistant', content: [{ text: 'So' }] },
        { role: 'user', content: [{ text: 'Hi' }] },
      ],
      additionalModelRequestFields: { thinking: BUDGET },
    },
  ],
  [
    'reasoning_details',
    {
      messages: [{ role: 'assistant', content: [THOUGHT, USE] }, RESULT],
      additionalModelRequestFields: { thinking: BUDGET, top_k: 1 },
    },
    {
      messages: [{ role: 'assistant', content: [USE] }, RESULT],
      additionalModelRequestFields: { top_k: 1 },
    },
  ],
  [
    'reasoning_details',
    {
      messages: [{ role: 'assistant', content: [THOUGHT, USE] }, RESULT],
      additionalModelRequestFields: { thinking: { type: 'adaptive' } },
    },
    {
      messages: [{ role: 'assistant', content: [USE] }, RESULT],
      additionalModelRequestFields: { thinking: { type: 'adaptive' } },
    },
  ],
  [
    'reasoning_details.signature',
    {
      messages: [
        {
          role: 'assistant',
          content: [{ reasoningContent: { reasoningText: { text: 'hm', signature: 'x' } } }],
        },
      ],
    },
    { messages: [{ role: 'assistant', content: [{ reasoningContent: { reasoningText: { text: 'hm' } } }] }] },
  ],
  [
    'cache_control',
    {
      system: [{ text: 'a' }, POINT],
      toolConfig: { tools: [{ toolSpec: TOOL }, POINT] },
      messages: [{ role: 'user', content: [{ text: 'Hi' }, POINT] }],
    },
    { system: [{ text: 'a' }], toolConfig: { tools: [{ toolSpec: TOOL }] } },
  ],
  [
    'cache_control.tools',
    { system: [{ text: 'a' }, POINT], toolConfig: { tools: [{ toolSpec: TOOL }, POINT] } },
    { system: [{ text: 'a' }, POINT], toolConfig: { tools: [{ toolSpec: TOOL }] } },
  ],
  ['cache_control.system', { system: [{ text: 'a' }, POINT] }, { system: [{ text: 'a' }] }],
  ['cache_control.messages', { messages: [{ role: 'user', content: [{ text: 'Hi' }, POINT] }] }, {}],
  ['cache_control.ttl', { system: [{ text: 'a' }, HOUR] }, { system: [{ text: 'a' }, POINT] }],
  ['service_tier', { serviceTier: { type: 'flex' } }, {}],
  ['latency', { performanceConfig: { latency: 'optimized' } }, {}],
  ['max_tokens', { inferenceConfig: { maxTokens: 5 } }, {}],
  [
    'response_format',
    { outputConfig: { textFormat: FORMAT }, system: [{ text: 'Be kind.' }] },
    {
      system: [
        { text: 'Be kind.' },
        { text: 'Answer with nothing but JSON that fits this JSON schema: {"type":"object"}' },
      ],
    },
  ],
  [
    'effort',
    { outputConfig: { effort: 'low', textFormat: FORMAT } },
    { outputConfig: { textFormat: FORMAT } },
  ],
  [
    'effort',
    { additionalModelRequestFields: { output_config: { effort: 'low' }, thinking: { type: 'adaptive' } } },
    { additionalModelRequestFields: { thinking: { type: 'adaptive' } } },
  ],
  [
    'reasoning_effort',
    { additionalModelRequestFields: { thinking: { type: 'adaptive' } }, outputConfig: { effort: 'low' } },
    {},
  ],
  ['reasoning_effort', { additionalModelRequestFields: { reasoning_effort: 'low' } }, {}],
  [
    'thinking.budget_tokens',
    { additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 10_000 } } },
    {
      additionalModelRequestFields: { thinking: { type: 'adaptive' } },
      outputConfig: { effort: 'medium' },
    },
  ],
  [
    'system',
    { system: [{ text: 'Be kind.' }, POINT] },
    { messages: [{ role: 'user', content: [{ text: 'Be kind.' }, { text: 'Hi' }] }] },
  ],
]

TAKEN.forEach(([parameter, said, left], index) => {
  test(`withoutParameter: ${parameter} is taken out and nothing else (${index + 1})`, () => {
    const without = withoutParameter({ messages: MESSAGES, ...said }, parameter)
    assert.deepEqual(without, { messages: MESSAGES, ...left })
    assert.ok(without !== null)
    assert.equal(withoutParameter(without, parameter), null, 'a second time there is nothing to take out')
  })
})

test('withoutParameter: what is not in a request is null, also names that every object has', () => {
  const parameters = [...new Set(TAKEN.map(([parameter]) => parameter)), 's3Uri', 'toString', '__proto__']
  for (const parameter of parameters) {
    assert.equal(withoutParameter({ messages: MESSAGES }, parameter), null, parameter)
    const fields = { additionalModelRequestFields: { seed: 1 }, inferenceConfig: {} }
    assert.equal(withoutParameter({ messages: MESSAGES, ...fields }, parameter), null, parameter)
  }
})

test('withoutParameter: only what thinking shows goes, not the thinking', () => {
  const fields = { thinking: { type: 'adaptive', display: 'summarized' } }
  assert.deepEqual(
    withoutParameter({ messages: MESSAGES, additionalModelRequestFields: fields }, 'thinking.display'),
    { messages: MESSAGES, additionalModelRequestFields: { thinking: { type: 'adaptive' } } },
  )
})

test('withoutParameter: top_p alone stays where only both together are refused', () => {
  assert.equal(
    withoutParameter({ messages: MESSAGES, inferenceConfig: { topP: 0.5 } }, 'temperature_and_top_p'),
    null,
  )
})
