import assert from 'node:assert/strict'
import { test } from 'node:test'
import sharp from 'sharp'
import { createLargeBody, withLargeBody } from './large-body.js'
import { toConversePost, toOpenAiBody, toPost } from './wire.js'

test('a large body has the size that was asked for and images that can be read', async () => {
  const { openAi, converse } = await createLargeBody(1_000_000, 8)
  for (const body of [openAi, converse]) {
    assert.ok(Math.abs(body.length - 1_000_000) < 100_000, `${body.length} bytes`)
  }
  const urls = [...openAi.matchAll(/data:image\/(\w+);base64,([^"]+)/g)]
  assert.equal(urls.length, 8)
  assert.equal(new Set(urls.map(([, , base64]) => base64)).size, 8)
  for (const [, format, base64 = ''] of urls) {
    assert.equal((await sharp(Buffer.from(base64, 'base64')).metadata()).format, format)
    assert.ok(converse.includes(base64))
  }
})

test('a request keeps its head and gets the body of its protocol with its length', () => {
  const body = { openAi: '{"openai":"é"}', converse: '{"converse":1}' }
  const toBedrock = withLargeBody(toConversePost(false, 100), body).toString()
  assert.ok(toBedrock.startsWith('POST /model/'))
  assert.match(toBedrock, /content-length: 14\r\n[\s\S]*\r\n\r\n\{"converse":1\}$/)
  const openAi = toPost({
    path: '/v1/chat/completions',
    headers: { 'x-key': 'k' },
    body: toOpenAiBody(false, 9),
  })
  const toGateway = withLargeBody(openAi, body).toString()
  assert.match(toGateway, /x-key: k\r\n/)
  assert.match(toGateway, /content-length: 15\r\n/)
  assert.ok(toGateway.endsWith('\r\n\r\n{"openai":"é"}'))
})
