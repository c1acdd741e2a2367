import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Capabilities } from '../../src/catalog/types.js'
import type { Fields } from '../../src/openai/fields.js'
import type { ResponseFormat } from '../../src/openai/types.js'
import { isClosable, toClosedSchema } from '../../src/translate/closed-schema.js'
import { createDropList } from '../../src/translate/drop-list.js'
import { toStructuredOutput } from '../../src/translate/structured-output.js'
import { chatContext, chatRequest, chatTarget } from './chat-target.js'

const CITY = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }

function outputOf(
  responseFormat: ResponseFormat,
  can: Partial<Capabilities>,
  more: { readonly lessons?: readonly string[]; readonly tool?: string } = {},
) {
  const dropped = createDropList(true, 'm')
  const { tool, lessons = [] } = more
  const definition = { description: null, parameters: null, strict: null, cacheControl: null }
  const request = chatRequest({
    responseFormat,
    tools: tool === undefined ? [] : [{ name: tool, ...definition }],
  })
  const output = toStructuredOutput(request, chatContext(chatTarget(can), { lessons }), dropped)
  return { ...output, dropped: dropped.names() }
}

function format(schema: object): ResponseFormat {
  return { type: 'json_schema', name: 'Answer', description: null, schema, strict: null }
}

test('json_object is a member that a tool must have, for without one models give {}', () => {
  for (const structuredOutput of [true, false]) {
    const { outputConfig, answerTool, answerMember, dropped } = outputOf(
      { type: 'json_object' },
      { structuredOutput },
    )
    assert.equal(outputConfig, null)
    assert.equal(answerTool?.name, 'json_answer')
    assert.deepEqual(answerTool?.inputSchema.json, {
      type: 'object',
      properties: { value: { type: 'object', additionalProperties: true } },
      required: ['value'],
    })
    assert.equal(answerMember, 'value')
    assert.deepEqual(dropped, [])
  }
})

test('a schema of an object without members is wrapped, too', () => {
  const schema = { type: 'object', additionalProperties: { type: 'integer' } }
  const { answerTool, answerMember } = outputOf(format(schema), {})
  assert.equal(answerMember, 'value')
  assert.deepEqual(answerTool?.inputSchema.json, {
    type: 'object',
    properties: { value: schema },
    required: ['value'],
  })
})

test('without outputConfig a schema of an object is the schema of the tool, as it is', () => {
  const { answerTool, answerMember } = outputOf(format(CITY), {})
  assert.deepEqual(answerTool?.inputSchema.json, CITY)
  assert.equal(answerMember, null)
  const untyped = { properties: { a: {} } }
  assert.deepEqual(outputOf(format(untyped), {}).answerTool?.inputSchema.json, {
    ...untyped,
    type: 'object',
  })
})

test('a schema of anything else is wrapped, its definitions staying where references look', () => {
  const schema = { type: 'array', items: { $ref: '#/$defs/City' }, $defs: { City: CITY } }
  const { answerTool, answerMember } = outputOf(format(schema), {})
  assert.equal(answerMember, 'value')
  assert.deepEqual(answerTool?.inputSchema.json, {
    type: 'object',
    properties: { value: { type: 'array', items: { $ref: '#/$defs/City' } } },
    required: ['value'],
    $defs: { City: CITY },
  })
})

test('no tool of the client is called like the answer', () => {
  const { answerTool } = outputOf({ type: 'json_object' }, {}, { tool: 'json_answer' })
  assert.equal(answerTool?.name, 'json_answer_')
})

test('a schema that outputConfig can not hold goes to the tool, and without one to outputConfig all the same', () => {
  const open = format({ type: 'object', additionalProperties: { type: 'number' } })
  assert.equal(outputOf(open, { structuredOutput: true }).outputConfig, null)
  assert.notEqual(outputOf(open, { structuredOutput: true }).answerTool, null)
  const untooled = outputOf(open, { structuredOutput: true, toolChoices: [] })
  assert.notEqual(untooled.outputConfig, null)
  assert.deepEqual(untooled.dropped, [])
})

test('a model that refused the schema once gets the tool; one that refused the tool gets nothing', () => {
  const native = outputOf(format(CITY), { structuredOutput: true }, { lessons: ['response_format'] })
  assert.equal(native.outputConfig, null)
  assert.notEqual(native.answerTool, null)
  for (const lesson of ['response_format', 'tool_choice']) {
    const { answerTool, dropped } = outputOf(format(CITY), {}, { lessons: [lesson] })
    assert.equal(answerTool, null)
    assert.deepEqual(dropped, ['response_format'])
  }
})

test('isClosable: a chain of references as long as a body allows is no chain to follow, and no fault', () => {
  const deep = (levels: number, last: object): object =>
    levels === 0 ? last : { type: 'array', items: deep(levels - 1, last) }
  const chain = (count: number, levels: number): Fields => ({
    $ref: '#/$defs/D0',
    $defs: Object.fromEntries(
      Array.from({ length: count }, (_, index) => [
        `D${index}`,
        deep(levels, index === count - 1 ? { type: 'string' } : { $ref: `#/$defs/D${index + 1}` }),
      ]),
    ),
  })
  assert.equal(isClosable(chain(50, 1)), true)
  assert.equal(isClosable(chain(2_000, 200)), false)
})

test('isClosable: what a closed schema would say differently', () => {
  const node = { type: 'object', properties: { next: { $ref: '#/$defs/Node' } } }
  const verdicts: readonly (readonly [Fields, boolean])[] = [
    [CITY, true],
    [{ ...CITY, additionalProperties: false }, true],
    [{ type: 'object', additionalProperties: false }, true],
    [{ type: 'array', items: CITY }, true],
    [{ anyOf: [CITY, { type: 'null' }] }, true],
    // The same definition twice is no recursion.
    [
      {
        type: 'object',
        properties: { a: { $ref: '#/$defs/C' }, b: { $ref: '#/$defs/C' } },
        $defs: { C: CITY },
      },
      true,
    ],
    [{ type: 'object' }, false],
    [{ ...CITY, additionalProperties: true }, false],
    [{ ...CITY, additionalProperties: { type: 'string' } }, false],
    [{ ...CITY, patternProperties: { '^x': {} } }, false],
    [{ type: 'array', items: { type: 'object' } }, false],
    [{ $ref: '#/$defs/Node', $defs: { Node: node } }, false],
    [{ type: 'object', properties: { self: { $ref: '#' } } }, false],
    [{ type: 'object', properties: { a: { $ref: 'https://example.com/a.json' } } }, false],
    [{ type: 'object', properties: { a: { $ref: '#/$defs/Nobody' } } }, false],
  ]
  for (const [schema, verdict] of verdicts) assert.equal(isClosable(schema), verdict, JSON.stringify(schema))
})

test('isClosable: a definition that is used a thousand times is read once, and is no recursion', () => {
  const many = (count: number, of: (index: number) => object) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`d${index}`, of(index)]))
  const leaf = { type: 'object', properties: many(1_500, () => ({ type: 'string' })) }
  const fan = { type: 'object', properties: many(1_500, () => ({ $ref: '#/$defs/leaf' })), $defs: { leaf } }
  assert.equal(isClosable(fan), true)
  const chain = many(20_000, (index) => ({ $ref: `#/$defs/d${index + 1}` }))
  assert.equal(isClosable({ $ref: '#/$defs/d0', $defs: chain }), false, 'deeper than can be followed')
  assert.equal(isClosable({ $ref: '#/__proto__' }), false, 'a name that every object has stands for nothing')
})

test('toClosedSchema: a property that is called like a limit is no limit', () => {
  const properties = { minimum: { type: 'number' }, items: { type: 'string', maxLength: 3 } }
  assert.deepEqual(toClosedSchema({ type: 'object', properties }), {
    type: 'object',
    properties: {
      minimum: { type: 'number' },
      items: { type: 'string', description: 'maxLength=3' },
    },
    additionalProperties: false,
  })
})

test('toClosedSchema: oneOf is anyOf, and every object below is closed, too', () => {
  assert.deepEqual(toClosedSchema({ oneOf: [CITY, { type: ['object', 'null'], properties: {} }] }), {
    anyOf: [
      { ...CITY, additionalProperties: false },
      { type: ['object', 'null'], properties: {}, additionalProperties: false },
    ],
  })
})

test('any JSON object is taken for a schema without an exception', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (schema) => {
      isClosable(schema)
      JSON.stringify(toClosedSchema(schema))
    }),
    { numRuns: 300 },
  )
})

test('a limit that is an object without a text of its own is described, not a crash', () => {
  const schema = { type: 'object', properties: { a: { minimum: { toString: 1, valueOf: null } } } }
  assert.deepEqual(toClosedSchema(schema)['properties'], {
    a: { description: 'minimum={"toString":1,"valueOf":null}' },
  })
})
