import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { BlockDelta, ConverseEvent } from '../../src/bedrock/types.js'
import type { ReplyHead } from '../../src/openai/chunks.js'
import { toServiceTier } from '../../src/translate/service-tier.js'
import { toFinishReason } from '../../src/translate/stop-reason.js'
import { createStreamTranslator } from '../../src/translate/stream.js'
import { sumUsage, toUsage } from '../../src/translate/usage.js'
import { replyPlan } from './chat-target.js'
import { parseChunks } from './chunks.js'

const HEAD: ReplyHead = { id: 'chatcmpl-1', created: 1_750_000_000, model: 'the-model' }
/** Design: no SSE line over 64 KB. */
const LINE_BYTES_MAX = 64 * 1024

const createTranslator = () => createStreamTranslator({ head: HEAD, plan: replyPlan(), choice: 0 })

const delta = (blockDelta: BlockDelta): ConverseEvent => ({
  type: 'contentBlockDelta',
  payload: { contentBlockIndex: 0, delta: blockDelta },
})

/** No half of a surrogate pair stands alone. */
const isWellFormed = (text: string): boolean => !/\p{Surrogate}/u.test(text)

/** The lines that one text becomes, and what they say together. */
function writeText(kind: 'text' | 'reasoning', text: string) {
  const translator = createTranslator()
  const events = translator.push(delta(kind === 'text' ? { text } : { reasoningContent: { text } }))
  const pieces = parseChunks(events).map(({ choices }) => {
    const said = choices[0]?.delta
    return (kind === 'text' ? said?.content : said?.reasoning_content) ?? ''
  })
  return { pieces, lines: events.split('\n') }
}

test('toFinishReason: every stop reason of the service model, and one that is not known yet', () => {
  const expected = {
    end_turn: 'stop',
    stop_sequence: 'stop',
    tool_use: 'stop',
    max_tokens: 'length',
    model_context_window_exceeded: 'length',
    guardrail_intervened: 'content_filter',
    content_filtered: 'content_filter',
    malformed_model_output: 'stop',
    malformed_tool_use: 'stop',
    something_new: 'stop',
    toString: 'stop',
    '': 'stop',
  }
  for (const [stopReason, finishReason] of Object.entries(expected)) {
    assert.equal(toFinishReason(stopReason, 'none'), finishReason, stopReason)
    const withCalls = finishReason === 'stop' ? 'tool_calls' : finishReason
    assert.equal(toFinishReason(stopReason, 'tool_calls'), withCalls, `${stopReason} with calls`)
    const withCall = finishReason === 'stop' ? 'function_call' : finishReason
    assert.equal(toFinishReason(stopReason, 'function_call'), withCall, `${stopReason} with a call`)
  }
})

test('toUsage: prompt tokens are input, cache read and cache write together; only reads count as cached', () => {
  assert.deepEqual(
    toUsage({
      inputTokens: 3,
      outputTokens: 121,
      totalTokens: 2072,
      cacheReadInputTokens: 1712,
      cacheWriteInputTokens: 236,
    }),
    {
      promptTokens: 1951,
      completionTokens: 121,
      totalTokens: 2072,
      cachedTokens: 1712,
      cacheWriteTokens: 236,
    },
  )
  assert.deepEqual(toUsage({ inputTokens: 1, outputTokens: 2, totalTokens: 3 }), {
    promptTokens: 1,
    completionTokens: 2,
    totalTokens: 3,
    cachedTokens: 0,
    cacheWriteTokens: 0,
  })
})

test('sumUsage: every choice is a call of its own and counts in full; of no choice nothing is known', () => {
  const usage = toUsage({
    inputTokens: 3,
    outputTokens: 5,
    totalTokens: 15,
    cacheReadInputTokens: 4,
    cacheWriteInputTokens: 3,
  })
  assert.deepEqual(sumUsage([usage, usage, toUsage({ inputTokens: 1, outputTokens: 2, totalTokens: 3 })]), {
    promptTokens: 21,
    completionTokens: 12,
    totalTokens: 33,
    cachedTokens: 8,
    cacheWriteTokens: 6,
  })
  assert.equal(sumUsage([]), null)
})

test('toServiceTier: reserved is what OpenAI calls scale; what OpenAI has no word for is not said', () => {
  const expected = { default: 'default', flex: 'flex', priority: 'priority', reserved: 'scale' }
  for (const [type, tier] of Object.entries(expected)) assert.equal(toServiceTier({ type }), tier)
  for (const type of ['fast', 'toString', '']) assert.equal(toServiceTier({ type }), null)
  assert.equal(toServiceTier(undefined), null)
})

test('a long text becomes several lines of at most 64 KB, nothing of it lost, no surrogate pair cut', () => {
  const texts = {
    ascii: 'a'.repeat(1_000_000),
    emoji: '😀'.repeat(300_000),
    'emoji at odd places': `a${'😀'.repeat(300_000)}`,
    'control characters': '\u0001'.repeat(100_000),
    quotes: '"'.repeat(200_000),
    'three bytes': '漢'.repeat(200_000),
    'lone surrogates': '\ud83d'.repeat(50_000),
    mixed: 'a😀"\n漢\u0000'.repeat(50_000),
  }
  for (const kind of ['text', 'reasoning'] as const) {
    for (const [name, text] of Object.entries(texts)) {
      const { pieces, lines } = writeText(kind, text)
      assert.ok(pieces.length > 1, name)
      assert.ok(
        lines.every((line) => Buffer.byteLength(line) <= LINE_BYTES_MAX),
        name,
      )
      assert.ok(pieces.join('') === text, name)
      if (isWellFormed(text))
        assert.ok(
          pieces.every((piece) => isWellFormed(piece)),
          name,
        )
    }
  }
})

test('a text that fits one line is one line, up to the last byte', () => {
  for (const length of [1, 9_999, 10_000, 10_001, 59_000, 59_998]) {
    assert.equal(writeText('text', 'a'.repeat(length)).pieces.length, 1, `${length}`)
  }
  assert.equal(writeText('text', 'a'.repeat(59_999)).pieces.length, 2)
})

test('any texts come out as they went in, each line whole JSON without a line break inside', () => {
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), fc.string())
  fc.assert(
    fc.property(fc.array(text), (texts) => {
      const translator = createTranslator()
      const events = texts.map((each) => translator.push(delta({ text: each }))).join('')
      const said = parseChunks(events).map(({ choices }) => choices[0]?.delta.content)
      assert.deepEqual(
        said,
        texts.filter((each) => each !== ''),
      )
    }),
  )
})

test('line ends of Unicode in a text do not end the line of an event', () => {
  for (const sign of ['\u0085', '\u2028', '\u2029', '\n', '\r', '\u000b', '\u000c', '\u001c', '\u001e']) {
    const { pieces, lines } = writeText('text', `one${sign}two`)
    assert.deepEqual(pieces, [`one${sign}two`])
    assert.equal(lines.length, 3, 'the data, a blank line, the end')
    assert.ok(
      lines.every((line) => !line.includes(sign)),
      JSON.stringify(sign),
    )
  }
})

test('a second messageStop says nothing: there is one finish reason', () => {
  const translator = createTranslator()
  const stop: ConverseEvent = { type: 'messageStop', payload: { stopReason: 'end_turn' } }
  assert.equal(parseChunks(translator.push(stop)).length, 1)
  assert.equal(translator.push(stop), '')
  assert.equal(translator.reply.usage, null, 'usage is not known before metadata')
})

test('usage is that of the first metadata, and is not written here: it belongs to all choices', () => {
  const translator = createTranslator()
  const metadata = {
    type: 'metadata' as const,
    payload: { usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3 } },
  }
  assert.equal(translator.push(metadata), '')
  assert.equal(
    translator.push({ ...metadata, payload: { usage: { ...metadata.payload.usage, inputTokens: 9 } } }),
    '',
  )
  assert.equal(translator.reply.usage?.promptTokens, 1)
})

test('events that are new, or of no use to the client, say nothing', () => {
  const translator = createTranslator()
  const silent: readonly ConverseEvent[] = [
    { type: 'unknown' },
    { type: 'contentBlockStart', payload: { contentBlockIndex: 0, start: {} } },
    { type: 'contentBlockStop', payload: { contentBlockIndex: 0 } },
    delta({}),
    delta({ text: '' }),
    delta({ toolUse: { input: '{}' } }),
    delta({ citation: {} }),
    delta({ image: {} }),
    delta({ image: { error: { message: 'It could not be painted.' } } }),
    delta({ reasoningContent: { text: '' } }),
  ]
  for (const event of silent) assert.equal(translator.push(event), '', JSON.stringify(event))
  assert.equal(translator.reply.stopped, false)
})
