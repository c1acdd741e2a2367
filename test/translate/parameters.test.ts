import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { ConverseRequest } from '../../src/bedrock/types.js'
import { capabilitiesOfId } from '../../src/catalog/rules.js'
import { parseChatRequest } from '../../src/openai/parse-chat-request.js'
import { REASONING_EFFORTS } from '../../src/openai/types.js'
import { toConverse } from '../../src/translate/to-converse.js'
import { chatContext, chatTarget } from './chat-target.js'

/** One model of each kind of dialect. */
const MODELS = [
  'anthropic.claude-3-haiku-20240307-v1:0',
  'anthropic.claude-3-7-sonnet-20250219-v1:0',
  'anthropic.claude-opus-4-1-20250805-v1:0',
  'anthropic.claude-sonnet-4-5-20250929-v1:0',
  'anthropic.claude-opus-4-6-v1',
  'anthropic.claude-opus-4-8',
  'anthropic.claude-sonnet-5',
  'anthropic.claude-sonnet-5-5',
  'anthropic.claude-opus-5-5',
  'amazon.nova-pro-v1:0',
  'amazon.nova-2-lite-v1:0',
  'meta.llama4-scout-17b-instruct-v1:0',
  'mistral.mistral-large-2407-v1:0',
  'mistral.mistral-large-3-675b-instruct',
  'deepseek.v3-v1:0',
  'qwen.qwen3-32b-v1:0',
  'openai.gpt-oss-120b-1:0',
  'openai.gpt-5.6-sol',
  'cohere.command-r-plus-v1:0',
  'ai21.jamba-1-5-large-v1:0',
  'writer.palmyra-x5-v1:0',
  'minimax.minimax-m2',
  'acme.unheard-of',
]

const number = (min: number, max: number) => fc.double({ min, max, noNaN: true })
const count = fc.oneof(fc.integer({ min: 1, max: 3000 }), fc.integer({ min: 1, max: 2 ** 31 - 1 }))
const optional = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: null })

const parameters = fc.record({
  max_tokens: optional(count),
  temperature: optional(number(0, 2)),
  top_p: optional(number(0, 1)),
  top_k: optional(count),
  n: optional(fc.integer({ min: 1, max: 8 })),
  stop: optional(fc.oneof(fc.string(), fc.array(fc.constantFrom('', ' ', '\n', '\\n', 'END', '\\r\\n')))),
  seed: optional(fc.integer()),
  frequency_penalty: optional(number(-2, 2)),
  stream: fc.boolean(),
  reasoning_effort: optional(fc.oneof(fc.constantFrom(...REASONING_EFFORTS), count.map(String))),
  thinking: optional(
    fc.record({
      type: optional(fc.constantFrom('enabled', 'disabled', 'adaptive')),
      budget_tokens: optional(count),
    }),
  ),
  think: optional(fc.boolean()),
  service_tier: optional(fc.constantFrom('auto', 'default', 'flex', 'priority', 'scale', 'toString')),
  user: optional(fc.string()),
  metadata: optional(fc.dictionary(fc.string(), fc.string(), { maxKeys: 16 })),
})

const METADATA = /^[a-zA-Z0-9\s:_@$#=/+,.-]{0,256}$/

test('whatever a client says, what is sent obeys the service model, and a budget is below its limit', () => {
  const lessons = fc.subarray(['temperature', 'top_p', 'top_k', 'stop', 'reasoning_effort', 'service_tier'])
  const policy = fc.record({ outputTokensDefault: optional(fc.constantFrom(1, 4096, 16_384)) })
  fc.assert(
    fc.property(fc.constantFrom(...MODELS), parameters, lessons, policy, (id, said, learned, settings) => {
      const capabilities = capabilitiesOfId(id)
      const messages = [{ role: 'user', content: 'Hi' }]
      const request = parseChatRequest({ model: id, messages, ...said })
      const context = chatContext(chatTarget(capabilities), { policy: settings, lessons: learned })
      const { body } = toConverse(request, context)
      assertRanges(body, capabilities.maxOutputTokens)
      const { sampling, stopSequences } = capabilities
      const { temperature, topP, stopSequences: stop } = body.inferenceConfig ?? {}
      if (sampling === 'none') assert.deepEqual([temperature, topP], [undefined, undefined])
      if (sampling === 'either') assert.ok(temperature === undefined || topP === undefined)
      if (!stopSequences) assert.equal(stop, undefined)
      if (learned.includes('temperature')) assert.equal(temperature, undefined)
      if (learned.includes('service_tier')) assert.equal(body.serviceTier, undefined)
    }),
    { numRuns: 3_000 },
  )
})

function assertRanges(body: ConverseRequest, maxOutputTokens: number | null): void {
  const { maxTokens, temperature, topP, stopSequences = [] } = body.inferenceConfig ?? {}
  if (maxTokens !== undefined) {
    assert.ok(Number.isInteger(maxTokens) && maxTokens >= 1 && maxTokens <= (maxOutputTokens ?? maxTokens))
  }
  for (const share of [temperature, topP]) assert.ok(share === undefined || (share >= 0 && share <= 1))
  for (const sequence of stopSequences) assert.ok(sequence.length >= 1)
  const { thinking } = (body.additionalModelRequestFields ?? {}) as {
    thinking?: { type: string; budget_tokens?: number }
  }
  if (thinking?.type === 'enabled') {
    assert.ok(thinking.budget_tokens !== undefined && thinking.budget_tokens >= 1024)
    assert.ok(maxTokens !== undefined && thinking.budget_tokens < maxTokens)
    assert.equal(temperature, undefined)
    assert.ok(topP === undefined || topP >= 0.95)
  }
  const pairs = Object.entries(body.requestMetadata ?? {})
  assert.ok(pairs.length <= 16)
  for (const [name, text] of pairs) {
    assert.match(name, METADATA)
    assert.match(text, METADATA)
    assert.ok(name.length >= 1)
  }
  assert.ok(body.serviceTier === undefined || /^(default|flex|priority)$/.test(body.serviceTier.type))
}

test('a hundred thousand unknown members are named without delay', () => {
  const wide = Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`member${index}`, index]))
  const messages = [{ role: 'user', content: 'Hi' }]
  const { dropped, body } = toConverse(parseChatRequest({ model: 'm', messages, ...wide }), chatContext())
  assert.equal(dropped.length, 100_000)
  assert.equal(body.additionalModelRequestFields, undefined)
})
