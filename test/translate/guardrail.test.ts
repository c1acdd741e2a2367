import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Guardrail } from '../../src/openai/types.js'
import { createDropList } from '../../src/translate/drop-list.js'
import { chooseGuardrail } from '../../src/translate/guardrail.js'

const named = (identifier: string): Guardrail => ({
  identifier,
  version: '1',
  trace: null,
  streamMode: null,
})

interface Who {
  readonly client?: Guardrail
  readonly alias?: Guardrail
  readonly setting?: Guardrail
  readonly required?: boolean
}

/** Who watches, and what is named as left out. */
function choose({ client, alias, setting, required = false }: Who) {
  const dropped = createDropList(true, 'any')
  const defaults = { parameters: {}, systemPrompt: null, guardrail: alias ?? null }
  const policy = { guardrail: setting ?? null, guardrailRequired: required }
  const chosen = chooseGuardrail({ guardrail: client ?? null }, { target: { defaults }, policy }, dropped)
  return { chosen: chosen?.identifier ?? null, dropped: dropped.names() }
}

const [client, alias, setting] = [named('client'), named('alias'), named('setting')]

test("the client's guardrail goes before the alias's, which goes before the setting's", () => {
  assert.deepEqual(choose({ client, alias, setting }), { chosen: 'client', dropped: [] })
  assert.deepEqual(choose({ alias, setting }), { chosen: 'alias', dropped: [] })
  assert.deepEqual(choose({ setting }), { chosen: 'setting', dropped: [] })
  assert.deepEqual(choose({}), { chosen: null, dropped: [] })
})

test("where the operator requires one, the client's is left out and named", () => {
  const required = true
  assert.deepEqual(choose({ client, alias, setting, required }), {
    chosen: 'alias',
    dropped: ['guardrailConfig'],
  })
  assert.deepEqual(choose({ client, setting, required }), { chosen: 'setting', dropped: ['guardrailConfig'] })
  assert.deepEqual(choose({ setting, required }), { chosen: 'setting', dropped: [] })
})
