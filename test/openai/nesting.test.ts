import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { nestsDeeperThan } from '../../src/openai/nesting.js'

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  return 1 + Math.max(0, ...Object.values(value).map(depthOf))
}

test('the depth found in text is the depth of the value, whatever stands in its strings', () => {
  const text = fc.string({ unit: fc.constantFrom('"', '\\', '[', ']', '{', '}', 'a', 'é', '\n') })
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 6 },
      text,
      fc.integer(),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(text, tie('value'), { maxKeys: 3 }),
    ),
  }))
  fc.assert(
    fc.property(value, (any) => {
      const json = JSON.stringify(any)
      const depth = depthOf(any)
      assert.equal(nestsDeeperThan(json, depth), false)
      if (depth > 0) assert.equal(nestsDeeperThan(json, depth - 1), true)
    }),
  )
})

for (const [json, depthMax, deeper] of [
  ['', 0, false],
  ['[', 0, true],
  ['[][][]', 1, false],
  ['"[[[', 1, false],
  ['"\\"[[["', 1, false],
  ['"\\\\"[[', 1, true],
  ['"\\', 1, false],
  [']]]][[', 1, false],
] as const) {
  test(`${JSON.stringify(json)} nests ${deeper ? '' : 'no '}deeper than ${depthMax}`, () => {
    assert.equal(nestsDeeperThan(json, depthMax), deeper)
  })
}
