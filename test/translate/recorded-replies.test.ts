import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import type { ConverseResponse } from '../../src/bedrock/types.js'
import type { ReplyHead } from '../../src/openai/chunks.js'
import { toCompletionBody } from '../../src/openai/completion.js'
import { toCompletion } from '../../src/translate/completion.js'
import { readReplies } from '../bedrock/recordings.js'
import { schemaProblems } from '../openai/schema.js'
import { openaiDir, recordingsDir, skipWithout } from '../shared.js'
import { replyPlan } from './chat-target.js'
import { readBlocks } from './recorded-content.js'

const skip = skipWithout(recordingsDir)
const HEAD: ReplyHead = { id: 'chatcmpl-1', created: 1_750_000_000, model: 'the-model' }

interface Message {
  readonly content: string | null
  readonly reasoning_content?: string
  readonly reasoning_details?: readonly Readonly<Record<string, unknown>>[]
  readonly tool_calls?: readonly {
    readonly id: string
    readonly function: { readonly name: string; readonly arguments: string }
  }[]
}

interface Body {
  readonly choices: readonly { readonly message: Message; readonly finish_reason: string }[]
  readonly usage: Readonly<Record<string, unknown>>
}

const replies = readReplies('Converse').map(({ id, json }) => {
  const response = json as ConverseResponse
  const { choice, usage, kept } = toCompletion(response, replyPlan({ reasoningFormat: 'a-format' }))
  const body = JSON.parse(toCompletionBody(HEAD, [choice], usage)) as Body
  const [{ message, finish_reason } = assert.fail(id)] = body.choices
  const recorded = readBlocks(response.output.message.content)
  return { id, response, recorded, body, message, finishReason: finish_reason, kept }
})

test('every recorded reply keeps its text, and says null where it only calls tools', { skip }, () => {
  assert.ok(replies.length >= 270, `${replies.length} replies`)
  for (const { id, recorded, message } of replies) {
    const onlyCalls = recorded.text === '' && recorded.calls.length > 0
    assert.equal(message.content, onlyCalls ? null : recorded.text, id)
  }
})

test('every recorded reply keeps its tool calls: id, name and arguments; those of Bedrock are not the client’s', {
  skip,
}, () => {
  assert.ok(replies.some(({ recorded }) => recorded.serverToolIds.length > 0))
  assert.ok(replies.some(({ recorded }) => recorded.calls.length > 1))
  for (const { id, recorded, message } of replies) {
    const calls = (message.tool_calls ?? []).map((call) => ({
      id: call.id,
      name: call.function.name,
      input: JSON.parse(call.function.arguments) as unknown,
    }))
    assert.deepEqual(calls, recorded.calls, id)
  }
})

test('every recorded reply keeps its thoughts: text, signature and what is encrypted', { skip }, () => {
  assert.ok(replies.filter(({ recorded }) => recorded.reasoning.length > 0).length >= 20)
  for (const { id, recorded, message } of replies) {
    const shown = recorded.reasoning.map(({ text }) => text ?? '').join('')
    assert.equal(message.reasoning_content ?? '', shown, id)
    const details = recorded.reasoning.map((thought, index) => {
      const place = { format: 'a-format', index }
      if (thought.redacted !== undefined)
        return { type: 'reasoning.encrypted', data: thought.redacted, ...place }
      return { type: 'reasoning.text', ...thought, ...place }
    })
    assert.deepEqual(message.reasoning_details ?? [], details, id)
  }
})

test('what was thought before recorded tool calls is kept exactly, by the ids of those calls', {
  skip,
}, () => {
  const thoughtful = replies.filter(({ kept }) => kept !== null)
  assert.ok(thoughtful.length >= 6)
  for (const { id, response, recorded, kept } of replies) {
    const blocks = response.output.message.content.flatMap(({ reasoningContent }) => reasoningContent ?? [])
    const toolCallIds = recorded.calls.map((call) => call.id)
    const expected = blocks.length > 0 && toolCallIds.length > 0 ? { toolCallIds, blocks } : null
    assert.deepEqual(kept, expected, id)
  }
})

test('every recorded reply ends with the reason that its calls and its stop reason give', { skip }, () => {
  const reasons: Readonly<Record<string, string>> = {
    end_turn: 'stop',
    max_tokens: 'length',
    tool_use: 'tool_calls',
    guardrail_intervened: 'content_filter',
  }
  for (const { id, response, finishReason } of replies) {
    assert.equal(finishReason, reasons[response.stopReason], id)
  }
})

test('every recorded reply keeps its token counts', { skip }, () => {
  for (const { id, response, body } of replies) {
    const { inputTokens, outputTokens, totalTokens, cacheReadInputTokens, cacheWriteInputTokens } =
      response.usage
    const written = cacheWriteInputTokens ?? 0
    assert.deepEqual(
      body.usage,
      {
        prompt_tokens: inputTokens + (cacheReadInputTokens ?? 0) + written,
        completion_tokens: outputTokens,
        total_tokens: totalTokens,
        prompt_tokens_details: {
          cached_tokens: cacheReadInputTokens ?? 0,
          ...(written > 0 ? { cache_write_tokens: written } : {}),
        },
      },
      id,
    )
  }
})

/** Blocks that `readBlocks` does not read, on purpose: results of tools that ran inside Bedrock, which the text rests on. */
const UNREAD: ReadonlySet<string> = new Set(['toolResult'])

test('no recorded reply has a kind of block that these tests do not look at', { skip }, () => {
  const kinds = new Set(
    replies.flatMap(({ response }) => response.output.message.content.flatMap(Object.keys)),
  )
  for (const kind of UNREAD) assert.ok(kinds.delete(kind), kind)
  assert.deepEqual([...kinds].sort(), ['reasoningContent', 'text', 'toolUse'])
})

test('every recorded reply becomes what OpenAI describes', {
  skip: skip || skipWithout(join(openaiDir, 'openapi.subset.json')),
}, () => {
  for (const { id, body } of replies) {
    assert.deepEqual(schemaProblems('CreateChatCompletionResponse', body), [], id)
  }
})
