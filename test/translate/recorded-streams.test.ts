import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import type { ConverseEvent, TokenUsage } from '../../src/bedrock/types.js'
import type { ReplyHead } from '../../src/openai/chunks.js'
import { createStreamTranslator } from '../../src/translate/stream.js'
import { decodeEvents } from '../bedrock/decode.js'
import { readReplies } from '../bedrock/recordings.js'
import { schemaProblems } from '../openai/schema.js'
import { openaiDir, recordingsDir, skipWithout } from '../shared.js'
import { replyPlan } from './chat-target.js'
import { type Chunk, parseChunks } from './chunks.js'

const skip = skipWithout(recordingsDir)
const HEAD: ReplyHead = { id: 'chatcmpl-1', created: 1_750_000_000, model: 'the "model"' }

/** Recorded streams that ended as replies do; the one that is an exception (192) has no events. */
const streams = readReplies('ConverseStream')
  .map(({ id, body }) => ({ id, events: decodeEvents([body]).events }))
  .filter(({ events }) => events.length > 0)

function translate(events: readonly ConverseEvent[], includeUsage: boolean): readonly Chunk[] {
  const translator = createStreamTranslator({
    head: HEAD,
    plan: replyPlan({ includeUsage }),
    choice: 0,
  })
  const chunks = parseChunks(events.map((event) => translator.push(event)).join(''))
  assert.equal(translator.stopped, true)
  assert.notEqual(translator.usage, null)
  return chunks
}

test('every recorded stream keeps its text and its reasoning, character by character', { skip }, () => {
  assert.ok(streams.length >= 72)
  for (const { id, events } of streams) {
    const deltas = events.flatMap((event) =>
      event.type === 'contentBlockDelta' ? [event.payload.delta] : [],
    )
    const shown = translate(events, false).flatMap(({ choices }) => choices.map(({ delta }) => delta))
    const join = (texts: readonly (string | null | undefined)[]): string => texts.join('')
    assert.equal(join(shown.map(({ content }) => content)), join(deltas.map(({ text }) => text)), id)
    assert.equal(
      join(shown.map(({ reasoning_content }) => reasoning_content)),
      join(deltas.map(({ reasoningContent }) => reasoningContent?.text)),
      id,
    )
    assert.ok(
      shown.slice(1).every((delta) => delta.content !== '' && delta.reasoning_content !== ''),
      `${id}: no chunk says nothing`,
    )
  }
})

test('every recorded stream begins with the role, once, and ends with one finish reason', { skip }, () => {
  for (const { id, events } of streams) {
    const choices = translate(events, false).flatMap((chunk) => chunk.choices)
    assert.deepEqual(
      choices.map(({ delta }) => delta.role),
      ['assistant', ...Array(choices.length - 1).fill(undefined)],
      id,
    )
    const reasons = choices.map(({ finish_reason }) => finish_reason)
    assert.deepEqual(reasons.slice(0, -1), Array(reasons.length - 1).fill(null), id)
    const stop = events.find((event) => event.type === 'messageStop')
    assert.equal(reasons.at(-1), EXPECTED_REASONS[stop?.payload.stopReason ?? ''], id)
    assert.deepEqual(choices.at(-1)?.delta, {}, id)
  }
})

const EXPECTED_REASONS: Readonly<Record<string, string>> = {
  end_turn: 'stop',
  max_tokens: 'length',
  tool_use: 'tool_calls',
  guardrail_intervened: 'content_filter',
}

test('every recorded stream carries its usage once and last where it is asked for, and nowhere else', {
  skip,
}, () => {
  for (const { id, events } of streams) {
    const unasked = translate(events, false)
    assert.ok(
      unasked.every((chunk) => !Object.hasOwn(chunk, 'usage') && chunk.choices.length === 1),
      id,
    )
    const asked = translate(events, true)
    assert.equal(asked.length, unasked.length + 1, id)
    assert.ok(
      asked.slice(0, -1).every((chunk) => chunk.usage === null && chunk.choices.length === 1),
      id,
    )
    const metadata = events.find((event) => event.type === 'metadata')
    const usage = metadata?.payload.usage as TokenUsage
    const last = asked.at(-1)
    assert.deepEqual(last?.choices, [], id)
    assert.equal(last?.usage?.completion_tokens, usage.outputTokens, id)
    assert.equal(last?.usage?.total_tokens, usage.totalTokens, id)
    assert.equal(last?.usage?.prompt_tokens, usage.totalTokens - usage.outputTokens, id)
    assert.equal(last?.usage?.prompt_tokens_details.cached_tokens, usage.cacheReadInputTokens ?? 0, id)
  }
})

test('every chunk of every recorded stream is what OpenAI describes, and repeats the facts of its reply', {
  skip: skip || skipWithout(join(openaiDir, 'openapi.subset.json')),
}, () => {
  for (const { id, events } of streams) {
    for (const chunk of [...translate(events, true), ...translate(events, false)]) {
      assert.deepEqual(schemaProblems('CreateChatCompletionStreamResponse', chunk), [], id)
      assert.deepEqual(
        [chunk.id, chunk.created, chunk.model],
        ['chatcmpl-1', 1_750_000_000, 'the "model"'],
        id,
      )
    }
  }
})
