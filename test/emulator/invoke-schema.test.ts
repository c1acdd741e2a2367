import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkSchema, object, oneOf } from './images/schema.js'
import { BedrockError } from './wire-error.js'

const schema = object(
  {
    text: { type: 'string', minLength: 1, maxLength: 4 },
    mode: oneOf('a', 'b'),
    count: { type: 'integer', minimum: 1, maximum: 5 },
    width: { type: 'integer', multipleOf: 16 },
    share: { type: 'number', minimum: 0.2, maximum: 1 },
    flag: { type: 'boolean' },
    colors: { type: 'array', items: { type: 'string', pattern: '^#[A-F0-9]{6}$' }, minItems: 1, maxItems: 2 },
  },
  ['text'],
)

function words(value: unknown): string | null {
  try {
    checkSchema(schema, value)
    return null
  } catch (error) {
    assert(error instanceof BedrockError)
    assert.equal(error.failure.status, 400)
    return (
      /^Malformed input request: (.*), please reformat your input and try again\.$/.exec(
        error.message,
      )?.[1] ?? ''
    )
  }
}

test('checkSchema: takes what is at the borders', () => {
  const full = {
    text: 'abcd',
    mode: 'b',
    count: 5,
    width: 32,
    share: 0.2,
    flag: false,
    colors: ['#00FF00', '#00FF01'],
  }
  for (const value of [
    full,
    { ...full, text: 'a', count: 1, share: 1, colors: ['#000000'] },
    { text: 'a' },
  ]) {
    assert.equal(words(value), null)
  }
})

const cases = [
  [{}, '#: required key [text] not found'],
  [{ text: 'a', size: 1 }, '#: extraneous key [size] is not permitted'],
  [{ size: 1 }, '#: required key [text] not found#: extraneous key [size] is not permitted'],
  [{ text: '' }, '#/text: expected minLength: 1, actual: 0'],
  [{ text: 'abcde' }, '#/text: expected maxLength: 4, actual: 5'],
  [{ text: 1 }, '#/text: expected type: String, found: Integer'],
  [{ text: null }, '#/text: expected type: String, found: Null'],
  [{ text: 'a', mode: 'c' }, '#/mode: c is not a valid enum value'],
  [{ text: 'a', count: 0 }, '#/count: 0 is not greater or equal to 1'],
  [{ text: 'a', count: 6 }, '#/count: 6 is not less or equal to 5'],
  [{ text: 'a', count: 1.5 }, '#/count: expected type: Integer, found: BigDecimal'],
  [{ text: 'a', width: 33 }, '#/width: 33 is not a multiple of 16'],
  [{ text: 'a', share: 0.19 }, '#/share: 0.19 is not greater or equal to 0.2'],
  [{ text: 'a', flag: 'true' }, '#/flag: expected type: Boolean, found: String'],
  [{ text: 'a', colors: [] }, '#/colors: expected minimum item count: 1, found: 0'],
  [{ text: 'a', colors: new Array(3).fill('#000000') }, '#/colors: expected maximum item count: 2, found: 3'],
  [{ text: 'a', colors: ['red'] }, '#/colors/0: string [red] does not match pattern ^#[A-F0-9]{6}$'],
  [[], '#: expected type: JSONObject, found: JSONArray'],
] as const

for (const [value, message] of cases) {
  test(`checkSchema: ${JSON.stringify(value)} is refused`, () => assert.equal(words(value), message))
}

test('checkSchema: characters outside the basic plane count once', () => {
  assert.equal(words({ text: '\u{1f98a}'.repeat(4) }), null)
})
