import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { ChatRequest } from '../../src/openai/types.js'
import { createToolNames } from '../../src/translate/tool-names.js'
import { createWireNames } from '../../src/translate/wire-names.js'
import { chatRequest } from './chat-target.js'

const NAME = /^[a-zA-Z0-9_-]{1,64}$/
const ID = /^[a-zA-Z0-9_.:-]{1,64}$/

/** Names as they occur, as they should not, and as they collide: near one another, long, or beyond ASCII. */
const anyName = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom('a', '_', '/', '.', ':', ' ', '-', 'é', '😀'), maxLength: 5 }),
  fc.string({ unit: 'grapheme', minLength: 60, maxLength: 70 }),
  fc.constantFrom('__proto__', 'constructor', 'a'.repeat(64), 'a'.repeat(65), 'server/tool', 'server.tool'),
)

function requestOf(names: readonly string[], ids: readonly string[]): ChatRequest {
  return chatRequest({
    tools: names.map((name) => ({
      name,
      description: null,
      parameters: null,
      strict: null,
      cacheControl: null,
    })),
    messages: [
      {
        role: 'assistant',
        content: [],
        toolCalls: ids.map((id, index) => ({ id, name: names[index] ?? 'tool', arguments: '' })),
        reasoning: [],
        cacheControl: null,
      },
    ],
  })
}

test('any names fit the pattern, stay different, and are found again', () => {
  fc.assert(
    fc.property(fc.uniqueArray(anyName, { maxLength: 30 }), (names) => {
      const mapping = createToolNames(requestOf(names, []))
      const wire = names.map(mapping.toWireName)
      for (const name of wire) assert.match(name, NAME)
      assert.equal(new Set(wire).size, names.length)
      const back = wire.map((name) => (Object.hasOwn(mapping.changed, name) ? mapping.changed[name] : name))
      assert.deepEqual(back, names)
      assert.deepEqual(
        names.filter((name) => NAME.test(name)),
        names.filter((name) => mapping.toWireName(name) === name),
      )
    }),
    { numRuns: 1_000 },
  )
})

test('any ids fit the pattern and stay different, also those that nobody knew of', () => {
  fc.assert(
    fc.property(fc.uniqueArray(anyName, { maxLength: 30 }), fc.nat(30), (ids, known) => {
      const mapping = createToolNames(requestOf([], ids.slice(0, known)))
      const wire = ids.map(mapping.toWireId)
      for (const id of wire) assert.match(id, ID)
      assert.equal(new Set(wire).size, ids.length)
      assert.deepEqual(ids.map(mapping.toWireId), wire)
    }),
    { numRuns: 1_000 },
  )
})

test('the names of a request are the same in every round, however its history grows', () => {
  const names = ['a/b', 'a.b', 'a_b', 'ü'.repeat(80)]
  const first = createToolNames(requestOf(names, ['x/1']))
  const later = createToolNames(requestOf(names, ['x/1', 'x/2', 'x.3']))
  assert.deepEqual(names.map(later.toWireName), names.map(first.toWireName))
  assert.equal(later.toWireId('x/1'), first.toWireId('x/1'))
})

test('a name that is what another one would become keeps it', () => {
  const wire = createToolNames(requestOf(['a/b'], [])).toWireName('a/b')
  for (const names of [
    ['a/b', wire],
    [wire, 'a/b'],
  ]) {
    const mapping = createToolNames(requestOf(names, []))
    assert.equal(mapping.toWireName(wire), wire)
    assert.notEqual(mapping.toWireName('a/b'), wire)
    assert.match(mapping.toWireName('a/b'), NAME)
  }
})

test('names with one hash and one beginning are told apart', () => {
  // CRC-32 of both is 4ddb0c25.
  const twins = ['plumless', 'buckeroo']
  const rules = { forbidden: /[^0-9]/gu, charactersMax: 12 }
  const mapping = createWireNames(rules, twins)
  const wire = twins.map(mapping.toWire)
  assert.equal(wire[0], '____4ddb0c25')
  assert.notEqual(wire[0], wire[1])
})

test("a name of ours is none of the client's, now and later", () => {
  const mapping = createToolNames(requestOf(['answer'], []))
  const ours = mapping.reserveName('answer')
  assert.match(ours, NAME)
  assert.notEqual(ours, 'answer')
  assert.notEqual(mapping.reserveName('answer'), ours)
  const free = createToolNames(requestOf([], []))
  assert.equal(free.reserveName('answer'), 'answer')
  assert.notEqual(free.toWireName('answer'), 'answer')
  assert.deepEqual(mapping.changed, {})
})
