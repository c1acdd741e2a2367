import assert from 'node:assert/strict'
import { test } from 'node:test'
import { requireJson } from '../../src/http/require-json.js'
import { requireMultipartOrJson } from '../../src/http/require-multipart-or-json.js'

for (const [contentType, kind] of [
  ['multipart/form-data; boundary=x', 'multipart'],
  ['Multipart/Form-Data;charset=utf-8; Boundary="a b"', 'multipart'],
  ['application/json', 'json'],
  ['application/json; charset=utf-8', 'json'],
  ['', 'json'],
] as const) {
  test(`${JSON.stringify(contentType)} is taken as ${kind}`, () => {
    assert.equal(requireMultipartOrJson({ contentType, foreignOrigin: false }), kind)
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
    assert.throws(() => requireMultipartOrJson({ contentType, foreignOrigin: false }), {
      code: 'unsupported_media_type',
    })
  })
}

test('a form of a page that may not read the reply is refused, its JSON needed a preflight', () => {
  const form = 'multipart/form-data; boundary=x'
  assert.throws(() => requireMultipartOrJson({ contentType: form, foreignOrigin: true }), {
    code: 'access_denied',
  })
  assert.equal(requireMultipartOrJson({ contentType: 'application/json', foreignOrigin: true }), 'json')
})

test('JSON without a content type is taken from programs, and refused from pages that may not read the reply', () => {
  for (const require of [requireMultipartOrJson, requireJson]) {
    assert.doesNotThrow(() => require({ contentType: '', foreignOrigin: false }))
    assert.throws(() => require({ contentType: '', foreignOrigin: true }), { code: 'unsupported_media_type' })
  }
})
