import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createCors, type Headers } from '../../src/http/cors.js'

const ORIGIN = 'https://chat.example.com'
const toObject = (headers: Headers) => Object.fromEntries(headers)

test('without ALLOWED_ORIGINS no reply carries any CORS header', () => {
  const cors = createCors([])
  assert.deepEqual(cors.replyHeaders(ORIGIN), [])
  assert.deepEqual(cors.preflightHeaders(ORIGIN, 'authorization'), [])
})

test('an allowed origin is named, together with the headers a script may read', () => {
  const headers = toObject(createCors([ORIGIN, 'http://localhost:8080']).replyHeaders(ORIGIN))
  assert.equal(headers['access-control-allow-origin'], ORIGIN)
  assert.equal(headers['vary'], 'Origin')
  assert.deepEqual(headers['access-control-expose-headers']?.split(', '), [
    'x-request-id',
    'retry-after',
    'x-should-retry',
    'x-bedrockd-dropped-params',
  ])
})

test('"*" allows every origin and lets caches share replies', () => {
  const cors = createCors(['*'])
  assert.equal(toObject(cors.replyHeaders(ORIGIN))['access-control-allow-origin'], '*')
  assert.equal(toObject(cors.replyHeaders('null'))['access-control-allow-origin'], '*')
  assert.equal(toObject(cors.replyHeaders(ORIGIN))['vary'], undefined)
  assert.deepEqual(cors.replyHeaders(''), [])
})

for (const origin of [
  '',
  'null',
  'https://evil.example.com',
  'http://chat.example.com',
  `${ORIGIN}.evil.example`,
  `${ORIGIN}:443`,
  `${ORIGIN}/`,
  ORIGIN.toUpperCase(),
  `${ORIGIN}\r\nset-cookie: a=b`,
  '*',
]) {
  test(`the origin ${JSON.stringify(origin)} is not allowed, and a cache is told that origins differ`, () => {
    const cors = createCors([ORIGIN])
    assert.deepEqual(cors.replyHeaders(origin), [['vary', 'Origin']])
    assert.deepEqual(cors.preflightHeaders(origin, 'authorization'), [['vary', 'Origin']])
  })
}

test('a preflight of an allowed origin names methods, the asked headers and how long to remember', () => {
  const headers = toObject(createCors([ORIGIN]).preflightHeaders(ORIGIN, 'Authorization, content-type,x-a'))
  assert.equal(headers['access-control-allow-origin'], ORIGIN)
  assert.equal(headers['access-control-allow-methods'], 'GET, HEAD, POST, OPTIONS')
  assert.equal(headers['access-control-allow-headers'], 'Authorization, content-type,x-a')
  assert.equal(headers['access-control-max-age'], '600')
})

for (const asked of [
  '',
  'a\r\nset-cookie: a=b',
  'a\nb',
  'x-a; x-b',
  '"quoted"',
  'naïve',
  'a\0',
  'a'.repeat(1025),
]) {
  test(`asked headers that are no plain list are not repeated: ${JSON.stringify(asked.slice(0, 30))}`, () => {
    const headers = toObject(createCors(['*']).preflightHeaders(ORIGIN, asked))
    assert.equal(headers['access-control-allow-headers'], 'authorization, content-type')
  })
}
