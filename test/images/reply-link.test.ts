import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { pino } from 'pino'
import { createAuthenticator } from '../../src/http/authenticate.js'
import { linkUrl } from '../../src/images/link-url.js'
import { createImageLinks, type ImageLinks } from '../../src/images/links.js'
import { replyLink } from '../../src/images/reply-link.js'
import { type Serving, serve } from '../http/serve.js'

const PICTURE = Buffer.from(Array.from({ length: 3_000_000 }, (_, index) => index % 253))

let folder: string
let links: ImageLinks
let serving: Serving
let nowMs = Date.now()
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bedrockd-links-'))
  links = createImageLinks({
    dir: join(folder, 'images'),
    keepMs: 60_000,
    bytesMax: 100_000_000,
    log: pino({ level: 'silent' }),
    now: () => nowMs,
  })
  serving = await serve(
    async (exchange, id) => {
      if (exchange.pattern.endsWith('/images/files/{id}')) return replyLink(exchange, id, links)
      const [name = ''] = await links.save([{ format: 'png', bytes: PICTURE }])
      exchange.replyJson(200, JSON.stringify({ url: linkUrl(exchange, name, null) }))
    },
    { authenticate: createAuthenticator(['key']), routePrefixes: ['/v1', '/api/v1'] },
  )
})
after(() => {
  links.close()
  serving.close()
  rmSync(folder, { recursive: true })
})

function generate(path: string, headers: Readonly<Record<string, string>> = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request(
      { port: serving.port, path, method: 'POST', headers: { authorization: 'Bearer key', ...headers } },
      async (reply) => {
        const text = Buffer.concat(await reply.toArray()).toString()
        resolve((JSON.parse(text) as { url: string }).url)
      },
    )
    asked.on('error', reject)
    asked.end()
  })
}

for (const prefix of ['/v1', '/api/v1']) {
  test(`a link made under ${prefix} leads to the picture, without a key`, async () => {
    const url = await generate(`${prefix}/images/generations`, { host: `localhost:${serving.port}` })
    assert.ok(url.startsWith(`http://localhost:${serving.port}${prefix}/images/files/`), url)
    const reply = await fetch(url)
    assert.equal(reply.status, 200)
    assert.equal(reply.headers.get('content-type'), 'image/png')
    assert.equal(reply.headers.get('content-length'), String(PICTURE.length))
    assert.match(reply.headers.get('cache-control') ?? '', /^private, max-age=(5\d|60)$/)
    assert.equal(reply.headers.get('x-content-type-options'), 'nosniff')
    assert.equal(reply.headers.get('content-security-policy'), "default-src 'none'")
    assert.ok(PICTURE.equals(Buffer.from(await reply.arrayBuffer())))
  })
}

test('a Host that is none, and one that is no address, is replaced by the address listened on', async () => {
  for (const host of ['evil.example.com/"><script>', 'a@b', 'a b']) {
    const url = await generate('/v1/images/generations', { host })
    assert.ok(url.startsWith(`http://127.0.0.1:${serving.port}/v1/images/files/`), url)
  }
})

test('behind a proxy a link says what the proxy says', async () => {
  const forwarded = { 'x-forwarded-host': 'chat.example.com', 'x-forwarded-proto': 'https' }
  const url = await generate('/v1/images/generations', forwarded)
  assert.ok(url.startsWith('https://chat.example.com/v1/images/files/'), url)
})

test('a public URL counts more than what the request says', () => {
  const exchange = { baseUrl: 'http://a', prefix: '/v1' }
  assert.equal(linkUrl(exchange, 'x.png', null), 'http://a/v1/images/files/x.png')
  assert.equal(linkUrl(exchange, 'x.png', 'https://b/c'), 'https://b/c/v1/images/files/x.png')
})

test('HEAD says what GET would send', async () => {
  const reply = await fetch(await generate('/v1/images/generations'), { method: 'HEAD' })
  assert.deepEqual(
    [reply.status, reply.headers.get('content-type'), reply.headers.get('content-length')],
    [200, 'image/png', String(PICTURE.length)],
  )
  assert.equal((await reply.arrayBuffer()).byteLength, 0)
})

test('a link that expired, and one that never was, are 404', async () => {
  const url = await generate('/v1/images/generations')
  nowMs += 61_000
  for (const gone of [url, url.replace(/[0-9a-f]{32}/, '0'.repeat(32)), `${url}%2f..%2f..`]) {
    const reply = await fetch(gone)
    assert.equal(reply.status, 404)
    const { error } = (await reply.json()) as { error: { code: string } }
    assert.equal(error.code, 'file_not_found')
    assert.equal(reply.headers.get('cache-control'), null)
  }
  nowMs -= 61_000
})

test('everything else still needs the key', async () => {
  const base = `http://127.0.0.1:${serving.port}/v1`
  assert.equal((await fetch(`${base}/images/generations`, { method: 'POST' })).status, 401)
  assert.equal((await fetch(`${base}/models/images/files/a.png`)).status, 401)
})
