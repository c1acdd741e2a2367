import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withImageDefaults } from '../../src/openai/with-image-defaults.js'

test('what a name sets holds where the client says nothing, and blank is nothing', () => {
  assert.deepEqual(
    withImageDefaults({ prompt: 'a cat', size: '', n: null, seed: '3' }, { size: '512x512', n: 2, seed: 9 }),
    { prompt: 'a cat', size: '512x512', n: 2, seed: '3' },
  )
})

test("what only a chat has is no picture's business", () => {
  const defaults = { temperature: 0.5, response_format: { type: 'json_object' }, metadata: { team: 'a' } }
  assert.deepEqual(withImageDefaults({ prompt: 'a cat' }, defaults), { prompt: 'a cat' })
})

test('what one family has comes from extra_body, and what the client says there is said', () => {
  const defaults = { extra_body: { strength: 0.4, cfg_scale: 7 }, seed: 9 }
  assert.deepEqual(withImageDefaults({ strength: 0.9 }, defaults), { strength: 0.9, cfg_scale: 7, seed: 9 })
  const extra = { cfg_scale: 2, seed: 1 }
  assert.deepEqual(withImageDefaults({ extra_body: extra }, defaults), { strength: 0.4, extra_body: extra })
})

test("a name's guardrail holds where the client names none, under either of its names", () => {
  const guardrailConfig = { guardrailIdentifier: 'gr1', guardrailVersion: '1' }
  assert.deepEqual(withImageDefaults({ prompt: 'a cat' }, { guardrailConfig }), {
    prompt: 'a cat',
    guardrailConfig,
  })
  const said = { guardrail_config: { guardrailIdentifier: 'gr2' } }
  assert.deepEqual(withImageDefaults(said, { guardrailConfig }), said)
})
