import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { BlockDelta, ContentBlock, ConverseEvent, ConverseResponse } from '../../src/bedrock/types.js'
import type { ReplyHead } from '../../src/openai/chunks.js'
import { toCompletionBody } from '../../src/openai/completion.js'
import { unitsOfJson } from '../../src/translate/citations.js'
import { toCompletion } from '../../src/translate/completion.js'
import type { ReplyPlan } from '../../src/translate/policy.js'
import { createStreamTranslator } from '../../src/translate/stream.js'
import { type Assembled, assemble } from './assemble.js'
import { replyPlan } from './chat-target.js'
import { type Chunk, parseChunks } from './chunks.js'

const HEAD: ReplyHead = { id: 'chatcmpl-1', created: 1_750_000_000, model: 'the\u2028model' }
/** Design: no SSE line over 64 KB. */
const LINE_BYTES_MAX = 64 * 1024
const STOP_REASONS = ['end_turn', 'tool_use', 'max_tokens', 'malformed_tool_use', 'guardrail_intervened']
const USAGE = { inputTokens: 1, outputTokens: 2, totalTokens: 3 }
const ANSWER_TOOL = 'answer'

const plans: fc.Arbitrary<ReplyPlan> = fc.record({
  includeUsage: fc.boolean(),
  toolNames: fc.constant({ call_1: 'call "1"\u2029' }),
  answerTool: fc.constantFrom(null, ANSWER_TOOL),
  answerMember: fc.constantFrom(null, 'value'),
  legacyFunctions: fc.boolean(),
  reasoningFormat: fc.constantFrom(null, 'anthropic-claude-v1'),
})

const texts = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.constantFrom('', ' ', '\n', '"\\u0041"'),
  // Too long for one line, by characters or by the bytes they become.
  fc.constantFrom('a'.repeat(70_000), '\u0000'.repeat(12_000), `a${'😀'.repeat(9_000)}`),
)
const base64 = fc
  .uint8Array({ minLength: 1, maxLength: 9 })
  .map((bytes) => Buffer.from(bytes).toString('base64'))
const toolNames = fc.constantFrom('call_1', 'call_2', ANSWER_TOOL)
const toolTypes = fc.constantFrom(undefined, 'tool_use', 'server_tool_use')
const citations = fc.record(
  {
    title: fc.string(),
    source: fc.constantFrom('a source', 'https://example.com/s'),
    sourceContent: fc.array(fc.record({ text: fc.string() }), { maxLength: 2 }),
    location: fc.constantFrom(
      { web: { url: 'https://example.com/a' } },
      { documentPage: { documentIndex: 0, start: 1, end: 2 } },
    ),
  },
  { requiredKeys: [] },
)

function write(events: readonly ConverseEvent[], plan: ReplyPlan) {
  const translator = createStreamTranslator({ head: HEAD, plan, choice: 3 })
  const lines = events.map((event) => translator.push(event))
  return { translator, lines, chunks: parseChunks(lines.join('')) }
}

function assertLinesFit(lines: readonly string[]): void {
  for (const line of lines.join('').split('\n')) assert.ok(Buffer.byteLength(line) <= LINE_BYTES_MAX)
}

/** Events in any order, as no service would send them. */
const anyEvents: fc.Arbitrary<readonly ConverseEvent[]> = fc.array(
  fc.oneof(
    fc.constantFrom<ConverseEvent>(
      { type: 'messageStart', payload: { role: 'assistant' } },
      { type: 'unknown' },
      { type: 'metadata', payload: { usage: USAGE } },
    ),
    fc.nat(3).map((contentBlockIndex): ConverseEvent => {
      return { type: 'contentBlockStop', payload: { contentBlockIndex } }
    }),
    fc
      .tuple(
        fc.nat(3),
        fc.oneof(
          fc.record({ name: toolNames, toolUseId: fc.constantFrom('t1', 't2'), type: toolTypes }),
          fc.constantFrom('image', 'toolResult'),
        ),
      )
      .map(([contentBlockIndex, what]): ConverseEvent => {
        const starts = { image: { image: { format: 'png' } }, toolResult: { toolResult: {} } }
        const start = typeof what === 'string' ? starts[what as 'image'] : { toolUse: toToolUse(what) }
        return { type: 'contentBlockStart', payload: { contentBlockIndex, start } }
      }),
    fc
      .tuple(
        fc.nat(3),
        fc.oneof<fc.Arbitrary<BlockDelta>[]>(
          texts.map((text) => ({ text })),
          texts.map((input) => ({ toolUse: { input } })),
          texts.map((text) => ({ reasoningContent: { text } })),
          fc.string().map((signature) => ({ reasoningContent: { signature } })),
          base64.map((redactedContent) => ({ reasoningContent: { redactedContent } })),
          base64.map((bytes) => ({ image: { source: { bytes } } })),
          citations.map((citation) => ({ citation })),
        ),
      )
      .map(([contentBlockIndex, delta]): ConverseEvent => {
        return { type: 'contentBlockDelta', payload: { contentBlockIndex, delta } }
      }),
    { weight: 1, arbitrary: fc.constantFrom(...STOP_REASONS).map(toStop) },
  ),
  { maxLength: 40 },
)

function toToolUse({ type, ...toolUse }: { name: string; toolUseId: string; type: string | undefined }) {
  return type === undefined ? toolUse : { ...toolUse, type }
}

function toStop(stopReason: string): ConverseEvent {
  return { type: 'messageStop', payload: { stopReason } }
}

test('any events whatever: lines that clients read, one role, dense indexes, one reason, and nothing after it', () => {
  fc.assert(
    fc.property(anyEvents, plans, (events, plan) => {
      const { translator, lines, chunks } = write(events, plan)
      assertLinesFit(lines)
      assert.ok(chunks.every((chunk) => chunk.choices.length === 1 && chunk.choices[0]?.index === 3))
      const { finishReasons, toolCalls, functionCall } = assemble(chunks)
      const hasStop = events.some((event) => event.type === 'messageStop')
      assert.equal(translator.reply.stopped, hasStop)
      assert.equal(finishReasons.length, hasStop ? 1 : 0)
      if (hasStop) assert.equal(chunks.at(-1)?.choices[0]?.finish_reason, finishReasons[0])
      const roles = chunks.filter(({ choices }) => choices[0]?.delta.role !== undefined)
      assert.ok(roles.length <= 1)
      if (plan.legacyFunctions) assert.deepEqual(toolCalls, [])
      else assert.equal(functionCall, null)
      if (hasStop) assert.ok(toolCalls.every((call) => call.arguments !== ''))
      const calls = toolCalls.length + (functionCall === null ? 0 : 1)
      if (['tool_calls', 'function_call'].includes(finishReasons[0] ?? '')) assert.ok(calls > 0)
      if (finishReasons[0] === 'stop') assert.equal(calls, 0)
      assert.ok([...toolCalls, functionCall].every((call) => call?.name !== ANSWER_TOOL || !plan.answerTool))
    }),
    { numRuns: 500 },
  )
})

test('text that comes as JSON is written as the text it stands for', () => {
  fc.assert(
    fc.property(fc.array(texts, { maxLength: 8 }), citations, plans, (said, citation, plan) => {
      const byText = createStreamTranslator({ head: HEAD, plan, choice: 0 })
      const byJson = createStreamTranslator({ head: HEAD, plan, choice: 0 })
      const rest: readonly ConverseEvent[] = [
        { type: 'contentBlockDelta', payload: { contentBlockIndex: 0, delta: { citation } } },
        { type: 'contentBlockStop', payload: { contentBlockIndex: 0 } },
        toStop('end_turn'),
      ]
      const finish = (translator: typeof byText): string =>
        rest.map((event) => translator.push(event)).join('')
      const texted = said.map((text) => byText.push(toDelta(0, { text }))).join('') + finish(byText)
      const jsoned = said.map((text) => byJson.pushTextJson(JSON.stringify(text))).join('') + finish(byJson)
      assert.deepEqual(parseChunks(jsoned), parseChunks(texted))
    }),
  )
})

test('unitsOfJson counts the units of a text in its JSON, whatever is escaped there', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const json = JSON.stringify(text)
      assert.equal(unitsOfJson(json), text.length)
      const escaped = `"${[...text].flatMap((sign) => [...escapeUnits(sign)]).join('')}"`
      assert.equal(unitsOfJson(escaped), text.length)
    }),
  )
  assert.equal(unitsOfJson('"\\\\u0041\\/\\u005C"'), '\\u0041/\\'.length)
})

function escapeUnits(sign: string): string {
  const units = Array.from({ length: sign.length }, (_, index) => sign.charCodeAt(index))
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')
}

/** One block of a whole reply, and the same as it would be streamed. */
interface Cut {
  readonly block: ContentBlock
  readonly start: Extract<ConverseEvent, { type: 'contentBlockStart' }>['payload']['start'] | null
  readonly deltas: readonly BlockDelta[]
}

const cutTexts = fc.array(texts, { maxLength: 3 })

const anyBlock: fc.Arbitrary<Cut> = fc.oneof(
  cutTexts.map((pieces) =>
    toCut(
      { text: pieces.join('') },
      pieces.map((text) => ({ text })),
    ),
  ),
  fc
    .tuple(cutTexts, fc.constantFrom('', 'c2lnbmF0dXJl'))
    .map(([pieces, signature]) =>
      toCut({ reasoningContent: { reasoningText: toReasoningText(pieces.join(''), signature) } }, [
        ...pieces.map((text) => ({ reasoningContent: { text } })),
        { reasoningContent: { signature } },
      ]),
    ),
  base64.map((redactedContent) =>
    toCut({ reasoningContent: { redactedContent } }, [{ reasoningContent: { redactedContent } }]),
  ),
  fc
    .tuple(
      toolNames,
      toolTypes,
      fc.uuid(),
      fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), fc.record({ value: fc.jsonValue() })),
      fc.nat(),
    )
    .map(([name, type, toolUseId, input, at]) => {
      const toolUse = toToolUse({ name, toolUseId, type })
      const json = JSON.stringify(input)
      const middle = at % json.length
      const pieces = json === '{}' ? [''] : [json.slice(0, middle), json.slice(middle)]
      const deltas = pieces.map((piece) => ({ toolUse: { input: piece } }))
      return { block: { toolUse: { ...toolUse, input } }, start: { toolUse }, deltas }
    }),
  fc
    .tuple(cutTexts, fc.array(citations, { maxLength: 2 }))
    .map(([pieces, cited]) =>
      toCut({ citationsContent: { content: pieces.map((text) => ({ text })), citations: cited } }, [
        ...cited.map((citation) => ({ citation })),
        ...pieces.map((text) => ({ text })),
      ]),
    ),
  base64.map((bytes) => ({
    block: { image: { format: 'png', source: { bytes } } },
    start: { image: { format: 'png' } },
    deltas: [{ image: { source: { bytes } } }],
  })),
)

function toReasoningText(text: string, signature: string) {
  return signature === '' ? { text } : { text, signature }
}

function toCut(block: ContentBlock, deltas: readonly BlockDelta[]): Cut {
  return { block, start: null, deltas }
}

function toDelta(contentBlockIndex: number, delta: BlockDelta): ConverseEvent {
  return { type: 'contentBlockDelta', payload: { contentBlockIndex, delta } }
}

function toEvents(cuts: readonly Cut[], stopReason: string): readonly ConverseEvent[] {
  return [
    { type: 'messageStart', payload: { role: 'assistant' } },
    ...cuts.flatMap(({ start, deltas }, contentBlockIndex): readonly ConverseEvent[] => [
      ...(start === null
        ? []
        : [{ type: 'contentBlockStart' as const, payload: { contentBlockIndex, start } }]),
      ...deltas.map((delta) => toDelta(contentBlockIndex, delta)),
      { type: 'contentBlockStop', payload: { contentBlockIndex } },
    ]),
    toStop(stopReason),
    { type: 'metadata', payload: { usage: USAGE } },
  ]
}

/** What `assemble` makes of a stream, read from the body of a whole reply. */
function readWhole(body: string): Assembled {
  const { choices } = JSON.parse(body) as {
    choices: [{ message: Chunk['choices'][number]['delta']; finish_reason: string }]
  }
  const [{ message, finish_reason }] = choices
  const calls = (message.tool_calls ?? []).map(({ id = '', function: { name = '', arguments: text } }) => ({
    id,
    name,
    arguments: text,
  }))
  return {
    content: message.content ?? '',
    reasoning: message.reasoning_content ?? '',
    details: message.reasoning_details ?? [],
    toolCalls: calls,
    functionCall: (message.function_call ?? null) as Assembled['functionCall'],
    annotations: message.annotations ?? [],
    citations: message.citations ?? [],
    images: message.images ?? [],
    finishReasons: [finish_reason],
  }
}

test('a reply is the same, streamed or whole: text, thoughts, calls, citations, pictures, reason, what is kept', () => {
  fc.assert(
    fc.property(
      fc.array(anyBlock, { maxLength: 8 }),
      fc.constantFrom(...STOP_REASONS),
      plans,
      (cuts, stopReason, plan) => {
        const { translator, lines, chunks } = write(toEvents(cuts, stopReason), plan)
        const content = cuts.map(({ block }) => block)
        const response: ConverseResponse = {
          output: { message: { role: 'assistant', content } },
          stopReason,
          usage: USAGE,
        }
        const whole = toCompletion(response, plan)
        assert.deepEqual(assemble(chunks), readWhole(toCompletionBody(HEAD, [whole.choice], whole.usage)))
        assert.deepEqual(translator.reply.kept, whole.kept)
        assert.deepEqual(translator.reply.usage, whole.usage)
        assertLinesFit(lines)
      },
    ),
    { numRuns: 300 },
  )
})

test('long arguments and long thoughts become several lines that fit, nothing of them lost', () => {
  const long = `{"text":"${'漢😀"'.repeat(40_000)}`
  for (const legacyFunctions of [false, true]) {
    const cuts: readonly Cut[] = [
      toCut({}, [{ reasoningContent: { text: long } }]),
      {
        block: {},
        start: { toolUse: { name: 'call', toolUseId: 't1' } },
        deltas: [{ toolUse: { input: long } }],
      },
    ]
    const { lines, chunks } = write(toEvents(cuts, 'max_tokens'), replyPlan({ legacyFunctions }))
    assertLinesFit(lines)
    const { toolCalls, functionCall, reasoning, details } = assemble(chunks)
    assert.equal((legacyFunctions ? functionCall : toolCalls[0])?.arguments, long)
    assert.equal(reasoning, long)
    assert.equal(details[0]?.text, long)
    assert.ok(chunks.length > 10, `${chunks.length} chunks`)
  }
})
