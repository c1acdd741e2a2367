import assert from 'node:assert/strict'
import { test } from 'node:test'
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

test('a model that takes too long is no matter of tokens', () => {
  const upstream = { type: 'ModelTimeoutException', status: 408, requestId: 'r' }
  const error = toImageError(
    new GatewayError('upstream_timeout', 'Bedrock: too long (ask for fewer tokens)', { upstream }),
  )
  assert.ok(error instanceof GatewayError)
  assert.match(error.message, /fewer or smaller pictures/)
  assert.equal(error.upstream, upstream)
})

test("no field of a chat is named, and the model's words stay", () => {
  const error = toImageError(refused('Bedrock: the image is too small', 'messages'))
  assert.ok(error instanceof GatewayError)
  assert.equal(error.param, null)
  assert.equal(error.message, 'Bedrock: the image is too small')
  const own = new GatewayError('invalid_request', 'size must be …', { param: 'size' })
  assert.equal(toImageError(own), own)
})
