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

for (const [words, message] of [
  ['Filter reason: prompt', 'Prompt blocked by the content filter'],
  ['Filter reason: input image', 'Image blocked by the content filter'],
  ['Filter reason: output image', 'Result blocked by the content filter'],
  ['Blocked by the guardrail', 'Blocked by the guardrail'],
  ['Blocked by the content filter', 'Prompt blocked by the content filter'],
] as const) {
  test(`"${words}" is a refusal of the content`, () => {
    const { code, status, param, message: said } = filteredError(words)
    assert.deepEqual(
      { code, status, param, said },
      { code: 'content_policy_violation', status: 400, param: 'prompt', said: message },
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
