import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ERRORS, type ErrorCode, GatewayError } from '../../src/errors.js'
import { toReasonPhrase } from '../../src/http/reason-phrase.js'

const CODES = Object.keys(ERRORS) as ErrorCode[]

for (const [message, phrase] of [
  ['size must be 1024x1024, got 3x3', 'size must be 1024x1024, got 3x3'],
  ['There is no such model: GET /v1/models lists it.', 'There is no such model: GET /v1/models lists it'],
  ['The first sentence. The second one.', 'The first sentence'],
  ['Version v1.5 of a.b is not known. See there.', 'Version v1.5 of a.b is not known'],
  ['a\r\nSet-Cookie: x=1\r\n\r\n<html>', 'a Set-Cookie: x=1 <html>'],
  ['a tab\tand a nul\0 and \u0085 and \u2028', 'a tab and a nul and and'],
  ['“quoted” – 3 × 4', '"quoted" - 3 x 4'],
  ['the model 模型😀 is not known', 'the model ? is not known'],
  ['', 'Error'],
  ['\r\n', 'Error'],
  ['.', '.'],
  ['x'.repeat(500), `${'x'.repeat(97)}...`],
  [`${'x'.repeat(96)} ${'y'.repeat(500)}`, `${'x'.repeat(96)}...`],
  ['x'.repeat(100), 'x'.repeat(100)],
] as const) {
  test(`the phrase of ${JSON.stringify(message.slice(0, 60))} is ${JSON.stringify(phrase.slice(0, 60))}`, () => {
    assert.equal(toReasonPhrase(new GatewayError('invalid_request', message)), phrase)
  })
}

test('what a filter refused is said in fixed words, whatever the message is', () => {
  const error = new GatewayError('upstream_error', 'The model said: private words.')
  assert.equal(toReasonPhrase(error), 'AWS failed to answer this request')
  assert.equal(toReasonPhrase(new GatewayError('rate_limit_exceeded', 'x')), 'Too many requests to AWS')
})

test('no phrase of any code and message has a control character, is empty or has more than 100 characters', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 600 }),
    fc.string({ unit: fc.constantFrom('\r', '\n', '\0', '\x7f', '\u0085', '.', ' ', 'a', 'é', '\ud800') }),
  )
  fc.assert(
    fc.property(fc.constantFrom(...CODES), text, (code, message) => {
      const phrase = toReasonPhrase(new GatewayError(code, message))
      assert.match(phrase, /^[!-~](?:[ -~]{0,98}[!-~])?$/)
    }),
  )
})
