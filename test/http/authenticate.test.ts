import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError } from '../../src/errors.js'
import { createAuthenticator } from '../../src/http/authenticate.js'

const authenticate = createAuthenticator(['first-key', 'second=key/+.~_-'])

for (const authorization of [
  'Bearer first-key',
  'bearer first-key',
  'BEARER first-key',
  'Bearer   first-key  ',
  'Bearer second=key/+.~_-',
]) {
  test(`${JSON.stringify(authorization)} passes`, () => authenticate({ authorization, foreignOrigin: true }))
}

for (const authorization of [
  '',
  'Bearer',
  'Bearer ',
  'first-key',
  'Basic first-key',
  'Bearerfirst-key',
  'Bearer\tfirst-key',
  'Bearer first-key second=key/+.~_-',
  'Bearer first-key,',
  'Bearer FIRST-KEY',
  'Bearer first-ke',
  'Bearer first-keyy',
  'Bearer "first-key"',
  'Token Bearer first-key',
  'Bearer undefined',
  `Bearer ${'k'.repeat(100_000)}`,
  `Bearer${' '.repeat(100_000)}`,
]) {
  test(`${JSON.stringify(authorization.slice(0, 40))} is a 401 that repeats no key`, () => {
    assert.throws(
      () => authenticate({ authorization, foreignOrigin: false }),
      (error) =>
        error instanceof GatewayError &&
        error.status === 401 &&
        error.code === 'invalid_api_key' &&
        !error.message.includes('first'),
    )
  })
}

test('without keys every program passes, whatever it sends', () => {
  const open = createAuthenticator([])
  for (const authorization of ['', 'Bearer anything', 'nonsense']) {
    assert.doesNotThrow(() => open({ authorization, foreignOrigin: false }))
  }
})

test('without keys a page whose origin was not allowed is refused: any site could send forms, or rebind its name', () => {
  const open = createAuthenticator([])
  assert.throws(() => open({ authorization: '', foreignOrigin: true }), { code: 'access_denied' })
})
