import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ErrorCode, GatewayError } from '../../src/errors.js'
import { toOpenAiCompletion } from '../../src/translate/openai-completion.js'
import { readRecording } from '../bedrock/recordings.js'
import { recordingsDir, skipWithout } from '../shared.js'
import { replyPlan } from './chat-target.js'

test('the recorded reply of bedrock-mantle is told whole', { skip: skipWithout(recordingsDir) }, () => {
  const reply = readRecording('0846').json as {
    readonly choices: readonly [
      { readonly message: { readonly content: string; readonly reasoning: string } },
    ]
  }
  const { content, reasoning } = reply.choices[0].message
  const completion = toOpenAiCompletion(reply, replyPlan())
  assert.equal(completion.choice.text, content)
  assert.equal(completion.choice.reasoning, reasoning)
  assert.equal(completion.choice.finishReason, 'stop')
  assert.deepEqual(completion.usage, {
    promptTokens: 72,
    completionTokens: 56,
    totalTokens: 128,
    cachedTokens: 0,
    cacheWriteTokens: 0,
  })
  assert.equal(completion.serviceTier, 'default')
})

test('calls without an id or arguments get one, and names go back to the client', () => {
  const tool_calls = [
    { function: { name: 'x_1' } },
    { id: 'b', function: { name: 'two', arguments: { n: 2 } } },
  ]
  const body = {
    id: 'chatcmpl-7',
    choices: [{ message: { content: null, tool_calls }, finish_reason: 'tool_calls' }],
  }
  const { choice } = toOpenAiCompletion(body, replyPlan({ toolNames: { x_1: 'x.y' } }))
  assert.equal(choice.text, null)
  assert.deepEqual(choice.toolCalls, [
    { id: 'call-chatcmpl-7-0', name: 'x.y', arguments: '{}' },
    { id: 'b', name: 'two', arguments: '{"n":2}' },
  ])
})

const FAILURES: readonly { readonly says: string; readonly body: unknown; readonly code: ErrorCode }[] = [
  {
    says: 'an operation that nobody knows',
    body: { Output: { __type: 'com.amazon.coral.service#UnknownOperationException' }, Version: '1.0' },
    code: 'upstream_error',
  },
  {
    says: 'an error of OpenAI',
    body: { error: { message: 'No.', code: 'rate_limit_exceeded' } },
    code: 'rate_limit_exceeded',
  },
  { says: 'no choice', body: { id: 'x', object: 'chat.completion', choices: [] }, code: 'upstream_error' },
  { says: 'no object', body: [1], code: 'upstream_error' },
]

for (const { says, body, code } of FAILURES) {
  test(`status 200 with ${says} is a failure`, () => {
    assert.throws(
      () => toOpenAiCompletion(body, replyPlan()),
      (error) => error instanceof GatewayError && error.code === code,
    )
  })
}
