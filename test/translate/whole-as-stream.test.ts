import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConverseResponse } from '../../src/bedrock/types.js'
import { toCompletion } from '../../src/translate/completion.js'
import { createStreamTranslator } from '../../src/translate/stream.js'
import { toEvents } from '../../src/translate/whole-as-stream.js'
import { readReplies } from '../bedrock/recordings.js'
import { recordingsDir, skipWithout } from '../shared.js'
import { replyPlan } from './chat-target.js'
import { parseChunks } from './chunks.js'

const HEAD = { id: 'chatcmpl-1', created: 1_750_000_000, model: 'the-model' }

test('every recorded whole reply says the same as a stream as it does whole', {
  skip: skipWithout(recordingsDir),
}, () => {
  const replies = readReplies('Converse')
  assert.ok(replies.length >= 250, `${replies.length} recordings`)
  for (const { id, json } of replies) {
    const response = json as ConverseResponse
    const plan = replyPlan()
    const { choice, usage, kept } = toCompletion(response, plan)
    const translator = createStreamTranslator({ head: HEAD, plan, choice: 0 })
    const events = toEvents(response)
    const chunks = parseChunks(events.map((event) => translator.push(event)).join(''))
    const deltas = chunks.flatMap(({ choices }) => choices.map(({ delta }) => delta))
    assert.equal(deltas.map(({ content }) => content ?? '').join(''), choice.text ?? '', id)
    assert.equal(
      deltas.map(({ reasoning_content }) => reasoning_content ?? '').join(''),
      choice.reasoning ?? '',
      id,
    )
    const calls = new Map<number, { id: string; name: string; arguments: string }>()
    for (const call of deltas.flatMap(({ tool_calls }) => tool_calls ?? [])) {
      const known = calls.get(call.index) ?? { id: '', name: '', arguments: '' }
      calls.set(call.index, {
        id: known.id || (call.id ?? ''),
        name: known.name || (call.function?.name ?? ''),
        arguments: known.arguments + (call.function?.arguments ?? ''),
      })
    }
    assert.deepEqual([...calls.values()], choice.toolCalls, id)
    assert.equal(chunks.at(-1)?.choices[0]?.finish_reason, choice.finishReason, id)
    assert.deepEqual(translator.reply.usage, usage, id)
    assert.deepEqual(translator.reply.kept, kept, id)
  }
})
