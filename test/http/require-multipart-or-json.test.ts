import assert from 'node:assert/strict'
import { test } from 'node:test'
import { requireMultipartOrJson } from '../../src/http/require-multipart-or-json.js'

for (const contentType of [
  'multipart/form-data; boundary=x',
  'Multipart/Form-Data;charset=utf-8; Boundary="a b"',
  'application/json',
  'application/json; charset=utf-8',
  '',
]) {
  test(`${JSON.stringify(contentType)} is taken`, () => {
    assert.doesNotThrow(() => requireMultipartOrJson({ contentType }))
  })
}

for (const contentType of [
  'multipart/form-data',
  'multipart/form-data; boundary=',
  'multipart/form-datax; boundary=x',
  'multipart/mixed; boundary=x',
  'application/x-www-form-urlencoded',
  'application/json-patch+json',
  'text/plain',
  'image/png',
]) {
  test(`${contentType} is 415`, () => {
    assert.throws(() => requireMultipartOrJson({ contentType }), {
      code: 'unsupported_media_type',
    })
  })
}
