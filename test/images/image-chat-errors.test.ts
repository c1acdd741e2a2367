import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ErrorCode, GatewayError } from '../../src/errors.js'
import { toImageChatError } from '../../src/images/image-chat-errors.js'

function reworded(code: ErrorCode, message: string, param: string | null): GatewayError {
  const error = toImageChatError(new GatewayError(code, message, { param }))
  assert.ok(error instanceof GatewayError)
  assert.equal(error.code, code)
  return error
}

test('what an image request says in fields of its own, a chat says in its messages', () => {
  const { param, message } = reworded('invalid_request', 'prompt must be a text', 'prompt')
  assert.deepEqual({ param, message }, { param: 'messages', message: 'messages: prompt must be a text' })
  assert.equal(reworded('invalid_request', 'image[3] must be left out', 'image[3]').param, 'messages')
  const filtered = reworded('content_policy_violation', 'Prompt blocked by the content filter', 'prompt')
  assert.equal(filtered.param, 'messages')
  assert.equal(filtered.message, 'Prompt blocked by the content filter')
})

test('fields that a chat has, too, stay as they are', () => {
  for (const param of ['n', 'size', 'model', 'mask_prompt', 'image_output', 'messages[0].content[1]', null]) {
    assert.equal(reworded('invalid_request', 'no', param).param, param)
  }
})

test('where no link can be made, a chat is told its own other way', () => {
  const { param, message } = reworded('unsupported', 'No links: ask for b64_json.', 'response_format')
  assert.equal(param, 'image_output')
  assert.equal(message, 'No links: ask for image_output "images".')
  assert.equal(reworded('overloaded', 'The disk is full: ask for b64_json.', null).param, null)
})

test('facts for the log are kept, and foreign errors come back as they are', () => {
  const upstream = { type: 'ValidationException', status: 400, requestId: 'r' }
  const error = toImageChatError(new GatewayError('invalid_request', 'no', { param: 'prompt', upstream }))
  assert.deepEqual((error as GatewayError).upstream, upstream)
  const foreign = new TypeError('fault')
  assert.equal(toImageChatError(foreign), foreign)
})
