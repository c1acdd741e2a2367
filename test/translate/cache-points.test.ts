import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CachePoint, ContentBlock, ConverseRequest, Message } from '../../src/bedrock/types.js'
import type { ModelFamily, PromptCaching } from '../../src/catalog/types.js'
import type { ChatRequest } from '../../src/openai/types.js'
import { withCachePoints } from '../../src/translate/cache-points.js'
import type { TranslationPolicy } from '../../src/translate/policy.js'
import { chatContext, chatRequest, chatTarget } from './chat-target.js'

const POINT = { cachePoint: { type: 'default' } } as const
const HOUR = { cachePoint: { type: 'default', ttl: '1h' } } as const
const LONG = 'word '.repeat(2_000)

interface Model {
  readonly caching?: Partial<PromptCaching> | null
  readonly family?: ModelFamily
  readonly policy?: Partial<TranslationPolicy>
  readonly lessons?: readonly string[]
  readonly request?: Partial<ChatRequest>
}

function mark(body: ConverseRequest, model: Model = {}): ConverseRequest {
  const { caching = {}, family = 'claude', policy = {}, lessons = [], request = {} } = model
  const promptCaching =
    caching === null ? null : { tokensMin: 1024, pointsMax: 4, tools: true, oneHour: true, ...caching }
  return withCachePoints(
    body,
    chatRequest(request),
    chatContext(chatTarget({ promptCaching, family }), {
      policy: { promptCaching: 'auto', ...policy },
      lessons,
    }),
  )
}

function user(...content: ContentBlock[]): Message {
  return { role: 'user', content }
}

function assistant(...content: ContentBlock[]): Message {
  return { role: 'assistant', content }
}

/** Where the points of a request stand, with their lifetimes: `system.1`, `messages.2.1 1h`. */
function places({ toolConfig, system = [], messages }: ConverseRequest): readonly string[] {
  const found: string[] = []
  const look = (path: string, blocks: readonly { readonly cachePoint?: CachePoint }[]): void => {
    for (const [index, { cachePoint }] of blocks.entries()) {
      if (cachePoint !== undefined)
        found.push(`${path}.${index}${cachePoint.ttl ? ` ${cachePoint.ttl}` : ''}`)
    }
  }
  look('tools', toolConfig?.tools ?? [])
  look('system', system)
  for (const [index, { content }] of messages.entries()) look(`messages.${index}`, content)
  return found
}

const TOOLS = { tools: [{ toolSpec: { name: 'find', description: LONG, inputSchema: { json: {} } } }] }
const TURNS = [user({ text: 'a' }), assistant({ text: 'b' }), user({ text: 'c' })]
const EVERYWHERE: ConverseRequest = { toolConfig: TOOLS, system: [{ text: LONG }], messages: TURNS }

test('auto marks tools, system and the last two user turns of a long prompt', () => {
  assert.deepEqual(places(mark(EVERYWHERE)), ['tools.1', 'system.1', 'messages.0.1', 'messages.2.1'])
})

test('auto marks only what is long enough for the model', () => {
  const body: ConverseRequest = {
    ...EVERYWHERE,
    toolConfig: { tools: [{ toolSpec: { name: 'find', inputSchema: { json: {} } } }] },
    system: [{ text: 'short' }],
    messages: [...TURNS, assistant({ text: LONG }), user({ text: 'd' })],
  }
  assert.deepEqual(places(mark(body)), ['messages.4.1'])
  assert.deepEqual(places(mark(body, { caching: { tokensMin: 4096 } })), [])
})

test('auto leaves a single question alone, but not one with tools, which answers will follow', () => {
  const messages = [user({ text: LONG })]
  assert.deepEqual(places(mark({ messages })), [])
  assert.deepEqual(places(mark({ messages, system: [{ text: 'short' }] })), [])
  assert.deepEqual(places(mark({ messages, system: [{ text: LONG }] })), ['system.1'])
  assert.deepEqual(places(mark({ messages, toolConfig: TOOLS })), ['tools.1', 'messages.0.1'])
})

test('the point that one request writes is read by the next: it stands at the same place', () => {
  const first = mark({ messages: [user({ text: LONG }), assistant({ text: 'b' }), user({ text: 'c' })] })
  const second = mark({
    messages: [...first.messages, assistant({ text: 'd' }), user({ text: 'e' })].map((message) => ({
      ...message,
      content: message.content.filter((block) => block.cachePoint === undefined),
    })),
  })
  assert.deepEqual(places(first), ['messages.0.1', 'messages.2.1'])
  assert.deepEqual(places(second), ['messages.2.1', 'messages.4.1'])
})

test('pictures and tool results count, without being read', () => {
  const image = { image: { format: 'png', source: { bytes: 'AAAA' } } }
  const answer = { toolResult: { toolUseId: '1', content: [{ json: { list: [LONG, 1, null] } }] } }
  const call = { toolUse: { toolUseId: '1', name: 'find', input: {} } }
  const pictures = [user(image, image, { text: 'which?' }), assistant({ text: 'b' }), user({ text: 'c' })]
  assert.deepEqual(places(mark({ messages: pictures })), ['messages.0.3', 'messages.2.1'])
  const rounds = [user({ text: 'a' }), assistant(call), user(answer)]
  assert.deepEqual(places(mark({ messages: rounds })), ['messages.2.1'])
})

test('Nova: no points in tools, none behind tool results, none behind more than it caches', () => {
  const nova = { family: 'nova', caching: { tools: false, oneHour: false } } as const
  assert.deepEqual(places(mark(EVERYWHERE, nova)), ['system.1', 'messages.0.1', 'messages.2.1'])
  const results = [
    user({ text: LONG }),
    assistant({ toolUse: { toolUseId: '1', name: 'find', input: {} } }),
    user({ toolResult: { toolUseId: '1', content: [{ text: 'x' }] } }),
  ]
  assert.deepEqual(places(mark({ messages: results }, nova)), ['messages.0.1'])
  const huge = [user({ text: LONG }), assistant({ text: LONG.repeat(10) }), user({ text: 'c' })]
  assert.deepEqual(places(mark({ messages: huge }, nova)), ['messages.0.1'])
})

test('explicit keeps what the client marked and sets nothing', () => {
  const policy = { promptCaching: 'explicit' } as const
  assert.equal(mark(EVERYWHERE, { policy }), EVERYWHERE)
  const marked = { ...EVERYWHERE, system: [{ text: 'x' }, POINT] }
  assert.deepEqual(places(mark(marked, { policy })), ['system.1'])
  assert.deepEqual(places(mark(marked)), ['system.1'], 'auto stands back for the client')
})

test('the request wins over the setting', () => {
  assert.deepEqual(places(mark(EVERYWHERE, { request: { promptCaching: 'off' } })), [])
  const policy = { promptCaching: 'off' } as const
  assert.equal(places(mark(EVERYWHERE, { policy, request: { promptCaching: 'auto' } })).length, 4)
})

test('off, a model without a cache, and a model that refused: every point goes', () => {
  const marked = {
    toolConfig: { tools: [...TOOLS.tools, POINT] },
    system: [{ text: 'x' }, HOUR],
    messages: [user({ text: 'a' }, POINT)],
  }
  const bare = { toolConfig: TOOLS, system: [{ text: 'x' }], messages: [user({ text: 'a' })] }
  for (const model of [
    { policy: { promptCaching: 'off' } },
    { caching: null },
    { lessons: ['cache_control'] },
  ] as const) {
    assert.deepEqual(mark(marked, model), bare)
  }
  assert.deepEqual(places(mark(marked, { caching: { tools: false } })), ['system.1 1h', 'messages.0.1'])
  assert.deepEqual(places(mark(marked, { lessons: ['cache_control.messages'] })), ['tools.1', 'system.1'])
})

test('one hour only where the model has it, and never after five minutes', () => {
  const marked = (system: CachePoint, message: CachePoint): ConverseRequest => ({
    system: [{ text: 'x' }, { cachePoint: system }],
    messages: [user({ text: 'a' }, { cachePoint: message })],
  })
  const five = { type: 'default', ttl: '5m' } as const
  const hour = HOUR.cachePoint
  assert.deepEqual(places(mark(marked(hour, five))), ['system.1 1h', 'messages.0.1'])
  assert.deepEqual(places(mark(marked(hour, hour))), ['system.1 1h', 'messages.0.1 1h'])
  assert.deepEqual(places(mark(marked(five, hour))), ['system.1', 'messages.0.1'])
  assert.deepEqual(places(mark(marked(POINT.cachePoint, hour))), ['system.1', 'messages.0.1'])
  for (const model of [{ caching: { oneHour: false } }, { lessons: ['cache_control.ttl'] }]) {
    assert.deepEqual(places(mark(marked(hour, hour), model)), ['system.1', 'messages.0.1'])
  }
})

test('of too many points the last two turns stay first, then the ends of system and tools', () => {
  const marked: ConverseRequest = {
    toolConfig: { tools: [...TOOLS.tools, POINT] },
    system: [{ text: 'x' }, POINT, { text: 'y' }, POINT],
    messages: [
      user({ text: 'a' }, POINT),
      assistant({ text: 'b' }),
      user({ text: 'c' }, POINT, { text: 'd' }, POINT),
    ],
  }
  const keeps = (pointsMax: number) => places(mark(marked, { caching: { pointsMax } }))
  assert.deepEqual(keeps(4), ['tools.1', 'system.2', 'messages.2.1', 'messages.2.3'])
  assert.deepEqual(keeps(3), ['system.2', 'messages.2.1', 'messages.2.3'])
  assert.deepEqual(keeps(1), ['messages.2.2'])
  assert.equal(keeps(6).length, 6)
})

test('a point is never first, never behind thoughts or a plain document, never twice at one place', () => {
  const thought = { reasoningContent: { reasoningText: { text: 'hm', signature: 's' } } }
  const document = (format: string) => ({ document: { format, name: 'a', source: { bytes: 'AAAA' } } })
  const settled = (...content: ContentBlock[]) => places(mark({ messages: [assistant(...content)] }))
  assert.deepEqual(settled(thought, POINT), [])
  assert.deepEqual(settled({ text: 'a' }, thought, POINT), ['messages.0.1'])
  assert.deepEqual(settled(thought, { text: 'a' }, POINT), ['messages.0.2'])
  assert.deepEqual(settled({ text: 'a' }, document('md'), POINT), ['messages.0.1'])
  assert.deepEqual(settled({ text: 'a' }, document('pdf'), POINT), ['messages.0.2'])
  assert.deepEqual(settled(POINT, { text: 'a' }, POINT, POINT), ['messages.0.1'])
  assert.deepEqual(places(mark({ system: [POINT, { text: 'x' }], messages: TURNS })), [])
})

test('what is not marked stays the same object', () => {
  const long = user({ text: LONG })
  const { messages } = mark(
    { messages: [long, assistant({ text: 'b' }), user({ text: 'c' })] },
    { family: 'nova' },
  )
  assert.equal(messages[1]?.content.length, 1)
  const many = mark({
    messages: [long, ...Array.from({ length: 3 }, () => TURNS).flat(), user({ text: 'z' })],
  })
  assert.equal(many.messages[0], long)
})
