import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { recordingsDir, skipWithout } from '../shared.js'
import { encodeEvent, encodeException, encodeFrame } from './event-stream-encoder.js'

const skip = skipWithout(recordingsDir)

function recordedBody(id: string): Buffer {
  const recording = JSON.parse(readFileSync(join(recordingsDir, `${id}.json`), 'utf8')) as {
    response: { bodyBase64: string }
  }
  return Buffer.from(recording.response.bodyBase64, 'base64')
}

test('encodeFrame: string headers and payload give the bytes of AWS’s own vectors', { skip }, () => {
  const vectors = join(recordingsDir, 'event-stream-vectors')
  for (const name of ['payload_one_str_header', 'payload_no_headers', 'empty_message']) {
    const decoded = JSON.parse(readFileSync(join(vectors, 'decoded/positive', name), 'utf8')) as {
      headers: { name: string; value: string }[]
      payload: string
    }
    const headers = decoded.headers.map(
      (header) => [header.name, Buffer.from(header.value, 'base64').toString()] as const,
    )
    const frame = encodeFrame(headers, Buffer.from(decoded.payload, 'base64'))
    assert.deepEqual(frame, readFileSync(join(vectors, 'encoded/positive', name)), name)
  }
})

test('encodeEvent: the first frame of recording 17 comes out byte for byte', { skip }, () => {
  const frame = encodeEvent('messageStart', { p: 'abcd', role: 'assistant' })
  assert.deepEqual(frame, recordedBody('0017').subarray(0, frame.length))
})

test('encodeException: the exception frame of recording 192 comes out byte for byte', { skip }, () => {
  const message =
    'The model returned the following errors: The detected file MIME type text/plain does not match the expected type image/png. Reformat your input and try again.'
  assert.deepEqual(encodeException('validationException', message), recordedBody('0192'))
})
