import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromBedrockFailure } from '../../src/bedrock/errors.js'
import { toFailureKind } from '../../src/embeddings/retry-rule.js'
import { GatewayError } from '../../src/errors.js'

const FAILURES: readonly (readonly [status: number, name: string, message: string, kind: string])[] = [
  [429, 'ThrottlingException', 'Too many requests, please wait before trying again.', 'throttled'],
  [429, 'ThrottlingException', 'Too many tokens, please wait before trying again.', 'throttled'],
  [503, 'ServiceUnavailableException', 'Model is getting throttled. Try your request again.', 'throttled'],
  [429, 'ThrottlingException', 'Too many tokens per day, please wait before trying again.', 'final'],
  [429, 'ModelNotReadyException', 'The model is not ready.', 'transient'],
  [500, 'InternalServerException', 'Again.', 'transient'],
  [503, 'ServiceUnavailableException', 'Again.', 'transient'],
  [408, 'ModelTimeoutException', 'Too slow.', 'transient'],
  [400, 'ValidationException', 'Malformed input request.', 'bad-input'],
  [403, 'AccessDeniedException', 'No access.', 'final'],
  [404, 'ResourceNotFoundException', 'No model.', 'final'],
  [403, 'ExpiredTokenException', 'The security token included in the request is expired', 'final'],
]

for (const [status, name, message, kind] of FAILURES) {
  test(`${status} ${name} "${message}" is ${kind}`, () => {
    assert.equal(toFailureKind(fromBedrockFailure({ name, status, message, requestId: null })), kind)
  })
}

test('a connection that fails is transient; a reply that nobody can read, and our own limit, are final', () => {
  assert.equal(toFailureKind(new GatewayError('upstream_unavailable', 'Not reached.')), 'transient')
  assert.equal(toFailureKind(new GatewayError('upstream_incomplete', 'Broke.')), 'transient')
  assert.equal(toFailureKind(new GatewayError('upstream_error', 'Something else.')), 'final')
  assert.equal(toFailureKind(new GatewayError('upstream_timeout', 'Too late.')), 'final')
})
