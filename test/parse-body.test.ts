import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseBody } from '../src/parse-body.js'

const MEMBERS_MAX = 1024

const parse = (value: object): unknown => parseBody([Buffer.from(JSON.stringify(value))])
const wide = (count: number): object =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`member${index}`, index]))

test('a body may have a thousand members, and so may each of them', () => {
  const body = { ...wide(MEMBERS_MAX - 1), extra_body: wide(MEMBERS_MAX) }
  assert.deepEqual(parse(body), body)
})

test('more members than any request has are refused, whoever would have to name them', () => {
  assert.throws(() => parse(wide(MEMBERS_MAX + 1)), {
    code: 'invalid_request',
    param: null,
    message: 'The request body must have at most 1024 members, got 1025',
  })
  assert.throws(() => parse({ extra_body: wide(MEMBERS_MAX + 1) }), {
    code: 'invalid_request',
    param: 'extra_body',
  })
})

test('a list of any length is no matter of members', () => {
  const body = { input: Array.from({ length: 10 * MEMBERS_MAX }, () => 'a') }
  assert.deepEqual(parse(body), body)
})
