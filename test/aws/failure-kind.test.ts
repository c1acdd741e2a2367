import assert from 'node:assert/strict'
import { test } from 'node:test'
import { failureKindOf } from '../../src/aws/failure-kind.js'
import { fromBedrockFailure } from '../../src/bedrock/errors.js'
import { GatewayError } from '../../src/errors.js'

const FAILURES: readonly (readonly [status: number, name: string, message: string, kind: string])[] = [
  [429, 'ThrottlingException', 'Too many requests, please wait before trying again.', 'throttled'],
  [429, 'ThrottlingException', 'Too many tokens, please wait before trying again.', 'throttled'],
  [503, 'ServiceUnavailableException', 'Model is getting throttled. Try your request again.', 'throttled'],
  [429, 'ThrottlingException', 'Too many tokens per day, please wait before trying again.', 'final'],
  [429, 'ModelNotReadyException', 'The model is not ready.', 'passing'],
  [500, 'InternalServerException', 'Again.', 'passing'],
  [503, 'ServiceUnavailableException', 'Again.', 'passing'],
  [408, 'ModelTimeoutException', 'Too slow.', 'costly'],
  [424, 'ModelErrorException', 'The model broke down.', 'costly'],
  [400, 'UnknownOperationException', 'No such operation.', 'final'],
  [400, 'ValidationException', 'Malformed input request.', 'final'],
  [403, 'AccessDeniedException', 'No access.', 'final'],
  [404, 'ResourceNotFoundException', 'No model.', 'final'],
  [403, 'ExpiredTokenException', 'The security token included in the request is expired', 'final'],
]

for (const [status, name, message, kind] of FAILURES) {
  test(`${status} ${name} "${message}" is ${kind}`, () => {
    assert.equal(failureKindOf(fromBedrockFailure({ name, status, message, requestId: null })), kind)
  })
}

test('a connection that fails is passing, and costly once it was used; a reply that nobody can read, and our own limit, are final', () => {
  assert.equal(failureKindOf(new GatewayError('upstream_unavailable', 'Not reached.')), 'passing')
  assert.equal(failureKindOf(new GatewayError('upstream_incomplete', 'Broke.')), 'costly')
  assert.equal(failureKindOf(new GatewayError('upstream_error', 'Something else.')), 'final')
  assert.equal(failureKindOf(new GatewayError('upstream_timeout', 'Too late.')), 'final')
})
