import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError } from '../../src/errors.js'
import { openRaw } from '../e2e/raw-client.js'
import { serve } from './serve.js'

/** The status line of a reply that fails so, as it is on the wire. */
async function statusLine(error: GatewayError, reasonInStatus: boolean): Promise<string> {
  const serving = await serve((exchange) => {
    exchange.reasonInStatus = reasonInStatus
    throw error
  })
  const client = await openRaw(serving.port)
  client.socket.write('GET /v1/models HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n')
  await client.closed
  serving.close()
  const reply = client.received()
  assert.equal(JSON.parse(reply.slice(reply.indexOf('\r\n\r\n'))).error.code, error.code)
  assert.equal(/^set-cookie:/im.test(reply), false)
  return reply.slice(0, reply.indexOf('\r\n'))
}

const HOSTILE = new GatewayError('invalid_request', 'size must be WxH, got "1\r\nset-cookie: a=b\r\n\r\n<p>"')

test('the status line of an image error says what went wrong', async () => {
  const filtered = new GatewayError('upstream_error', 'private words')
  assert.equal(await statusLine(filtered, true), 'HTTP/1.1 502 AWS failed to answer this request')
  const throttled = new GatewayError('rate_limit_exceeded', 'words')
  assert.equal(await statusLine(throttled, true), 'HTTP/1.1 429 Too many requests to AWS')
})

test("a client's own line breaks in a message end no status line", async () => {
  assert.equal(await statusLine(HOSTILE, true), 'HTTP/1.1 400 size must be WxH, got "1 set-cookie: a=b <p>"')
})

test('other routes keep the name of the status', async () => {
  assert.equal(await statusLine(HOSTILE, false), 'HTTP/1.1 400 Bad Request')
})
