import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withoutNeutral } from '../../src/translate/image-chat.js'

test('what asks for what happens anyway is nothing to name', () => {
  const neutral = {
    temperature: 1,
    top_p: 1,
    tools: [],
    logit_bias: {},
    tool_choice: 'auto',
    frequency_penalty: 0,
    logprobs: false,
    parallel_tool_calls: true,
  }
  assert.deepEqual(withoutNeutral(neutral), {})
})

test('everything else stays as it is', () => {
  const others = {
    temperature: 0.5,
    tools: [{}],
    tool_choice: 'required',
    frequency_penalty: 1,
    strength: 0,
    constructor: 1,
    colors: ['#ffffff'],
  }
  assert.deepEqual(withoutNeutral(others), others)
})
