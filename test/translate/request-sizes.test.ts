import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError } from '../../src/errors.js'
import type { Fields } from '../../src/openai/fields.js'
import { parseBody } from '../../src/parse-body.js'
import { findUnexplainedCalls, parseChat, translateChat } from '../../src/prepare-chat.js'
import { requireChatTarget } from '../../src/require-model.js'
import { chatContext } from './chat-target.js'
import { emulatedCatalog, emulatedListing } from './emulated-models.js'

/** Caching, thoughts and schemas: most is done for it. */
const CLAUDE = 'global.anthropic.claude-sonnet-4-5-20250929-v1:0'
/** Each body is tried with one of them: OpenAI's words, turns set apart, no tools. */
const OTHERS = [
  'openai-runtime/openai.gpt-oss-120b-1:0',
  'us.meta.llama4-maverick-17b-instruct-v1:0',
  'amazon.titan-text-express-v1',
]
const catalog = emulatedCatalog(emulatedListing())

const USER = { role: 'user', content: 'Hello' }
const list = <Item>(count: number, make: (index: number) => Item): Item[] =>
  Array.from({ length: count }, (_, index) => make(index))
const members = (count: number, make: (index: number) => unknown): Fields =>
  Object.fromEntries(list(count, (index) => [`member ${index}`, make(index)]))
const call = (id: string, index: number) => ({
  id,
  type: 'function',
  function: { name: `f ${index % 100}`, arguments: `{"a":${index}}` },
})
const result = (id: string) => ({ role: 'tool', tool_call_id: id, content: 'ok' })
const tool = (name: string, parameters: object = { type: 'object', properties: {} }) => ({
  type: 'function',
  function: { name, parameters, strict: true },
})
const schemaFormat = (schema: object) => ({
  type: 'json_schema',
  json_schema: { name: 'answer', schema },
})
const wide = (count: number): object => ({
  type: 'object',
  properties: members(count, () => ({ type: 'string', description: 'x'.repeat(20) })),
})

/** Bodies of a size; the count is of the largest that is tried. */
const BODIES: Readonly<Record<string, { readonly count: number; readonly body: (count: number) => Fields }>> =
  {
    'parts of one message': {
      count: 100_000,
      body: (count) => ({
        messages: [{ role: 'user', content: list(count, () => ({ type: 'text', text: 'a' })) }],
      }),
    },
    'parts that are each to be cached': {
      count: 100_000,
      body: (count) => ({
        messages: [
          {
            role: 'user',
            content: list(count, () => ({ type: 'text', text: 'a', cache_control: { type: 'ephemeral' } })),
          },
        ],
      }),
    },
    'messages of one user': { count: 50_000, body: (count) => ({ messages: list(count, () => USER) }) },
    'system messages': {
      count: 50_000,
      body: (count) => ({ messages: [...list(count, () => ({ role: 'system', content: 'a' })), USER] }),
    },
    turns: {
      count: 50_000,
      body: (count) => ({
        messages: list(count, (index) => (index % 2 === 0 ? USER : { role: 'assistant', content: 'Yes' })),
      }),
    },
    'calls of one turn': {
      count: 50_000,
      body: (count) => ({
        messages: [
          USER,
          { role: 'assistant', content: null, tool_calls: list(count, (index) => call(`c ${index}`, index)) },
          ...list(count, (index) => result(`c ${index}`)),
        ],
      }),
    },
    'calls with one id': {
      count: 50_000,
      body: (count) => ({
        messages: [
          USER,
          { role: 'assistant', content: null, tool_calls: list(count, (index) => call('c', index)) },
          ...list(count, () => result('c')),
        ],
      }),
    },
    'tool rounds': {
      count: 20_000,
      body: (count) => ({
        messages: [
          USER,
          ...list(count, (index) => [
            { role: 'assistant', content: 'Well', tool_calls: [call('c', index)] },
            result('c'),
          ]).flat(),
        ],
        thinking: { type: 'enabled', budget_tokens: 2000 },
      }),
    },
    'results of no call': {
      count: 50_000,
      body: (count) => ({ messages: [USER, ...list(count, (index) => result(`c${index}`))] }),
    },
    'pieces of a thought': {
      count: 50_000,
      body: (count) => ({
        messages: [
          USER,
          {
            role: 'assistant',
            content: 'Yes',
            reasoning_details: list(count, () => ({ type: 'reasoning.text', text: 'a', index: 0 })),
          },
          USER,
        ],
      }),
    },
    tools: {
      count: 10_000,
      body: (count) => ({ messages: [USER], tools: list(count, (index) => tool(`tool/${index}`)) }),
    },
    'tools that are allowed': {
      count: 10_000,
      body: (count) => ({
        messages: [USER],
        tools: list(count, (index) => tool(`tool/${index}`)),
        tool_choice: {
          type: 'allowed_tools',
          allowed_tools: {
            mode: 'auto',
            tools: list(count, (index) => ({ type: 'function', name: `tool/${index}` })),
          },
        },
      }),
    },
    "members of one tool's schema (5 MB)": {
      count: 60_000,
      body: (count) => ({ messages: [USER], tools: [tool('f', wide(count))] }),
    },
    'alternatives of one schema': {
      count: 30_000,
      body: (count) => ({
        messages: [USER],
        tools: [
          tool('f', {
            anyOf: list(count, (index) => ({ type: 'object', properties: { [`a${index}`]: {} } })),
          }),
        ],
      }),
    },
    'members of an answer': {
      count: 60_000,
      body: (count) => ({ messages: [USER], response_format: schemaFormat(wide(count)) }),
    },
    'references to a large definition': {
      count: 40_000,
      body: (count) => ({
        messages: [USER],
        response_format: schemaFormat({
          type: 'object',
          properties: members(Math.ceil(count / 50), () => ({ $ref: '#/$defs/Large' })),
          $defs: { Large: wide(count) },
        }),
      }),
    },
    'stop sequences': {
      count: 20_000,
      body: (count) => ({ messages: [USER], stop: list(count, (index) => `stop ${index}`) }),
    },
    'unknown members': { count: 50_000, body: (count) => ({ messages: [USER], ...members(count, () => 1) }) },
    'members for the model': {
      count: 50_000,
      body: (count) => ({ messages: [USER], extra_body: members(count, () => 1) }),
    },
    'biased tokens': {
      count: 50_000,
      body: (count) => ({ messages: [USER], logit_bias: members(count, () => 1) }),
    },
  }

/** Milliseconds of this process's own time: what others do on the machine does not count. */
function workOf(name: string, text: Buffer): number {
  const start = process.cpuUsage()
  try {
    const target = requireChatTarget(name, catalog.resolve(name))
    const request = parseChat(parseBody([text]), target)
    findUnexplainedCalls(request)
    translateChat(request, chatContext(target, { policy: { promptCaching: 'auto' } }))
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error
  }
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1000
}

/** Less is over before any ratio says something. */
const WORTH_A_LOOK_MS = 150
/** Four times the size is four times the work; sixteen times where it is quadratic. */
const RATIO_MAX = 10
const TRIES = 4

/** Null: fine. Noise may spoil a try, not all of them. */
function findGrowth(model: string, small: Buffer, large: Buffer): string | null {
  let growth = ''
  for (let tried = 0; tried < TRIES; tried += 1) {
    const [one, four] = [workOf(model, small), workOf(model, large)]
    if (four < WORTH_A_LOOK_MS || four < RATIO_MAX * one) return null
    growth = `${model}: ${one} ms, ${four} ms`
  }
  return growth
}

Object.entries(BODIES).forEach(([what, { count, body }], index) => {
  test(`${count} ${what} take no more work for each than a quarter of them`, () => {
    for (const model of [CLAUDE, OTHERS[index % OTHERS.length] ?? CLAUDE]) {
      const textOf = (size: number): Buffer => Buffer.from(JSON.stringify({ model, ...body(size) }))
      assert.equal(findGrowth(model, textOf(count / 4), textOf(count)), null)
    }
  })
})

test('schemas as deep as a body may be are translated', () => {
  const deep = (levels: number): object =>
    levels === 0 ? { type: 'string' } : { type: 'object', properties: { a: deep(levels - 1) } }
  for (const model of [CLAUDE, ...OTHERS]) {
    const schema = deep(250)
    const text = JSON.stringify({
      model,
      messages: [USER],
      tools: [tool('f', schema)],
      response_format: schemaFormat(deep(250)),
    })
    // It ends at all, and on no stack overflow.
    assert.doesNotThrow(() => workOf(model, Buffer.from(text)))
  }
})
