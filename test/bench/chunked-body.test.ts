import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ChunkedBody } from './chunked-body.js'

test('the chunked coding is undone the same however the bytes are cut', () => {
  const coded = Buffer.from('5\r\nhello\r\n1\r\n \r\nb\r\nwide\r\nworld\r\n0\r\n\r\n')
  for (let size = 1; size <= coded.length; size += 1) {
    const parts: Buffer[] = []
    const body = new ChunkedBody((content) => parts.push(Buffer.from(content)))
    for (let at = 0; at < coded.length; at += size) {
      assert.equal(body.ended, false)
      body.push(coded.subarray(at, at + size))
    }
    assert.equal(body.ended, true)
    assert.equal(Buffer.concat(parts).toString(), 'hello wide\r\nworld')
  }
})

test('content that comes before its chunk is complete is handed on at once', () => {
  const parts: string[] = []
  const body = new ChunkedBody((content) => parts.push(content.toString()))
  body.push(Buffer.from('5\r\nhel'))
  assert.deepEqual(parts, ['hel'])
  body.push(Buffer.from('lo\r\n'))
  assert.deepEqual(parts, ['hel', 'lo'])
  assert.equal(body.ended, false)
})
