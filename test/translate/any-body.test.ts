import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { ChatTarget } from '../../src/catalog/types.js'
import { toGatewayError } from '../../src/errors.js'
import { toErrorBody } from '../../src/openai/error-body.js'
import type { Fields } from '../../src/openai/fields.js'
import { parseModel } from '../../src/openai/parse-json.js'
import { parseBody } from '../../src/parse-body.js'
import {
  findUnexplainedCalls,
  hasMedia,
  isStreamedToolRound,
  parseChat,
  translateChat,
} from '../../src/prepare-chat.js'
import { requireChatTarget } from '../../src/require-model.js'
import { aliasDefaults, chatBody } from './arbitrary-request.js'
import { anything, change, changed } from './changed-json.js'
import { emulatedCatalog, emulatedListing } from './emulated-models.js'
import { giveMedia } from './given-media.js'
import { assertRefusal, type Surroundings, surroundings } from './send-body.js'

/** More for a long run: `ANY_REQUEST_RUNS=300000`. */
const RUNS = Number(process.env['ANY_REQUEST_RUNS'] ?? 1_200)

const catalog = emulatedCatalog(emulatedListing())
const names = [
  ...catalog.list('all').map(({ id }) => id),
  'mantle/openai.gpt-oss-20b',
  'openai-runtime/openai.gpt-oss-120b-1:0',
  'anthropic.claude-sonnet-99',
  'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abcdefghijkl',
  'gpt-4',
]

/** What `receiveChat` does with bytes, from the first to the last. Media are not looked at: they are a worker's. */
function receive(bytes: readonly Uint8Array[], around: Surroundings): void {
  const body = parseBody(bytes)
  isStreamedToolRound(body)
  const name = parseModel(body['model'], 'model')
  const resolved = requireChatTarget(name, catalog.resolve(name))
  const target: ChatTarget = { ...resolved, defaults: around.defaults }
  const request = parseChat(body, target)
  findUnexplainedCalls(request)
  const media = hasMedia(request) ? giveMedia(request, target) : new Map()
  translateChat(request, { ...around, target, media })
}

type Outcome = 'taken' | 'refused'

/** Throws what is no answer in OpenAI's words. */
function outcomeOf(bytes: readonly Uint8Array[], around: Surroundings): Outcome {
  try {
    receive(bytes, around)
    return 'taken'
  } catch (error) {
    assertRefusal(error)
    const said = JSON.parse(toErrorBody(toGatewayError(error))) as { readonly error: Fields }
    assert.deepEqual(Object.keys(said), ['error'])
    const { message, type, param, code, ...others } = said.error
    for (const member of [message, type, code]) assert.ok(typeof member === 'string' && member !== '')
    assert.ok(param === null || typeof param === 'string')
    assert.deepEqual(others, {})
    return 'refused'
  }
}

const toBytes = (value: unknown): readonly Uint8Array[] => [Buffer.from(JSON.stringify(value) ?? '')]
const model = fc.constantFrom(...names)

test("a request that was changed anywhere is taken or refused in OpenAI's words", () => {
  const outcomes = { taken: 0, refused: 0 }
  fc.assert(
    fc.property(
      model,
      chatBody,
      fc.array(change, { minLength: 1, maxLength: 3 }),
      surroundings,
      (name, body, changes, around) => {
        const sent = changes.reduce<unknown>(changed, { ...body, model: name })
        outcomes[outcomeOf(toBytes(sent), around)] += 1
      },
    ),
    { numRuns: RUNS },
  )
  // Each shows something else; neither may be all.
  assert.ok(Math.min(outcomes.taken, outcomes.refused) > RUNS / 20, JSON.stringify(outcomes))
})

test("any JSON is taken or refused in OpenAI's words, also as any member of a request", () => {
  const members = fc.constantFrom(
    ...['messages', 'tools', 'tool_choice', 'functions', 'function_call', 'response_format', 'stop'],
    ...['reasoning', 'thinking', 'reasoning_effort', 'metadata', 'extra_body', 'stream_options', 'n'],
    ...['guardrailConfig', 'performanceConfig', 'prompt_caching', 'logit_bias', 'seed', 'user', 'top_k'],
    ...['additionalModelRequestFields', 'service_tier', '__proto__', 'constructor'],
  )
  const messages = [{ role: 'user', content: 'Hello' }]
  fc.assert(
    fc.property(
      fc.jsonValue({ maxDepth: 5 }),
      fc.dictionary(members, anything, { maxKeys: 4 }),
      model,
      surroundings,
      (value, some, name, around) => {
        outcomeOf(toBytes(value), around)
        outcomeOf(toBytes({ model: name, messages, ...some }), around)
      },
    ),
    { numRuns: Math.ceil(RUNS / 2) },
  )
})

test("any message, part, call or tool is taken or refused in OpenAI's words", () => {
  const odd = fc.dictionary(
    fc.constantFrom(
      ...['role', 'content', 'type', 'text', 'tool_calls', 'function', 'name', 'arguments', 'id'],
      ...['tool_call_id', 'reasoning_details', 'thinking_blocks', 'image_url', 'file', 'cache_control'],
      ...['function_call', 'url', 'parameters', 'properties', 'signature', 'data', 'index', 'source'],
    ),
    fc.oneof(
      anything,
      fc.constantFrom(
        'user',
        'assistant',
        'tool',
        'system',
        'function',
        'text',
        'image_url',
        'reasoning.text',
      ),
    ),
    { maxKeys: 6 },
  )
  const nested = fc.letrec((tie) => ({
    node: fc.oneof(
      { depthSize: 'small' },
      odd,
      fc
        .tuple(
          odd,
          fc.constantFrom('content', 'tool_calls', 'function', 'parameters', 'reasoning_details'),
          tie('node'),
        )
        .map(([outer, member, inner]) => ({
          role: 'assistant',
          ...outer,
          [member]: member === 'function' ? inner : [inner],
        })),
    ),
  })).node
  fc.assert(
    fc.property(
      model,
      fc.array(nested, { maxLength: 4 }),
      fc.array(nested, { maxLength: 2 }),
      surroundings,
      (name, messages, tools, around) => {
        outcomeOf(toBytes({ model: name, messages, tools }), around)
      },
    ),
    { numRuns: Math.ceil(RUNS / 2) },
  )
})

test("any bytes are refused in OpenAI's words", () => {
  const text = chatBody.map((body) => JSON.stringify({ model: 'amazon.nova-lite-v1:0', ...body }))
  fc.assert(
    fc.property(
      text,
      fc.nat(),
      fc.uint8Array({ maxLength: 8 }),
      surroundings,
      (json, place, bytes, around) => {
        const whole = Buffer.from(json)
        const at = place % whole.length
        const [before, after] = [whole.subarray(0, at), whole.subarray(at + bytes.length)]
        outcomeOf([before, bytes, after], around)
        assert.equal(outcomeOf([before], around), 'refused')
      },
    ),
    { numRuns: Math.ceil(RUNS / 4) },
  )
})

test('defaults of an alias are read as if the client had said them', () => {
  const messages = [{ role: 'user', content: 'Hello' }]
  fc.assert(
    fc.property(model, aliasDefaults, surroundings, (name, defaults, around) => {
      outcomeOf(toBytes({ model: name, messages }), { ...around, defaults })
    }),
    { numRuns: Math.ceil(RUNS / 4) },
  )
})
