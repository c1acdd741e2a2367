import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createAnswerStream, toAnswer } from '../../src/translate/answer.js'
import { joinBase64 } from '../../src/translate/base64.js'
import { replyPlan } from './chat-target.js'

const WRAPPED = replyPlan({ answerTool: 'answer', answerMember: 'value' })

function stream(fragments: readonly string[], plan = WRAPPED): string {
  const answer = createAnswerStream(plan)
  return fragments.map((fragment) => answer.push(fragment)).join('') + answer.end()
}

test('any answer comes out of its member as it is, wherever the input is cut', () => {
  fc.assert(
    fc.property(
      fc.jsonValue(),
      fc.array(fc.nat(), { maxLength: 6 }),
      fc.constantFrom(0, 1, '\t'),
      (value, cuts, space) => {
        const input = JSON.stringify({ value, note: '}' }, null, space)
        const bounds = [0, ...cuts.map((cut) => cut % input.length).toSorted((a, b) => a - b), input.length]
        const fragments = bounds.slice(1).map((end, index) => input.slice(bounds[index], end))
        assert.deepEqual(JSON.parse(stream(fragments)), JSON.parse(JSON.stringify(value)))
        assert.equal(toAnswer({ value, note: '}' }, WRAPPED), JSON.stringify(value))
        assert.equal(stream(fragments, replyPlan({ answerTool: 'answer' })), input)
      },
    ),
  )
})

test('an input without the member is the answer itself, streamed or whole', () => {
  const inputs = ['{"name":"Ada"}', '{}', '[1]', '"value"', '{"valu', '{"\\u0076alues": 1}', '']
  for (const input of inputs) assert.equal(stream([...input]), input)
  assert.equal(toAnswer({ name: 'Ada' }, WRAPPED), '{"name":"Ada"}')
  assert.equal(toAnswer([1], WRAPPED), '[1]')
  assert.equal(toAnswer(null, WRAPPED), '{}')
  assert.equal(toAnswer('{"value": [1', WRAPPED), '{"value": [1')
})

test('a member that is named with escapes is the same member; an answer that was cut is shown as far as it went', () => {
  assert.equal(stream(['{"\\u0076al', 'ue" : [1', ', "]']), '[1, "]')
})

test('joinBase64: one piece stays as it is, several become one text', () => {
  assert.equal(joinBase64(['YQ']), 'YQ', 'not even its padding is mended: Bedrock gets back what it sent')
  assert.equal(joinBase64(['YQ==', 'Yg==']), 'YWI=')
  assert.equal(joinBase64([]), '')
})
