import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { splitTokens } from '../../src/embeddings/split-tokens.js'

test('tokens are divided by characters', () => {
  assert.deepEqual(splitTokens(10, [30, 10, 60]), [3, 1, 6])
  assert.deepEqual(splitTokens(7, [5]), [7])
  assert.deepEqual(splitTokens(0, [5, 5]), [0, 0])
})

test('the parts add up to the total, and none is negative or off by more than one', () => {
  fc.assert(
    fc.property(
      fc.nat(1_000_000),
      fc.array(fc.nat(10_000), { minLength: 1, maxLength: 96 }),
      (total, characters) => {
        const parts = splitTokens(total, characters)
        assert.equal(
          parts.reduce((sum, part) => sum + part, 0),
          total,
        )
        const whole = characters.reduce((sum, count) => sum + count, 0)
        for (const [index, part] of parts.entries()) {
          assert.ok(part >= 0)
          const fair = (total * (characters[index] ?? 0)) / whole
          if (whole > 0) assert.ok(Math.abs(part - fair) <= 1)
        }
      },
    ),
  )
})
