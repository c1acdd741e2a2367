import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import type { ConverseEvent, TokenUsage } from '../../src/bedrock/types.js'
import { type ReplyHead, writeUsageChunk } from '../../src/openai/chunks.js'
import { createStreamTranslator } from '../../src/translate/stream.js'
import { decodeEvents } from '../bedrock/decode.js'
import { readReplies } from '../bedrock/recordings.js'
import { schemaProblems } from '../openai/schema.js'
import { openaiDir, recordingsDir, skipWithout } from '../shared.js'
import { assemble } from './assemble.js'
import { replyPlan } from './chat-target.js'
import { type Chunk, parseChunks } from './chunks.js'
import { joinDeltas, readBlocks } from './recorded-content.js'

const skip = skipWithout(recordingsDir)
const HEAD: ReplyHead = { id: 'chatcmpl-1', created: 1_750_000_000, model: 'the "model"' }

/** Recorded streams that ended as replies do; the one that is an exception (192) has no events. */
const streams = readReplies('ConverseStream')
  .map(({ id, body }) => ({ id, events: decodeEvents([body]).events }))
  .filter(({ events }) => events.length > 0)

function translate(events: readonly ConverseEvent[], includeUsage: boolean): readonly Chunk[] {
  const translator = createStreamTranslator({
    head: HEAD,
    plan: replyPlan({ includeUsage, reasoningFormat: 'a-format' }),
    choice: 0,
  })
  const said = events.map((event) => translator.push(event)).join('')
  const { stopped, usage } = translator.reply
  assert.equal(stopped, true)
  assert.notEqual(usage, null)
  return parseChunks(includeUsage && usage !== null ? said + writeUsageChunk(HEAD, usage) : said)
}

const said = streams.map(({ id, events }) => ({
  id,
  events,
  recorded: readBlocks(joinDeltas(events)),
  assembled: assemble(translate(events, false)),
}))

test('every recorded stream keeps its text and its reasoning, character by character', { skip }, () => {
  assert.ok(streams.length >= 72)
  for (const { id, events, recorded, assembled } of said) {
    assert.equal(assembled.content, recorded.text, id)
    assert.equal(assembled.reasoning, recorded.reasoning.map(({ text }) => text ?? '').join(''), id)
    const deltas = translate(events, false).flatMap(({ choices }) => choices.map(({ delta }) => delta))
    assert.ok(
      deltas.slice(1).every((delta) => delta.content !== '' && delta.reasoning_content !== ''),
      `${id}: no chunk says nothing`,
    )
  }
})

test('every recorded stream keeps its tool calls: id, name and arguments; those of Bedrock are not the client’s', {
  skip,
}, () => {
  assert.ok(said.filter(({ recorded }) => recorded.calls.length > 1).length >= 4)
  assert.ok(said.some(({ recorded }) => recorded.serverToolIds.length > 0))
  for (const { id, recorded, assembled } of said) {
    const calls = assembled.toolCalls.map((call) => ({
      id: call.id,
      name: call.name,
      input: JSON.parse(call.arguments) as unknown,
    }))
    assert.deepEqual(calls, recorded.calls, id)
  }
})

test('every recorded stream keeps what its thoughts need to go back: text, signature, what is encrypted', {
  skip,
}, () => {
  assert.ok(said.some(({ recorded }) => recorded.reasoning.some(({ signature }) => signature)))
  assert.ok(said.some(({ recorded }) => recorded.reasoning.some(({ redacted }) => redacted)))
  for (const { id, recorded, assembled } of said) {
    const details = recorded.reasoning.map((thought, index) => {
      const place = { format: 'a-format', index }
      if (thought.redacted !== undefined)
        return { type: 'reasoning.encrypted', data: thought.redacted, ...place }
      return { type: 'reasoning.text', ...thought, ...place }
    })
    assert.deepEqual(assembled.details, details, id)
  }
})

test('no recorded stream says more than was recorded', { skip }, () => {
  for (const { id, assembled } of said) {
    const { annotations, citations, images, functionCall } = assembled
    assert.deepEqual([annotations, citations, images, functionCall], [[], [], [], null], id)
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
    const written = usage.cacheWriteInputTokens ?? 0
    assert.deepEqual(
      last?.usage,
      {
        prompt_tokens: usage.totalTokens - usage.outputTokens,
        completion_tokens: usage.outputTokens,
        total_tokens: usage.totalTokens,
        prompt_tokens_details: {
          cached_tokens: usage.cacheReadInputTokens ?? 0,
          ...(written > 0 ? { cache_write_tokens: written } : {}),
        },
      },
      id,
    )
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
