import assert from 'node:assert/strict'
import { test } from 'node:test'
import { translateChat } from '../src/prepare-chat.js'
import { chatContext, chatRequest, chatTarget } from './translate/chat-target.js'

const guardrail = { identifier: 'g', version: '1', trace: null, streamMode: 'async' as const }

test('how a stream is watched is said to ConverseStream alone: Converse knows no such member', () => {
  for (const streaming of [true, false]) {
    const request = chatRequest({ stream: true, guardrail })
    const { body, upstreamStreams } = translateChat(request, chatContext(chatTarget({ streaming })))
    const { guardrailConfig } = JSON.parse(String(body)) as { guardrailConfig: object }
    assert.equal(upstreamStreams, streaming)
    assert.deepEqual(guardrailConfig, {
      guardrailIdentifier: 'g',
      guardrailVersion: '1',
      ...(streaming ? { streamProcessingMode: 'async' } : {}),
    })
  }
})
