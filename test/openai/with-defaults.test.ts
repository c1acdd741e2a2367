import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withDefaults } from '../../src/openai/with-defaults.js'

test('defaults hold where the client says nothing, and null is nothing', () => {
  assert.deepEqual(
    withDefaults({ model: 'm', temperature: null, top_p: 0.5 }, { temperature: 0.2, top_p: 0.9, seed: 7 }),
    { model: 'm', temperature: 0.2, top_p: 0.5, seed: 7 },
  )
})

const otherWords = {
  max_tokens: 'max_completion_tokens',
  max_completion_tokens: 'max_tokens',
  reasoning_effort: 'thinking',
  thinking: 'reasoning',
  reasoning: 'reasoning_effort',
  guardrailConfig: 'guardrail_config',
  performance_config: 'performanceConfig',
  metadata: 'requestMetadata',
} as const satisfies Record<string, string>

for (const [said, open] of Object.entries(otherWords)) {
  test(`a client that says ${said} is heard where the default says ${open}`, () => {
    assert.deepEqual(withDefaults({ [said]: 'client' }, { [open]: 'default', seed: 1 }), {
      [said]: 'client',
      seed: 1,
    })
    assert.deepEqual(withDefaults({ [said]: null }, { [open]: 'default' }), { [open]: 'default' })
  })
}

test('extra_body is taken member by member', () => {
  assert.deepEqual(
    withDefaults(
      { extra_body: { top_k: 5, b: null } },
      { extra_body: { top_k: 50, anthropic_beta: ['x'], b: 1 } },
    ),
    { extra_body: { top_k: 5, anthropic_beta: ['x'], b: 1 } },
  )
  assert.deepEqual(withDefaults({}, { extra_body: { a: 1 } }), { extra_body: { a: 1 } })
  assert.deepEqual(withDefaults({ extra_body: 'text' }, { extra_body: { a: 1 } }), { extra_body: 'text' })
})

test('what a client says in extra_body goes before a default beside it, and the other way round', () => {
  assert.deepEqual(withDefaults({ extra_body: { temperature: 1 } }, { temperature: 0, max_tokens: 9 }), {
    max_tokens: 9,
    extra_body: { temperature: 1 },
  })
  assert.deepEqual(
    withDefaults({ reasoning_effort: 'low' }, { extra_body: { thinking: { type: 'disabled' }, top_k: 3 } }),
    { reasoning_effort: 'low', extra_body: { top_k: 3 } },
  )
})
