import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromBedrockFailure } from '../../src/bedrock/errors.js'
import { GatewayError } from '../../src/errors.js'
import { filteredError, toImageError } from '../../src/images/image-errors.js'

const refused = (message: string, param: string | null = null): GatewayError =>
  new GatewayError('invalid_request', message, {
    param,
    upstream: { type: 'ValidationException', status: 400, requestId: 'r' },
  })

for (const [words, message, param] of [
  ['Filter reason: prompt', 'Prompt blocked by the content filter', 'prompt'],
  ['Filter reason: input image', 'Image blocked by the content filter', 'image'],
  ['Filter reason: output image', 'Result blocked by the content filter', 'prompt'],
  ['Blocked by the guardrail', 'Blocked by the guardrail', 'prompt'],
  ['Blocked by the content filter', 'Prompt blocked by the content filter', 'prompt'],
] as const) {
  test(`"${words}" is a refusal of the content`, () => {
    const { code, status, param: named, message: said } = filteredError(words)
    assert.deepEqual(
      { code, status, named, said },
      { code: 'content_policy_violation', status: 400, named: param, said: message },
    )
  })
}

test('a prompt that the model refuses by status is a refusal of the content, too', () => {
  const error = toImageError(
    refused('Bedrock: This request has been blocked by our content filters. Our filters …'),
  )
  assert.ok(error instanceof GatewayError)
  assert.equal(error.code, 'content_policy_violation')
  assert.equal(error.upstream?.requestId, 'r')
})

test('a picture that the model refuses by status is named', () => {
  const words =
    'This request has been blocked by our content filters. Please adjust your input image to go on.'
  const error = toImageError(refused(words))
  assert.ok(error instanceof GatewayError)
  assert.deepEqual([error.param, error.message], ['image', 'Image blocked by the content filter'])
})

test('what is no refusal of the content stays as it is, and no field of a chat is named', () => {
  const message = 'Malformed input request: the image is too small, document'
  const error = fromBedrockFailure(
    { name: 'ValidationException', status: 400, message, requestId: null },
    'image',
  )
  assert.equal(toImageError(error), error)
  assert.equal(error.param, null)
  const own = new GatewayError('invalid_request', 'size must be …', { param: 'size' })
  assert.equal(toImageError(own), own)
})

test('a refusal of the guardrail names it', () => {
  const error = toImageError(refused('Bedrock: The guardrail identifier …', 'guardrailConfig'))
  assert.ok(error instanceof GatewayError)
  assert.equal(error.param, 'guardrailConfig')
})
