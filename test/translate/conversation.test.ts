import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import type { ConverseRequest, Message } from '../../src/bedrock/types.js'
import type { Capabilities } from '../../src/catalog/types.js'
import type {
  CacheControl,
  ChatMessage,
  ChatRequest,
  ContentPart,
  MediaPart,
  ToolChoice,
  ToolDefinition,
} from '../../src/openai/types.js'
import type { MediaBlock } from '../../src/translate/message-blocks.js'
import type { KeptReasoning, MediaBlocks } from '../../src/translate/policy.js'
import { toConverse } from '../../src/translate/to-converse.js'
import { buildCatalogue } from '../emulator/catalogue.js'
import { parseConverse } from '../emulator/converse-request.js'
import { checkConverse } from '../emulator/converse-rules.js'
import { loadRequestChecker } from '../emulator/service-model.js'
import { awsDir, skipWithout } from '../shared.js'
import { chatContext, chatRequest, chatTarget } from './chat-target.js'
import { conversationProblems } from './conversation-problems.js'

const cacheControl: fc.Arbitrary<CacheControl | null> = fc.option(
  fc.record({ ttl: fc.constantFrom(null, '5m' as const, '1h' as const) }),
  { freq: 3 },
)
const words = fc.oneof(fc.string(), fc.constantFrom('', ' ', '\n', 'Hello', 'Bye '))
const textPart: fc.Arbitrary<ContentPart> = fc.record({
  type: fc.constant('text' as const),
  text: words,
  cacheControl,
})
const mediaPart: fc.Arbitrary<MediaPart> = fc.oneof(
  fc.record({
    type: fc.constant('image' as const),
    url: fc.constant('data:'),
    detail: fc.constant(null),
    cacheControl,
  }),
  fc.record({
    type: fc.constant('file' as const),
    fileName: fc.constant('a.pdf'),
    fileData: fc.constant('data:'),
    fileId: fc.constant(null),
    cacheControl,
  }),
  fc.record({ type: fc.constant('audio' as const), data: fc.constant(''), format: fc.constant('mp3') }),
  fc.record({ type: fc.constant('video' as const), url: fc.constant('data:') }),
)
const texts = fc.array(textPart, { maxLength: 3 })
const parts = fc.array(fc.oneof({ arbitrary: textPart, weight: 3 }, mediaPart), { maxLength: 4 })

/** Few names and ids, so that they meet; some outside of every pattern. */
const toolName = fc.constantFrom('get_time', 'files/read', 'files.read', 'n'.repeat(70), '__proto__', 'c1')
const callId = fc.constantFrom('c1', 'c2', 'c3', 'c/1', '', 'i'.repeat(70), 'get_time', 'c1 #2')
const argumentsText = fc.oneof(
  fc.json(),
  fc.string(),
  fc.constantFrom('', '{}', '{"a":1}', '{"a":', '[]', '7', 'null', '"{\\"a\\":1}"', '['.repeat(50_000)),
)
const reasoning = fc.array(
  fc.oneof(
    fc.record({
      type: fc.constant('text' as const),
      text: words,
      signature: fc.constantFrom(null, 'S1', 'S2'),
      format: fc.constantFrom(null, 'anthropic-claude-v1', 'google-gemini-v1'),
    }),
    fc.record({
      type: fc.constant('encrypted' as const),
      data: fc.constantFrom('RA==', 'RQ=='),
      format: fc.constantFrom(null, 'openai-responses-v1'),
    }),
  ),
  { maxLength: 3 },
)

const message: fc.Arbitrary<ChatMessage> = fc.oneof(
  fc.record({
    role: fc.constantFrom('system' as const, 'developer' as const),
    content: texts,
    cacheControl,
  }),
  { arbitrary: fc.record({ role: fc.constant('user' as const), content: parts, cacheControl }), weight: 2 },
  {
    arbitrary: fc.record({
      role: fc.constant('assistant' as const),
      content: parts,
      toolCalls: fc.array(fc.record({ id: callId, name: toolName, arguments: argumentsText }), {
        maxLength: 4,
      }),
      reasoning,
      cacheControl,
    }),
    weight: 3,
  },
  {
    arbitrary: fc.record({
      role: fc.constant('tool' as const),
      content: parts,
      toolCallId: fc.oneof(callId, toolName),
      cacheControl,
    }),
    weight: 4,
  },
)

const tool: fc.Arbitrary<ToolDefinition> = fc.record({
  name: toolName,
  description: fc.constantFrom(null, '', ' ', 'Does it.'),
  parameters: fc.oneof(
    fc.constantFrom(null, {}, { type: 'object' }, { anyOf: [{ type: 'object' }, { type: 'null' }] }),
    fc.dictionary(fc.constantFrom('type', 'properties', 'required', 'anyOf', 'allOf'), fc.jsonValue()),
  ),
  strict: fc.constantFrom(null, true, false),
  cacheControl,
})

const capabilities: fc.Arbitrary<Partial<Capabilities>> = fc.record({
  family: fc.constantFrom('claude' as const, 'nova' as const, 'llama' as const),
  tools: fc.boolean(),
  systemPrompt: fc.boolean(),
  toolChoices: fc.subarray(['any' as const, 'tool' as const]),
  toolResultWithText: fc.boolean(),
  toolResultMedia: fc.boolean(),
  structuredOutput: fc.boolean(),
  reasoning: fc.constantFrom('none' as const, 'claude-budget' as const, 'claude-adaptive' as const),
})

const kept: fc.Arbitrary<KeptReasoning> = fc.dictionary(
  callId,
  fc.constant([{ reasoningText: { text: 'kept', signature: 'S3' } }]),
)

function blocksOf(messages: readonly ChatMessage[]): MediaBlocks {
  const source = { bytes: 'AAAA' }
  const blocks: Record<MediaPart['type'], object> = {
    image: { image: { format: 'png', source: { bytes: 'iVBORw0KGgo=' } } },
    file: { document: { format: 'pdf', name: 'a', source } },
    audio: { audio: { format: 'mp3', source } },
    video: { video: { format: 'mp4', source } },
  }
  return new Map(
    messages.flatMap(({ content }) =>
      content.flatMap((part): [MediaPart, MediaBlock][] =>
        part.type === 'text' ? [] : [[part, blocks[part.type] as MediaBlock]],
      ),
    ),
  )
}

function converse(
  request: Partial<ChatRequest>,
  can: Partial<Capabilities> = {},
  keptReasoning: KeptReasoning = {},
): ConverseRequest {
  const whole = chatRequest(request)
  const media = blocksOf(whole.messages)
  return toConverse(whole, chatContext(chatTarget(can), { media, keptReasoning })).body
}

test('any messages become a conversation that Bedrock takes, and nothing that was said is lost', () => {
  fc.assert(
    fc.property(
      fc.array(message, { minLength: 1, maxLength: 12 }),
      fc.array(tool, { maxLength: 3 }),
      fc.constantFrom<ToolChoice | null>(null, { type: 'auto' }, { type: 'none' }, { type: 'required' }),
      fc.tuple(capabilities, kept),
      (messages, tools, toolChoice, [can, keptReasoning]) => {
        const body = converse({ messages, tools, toolChoice }, can, keptReasoning)
        assert.deepEqual(conversationProblems(body), [])
        assert.deepEqual(capabilityProblems(body, chatTarget(can).capabilities), [])
        const said = JSON.stringify(body)
        for (const text of messages.flatMap(({ content }) => content).flatMap(trimmedText)) {
          assert.ok(said.includes(JSON.stringify(text).slice(1, -1)), `${JSON.stringify(text)} is lost`)
        }
      },
    ),
    { numRuns: 3_000 },
  )
})

const serviceModelPath = join(awsDir, 'bedrock-runtime.service-2.json')

test("any messages and tools fit AWS's own description of the service, and the emulator takes them", {
  skip: skipWithout(serviceModelPath),
}, () => {
  const checker = loadRequestChecker(serviceModelPath)
  assert.ok(checker !== null)
  const modelId = 'anthropic.claude-3-haiku-20240307-v1:0'
  const model = buildCatalogue('us-east-1').models.find((row) => row.modelId === modelId)
  assert.ok(model !== undefined)
  fc.assert(
    fc.property(
      // Of images a request may hold 20; the other media have limits of their own, and tests.
      fc.array(message.map(withImagesOnly), { minLength: 1, maxLength: 5 }),
      fc.array(tool, { maxLength: 3 }),
      (messages, tools) => {
        const body = converse({ messages, tools }, { reasoning: 'claude-budget' })
        checker.check('Converse', { modelId, body: JSON.parse(JSON.stringify(body)) })
        checkConverse(parseConverse(body), model)
      },
    ),
    { numRuns: 500 },
  )
})

function withImagesOnly(given: ChatMessage): ChatMessage {
  return { ...given, content: given.content.filter(({ type }) => type === 'text' || type === 'image') }
}

/** What this model would refuse of a conversation. */
function capabilityProblems(
  { messages, system, toolConfig }: ConverseRequest,
  can: Capabilities,
): readonly string[] {
  const withResults = messages.filter(({ content }) =>
    content.some(({ toolResult }) => toolResult !== undefined),
  )
  const beside = withResults
    .flatMap(({ content }) => content)
    .filter(({ toolResult, cachePoint }) => toolResult === undefined && cachePoint === undefined)
  const inside = withResults
    .flatMap(({ content }) => content.flatMap(({ toolResult }) => toolResult?.content ?? []))
    .filter(({ text }) => text === undefined)
  const hasThoughts = messages.some(({ content }) =>
    content.some(({ reasoningContent }) => reasoningContent !== undefined),
  )
  return [
    ...(can.tools || (toolConfig === undefined && withResults.length === 0) ? [] : ['tools']),
    ...(can.systemPrompt || system === undefined ? [] : ['system']),
    ...(can.toolResultWithText || beside.length === 0 ? [] : ['something beside tool results']),
    ...(can.toolResultMedia || inside.length === 0 ? [] : ['media in a tool result']),
    ...((can.family === 'claude' && can.reasoning !== 'none') || !hasThoughts ? [] : ['thoughts']),
    ...((can.family === 'llama' || can.reasoning === 'claude-adaptive') &&
    can.family !== 'nova' &&
    messages.at(-1)?.role !== 'user'
      ? ['ends with the assistant']
      : []),
  ]
}

/** What a part says, without the white space that the end of a history may lose. */
function trimmedText(part: ContentPart): readonly string[] {
  return part.type === 'text' ? [part.text.trim()] : []
}

test('every image, file and video of any messages is sent once, by a user', () => {
  fc.assert(
    fc.property(fc.array(message, { minLength: 1, maxLength: 12 }), capabilities, (messages, can) => {
      const { messages: sent } = converse({ messages }, can)
      const given = messages.flatMap(({ content }) => content.filter(({ type }) => type !== 'text'))
      // A message that only repeats an earlier result is left out, with its images.
      assert.ok(mediaIn(sent) <= given.length)
      if (!messages.some(({ role }) => role === 'tool')) assert.equal(mediaIn(sent), given.length)
    }),
    { numRuns: 1_000 },
  )
})

function mediaIn(messages: readonly Message[]): number {
  return messages.flatMap(({ content }) =>
    content
      .flatMap((block) => [block, ...(block.toolResult?.content ?? [])])
      .filter((block) => ['image', 'document', 'video', 'audio'].some((kind) => kind in block)),
  ).length
}

const said = (text: string): ContentPart => ({ type: 'text', text, cacheControl: null })
const file: ContentPart = {
  type: 'file',
  fileName: 'a.pdf',
  fileData: 'data:',
  fileId: null,
  cacheControl: null,
}

test('a document that comes alone is introduced: Bedrock wants text beside it', () => {
  const { messages } = converse({ messages: [{ role: 'user', content: [file], cacheControl: null }] })
  assert.deepEqual(
    messages[0]?.content.map((block) => Object.keys(block)[0]),
    ['text', 'document'],
  )
})

test('a document stays in a tool result, but for Nova, which reads it from users only (recording 0874)', () => {
  const messages: ChatMessage[] = [
    {
      role: 'assistant',
      content: [],
      toolCalls: [{ id: 'c1', name: 'get_file', arguments: '' }],
      reasoning: [],
      cacheControl: null,
    },
    { role: 'tool', content: [file], toolCallId: 'c1', cacheControl: null },
  ]
  const kinds = (can: Partial<Capabilities>) =>
    converse({ messages }, can).messages[2]?.content.map((block) => Object.keys(block)[0])
  assert.deepEqual(kinds({ family: 'claude' }), ['toolResult'])
  assert.deepEqual(kinds({ family: 'nova' }), ['toolResult', 'text', 'document'])
})

test('a history of 50,000 calls in one turn takes no more time than its size', () => {
  const count = 50_000
  const toolCalls = Array.from({ length: count }, () => ({ id: 'f', name: 'f', arguments: '{}' }))
  const distinct = toolCalls.map((call, index) => ({ ...call, arguments: `{"a":${index}}` }))
  const results = distinct.map(
    (): ChatMessage => ({ role: 'tool', content: [said('ok')], toolCallId: 'f', cacheControl: null }),
  )
  const messages: ChatMessage[] = [
    { role: 'assistant', content: [], toolCalls: distinct, reasoning: [], cacheControl: null },
    ...results,
    { role: 'user', content: [said('Hi')], cacheControl: null },
  ]
  // What is quadratic takes minutes here, and the test runner gives up on it.
  const body = converse({ messages })
  assert.equal(body.messages[2]?.content.length, count + 1)
  assert.deepEqual(conversationProblems({ ...body, messages: body.messages.slice(0, 1) }), [])
})

test('messages of 300,000 parts each are translated: nothing depends on how many arguments a call takes', () => {
  const many = Array.from({ length: 300_000 }, () => said('a'))
  const messages: ChatMessage[] = [
    { role: 'system', content: many, cacheControl: null },
    { role: 'user', content: many, cacheControl: null },
    {
      role: 'assistant',
      content: many,
      toolCalls: [{ id: 'c1', name: 'f', arguments: '' }],
      reasoning: [],
      cacheControl: null,
    },
    { role: 'tool', content: many, toolCallId: 'c1', cacheControl: null },
    { role: 'tool', content: many, toolCallId: 'c2', cacheControl: null },
  ]
  const sizes = ({ messages: sent }: ConverseRequest) => sent.map(({ content }) => content.length)
  assert.deepEqual(sizes(converse({ messages })), [300_000, 300_001, 300_001])
  const plain = { systemPrompt: false, tools: false }
  assert.deepEqual(sizes(converse({ messages }, plain)), [600_000, 300_001, 600_000])
})

test('images that two results of one call bring are both kept where they stand behind the results', () => {
  const image = { type: 'image', url: 'data:', detail: null, cacheControl: null } as const
  const result = (): ChatMessage => ({
    role: 'tool',
    content: [said('ok'), { ...image }],
    toolCallId: 'c1',
    cacheControl: null,
  })
  const call: ChatMessage = {
    role: 'assistant',
    content: [],
    toolCalls: [{ id: 'c1', name: 'f', arguments: '' }],
    reasoning: [],
    cacheControl: null,
  }
  const { messages } = converse({ messages: [call, result(), result()] }, { toolResultMedia: false })
  assert.deepEqual(
    messages[2]?.content.map((block) => Object.keys(block)[0]),
    ['toolResult', 'image', 'image'],
  )
})
