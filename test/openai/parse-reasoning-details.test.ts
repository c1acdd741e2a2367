import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseReasoningDetails } from '../../src/openai/parse-reasoning-details.js'

const text = (words: string, signature: string | null, format: string | null = null) =>
  ({ type: 'text', text: words, signature, format }) as const

test('parseReasoningDetails: anything at all is thoughts or none, and never a refusal', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (details, blocks) => {
      for (const detail of parseReasoningDetails({ reasoning_details: details, thinking_blocks: blocks })) {
        assert.ok(detail.type === 'text' ? detail.text !== '' || detail.signature !== null : detail.data)
      }
    }),
    { numRuns: 1_000 },
  )
})

test("parseReasoningDetails: a stream's details come out the same whole, merged by a client, or only collected", () => {
  const format = 'anthropic-claude-v1'
  const fragments = [
    { type: 'reasoning.text', text: 'let ', index: 0, format },
    { type: 'reasoning.text', text: 'me', index: 0, format },
    { type: 'reasoning.text', signature: 'S', index: 0, format },
    { type: 'reasoning.encrypted', data: 'RA==', index: 1, format },
    { type: 'reasoning.text', text: 'more', index: 2, format },
    { type: 'reasoning.text', signature: 'T', index: 2, format },
  ]
  const expected = [
    text('let me', 'S', format),
    { type: 'encrypted', data: 'RA==', format },
    text('more', 'T', format),
  ]
  assert.deepEqual(parseReasoningDetails({ reasoning_details: fragments }), expected)
  const merged = [
    { type: 'reasoning.text', text: 'let me', signature: 'S', index: 0, format, id: null },
    { type: 'reasoning.encrypted', data: 'RA==', index: 1, format },
    { type: 'reasoning.text', text: 'more', signature: 'T', index: 2, format },
  ]
  assert.deepEqual(parseReasoningDetails({ reasoning_details: merged }), expected)
})

test('parseReasoningDetails: details of different blocks are not joined', () => {
  const details = [
    { type: 'reasoning.text', text: 'a', signature: 'S' },
    { type: 'reasoning.text', text: 'b', signature: 'T' },
    { type: 'reasoning.text', text: 'c', index: 2 },
    { type: 'reasoning.text', text: 'd', index: 3 },
  ]
  assert.deepEqual(parseReasoningDetails({ reasoning_details: details }), [
    text('a', 'S'),
    text('b', 'T'),
    text('c', null),
    text('d', null),
  ])
})

test('parseReasoningDetails: one object, one entry that became both kinds, and what says nothing', () => {
  const both = { type: 'reasoning.encrypted', text: 'a', signature: 'S', data: 'RA==' }
  assert.deepEqual(parseReasoningDetails({ reasoning_details: both }), [
    text('a', 'S'),
    { type: 'encrypted', data: 'RA==', format: null },
  ])
  for (const value of [null, 'thoughts', 7, [], {}, [{ type: 'reasoning.summary', summary: 's' }]]) {
    assert.deepEqual(parseReasoningDetails({ reasoning_details: value }), [])
  }
})

test('parseReasoningDetails: thinking_blocks where there are no details, and thinking parts where there is neither', () => {
  const blocks = [
    { type: 'thinking', thinking: 'a', signature: 'S' },
    { type: 'redacted_thinking', data: 'RA==' },
  ]
  const expected = [text('a', 'S'), { type: 'encrypted', data: 'RA==', format: null }]
  assert.deepEqual(parseReasoningDetails({ reasoning_details: [], thinking_blocks: blocks }), expected)
  assert.deepEqual(parseReasoningDetails({ content: [...blocks, { type: 'text', text: 'b' }] }), expected)
  assert.deepEqual(parseReasoningDetails({ content: 'a', reasoning_content: 'b' }), [])
})
