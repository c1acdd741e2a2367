import assert from 'node:assert/strict'
import { request } from 'node:http'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { readDrawnPicture } from '../emulator/images/read-drawn-picture.js'
import { hashOfRequest } from '../emulator/images/request-hash.js'
import { testPicture } from '../emulator/images/test-pictures.js'
import { eventually, readError } from './chat.js'
import {
  editPicture,
  type ImageGateway,
  type ImageGatewayOptions,
  startImageGateway,
} from './image-gateway.js'

const PROMPT = 'a boat'
const CORE = 'stability.stable-image-core-v1:1'

/** Each is started once, for all tests that need it. */
const started = new Map<string, Promise<ImageGateway>>()
after(() => Promise.all([...started.values()].map(async (gateway) => (await gateway).close())))

async function start(
  environment: NonNullable<ImageGatewayOptions['environment']> = {},
): Promise<ImageGateway> {
  const name = JSON.stringify(environment)
  const starting = started.get(name) ?? startImageGateway({ environment })
  started.set(name, starting)
  const gateway = await starting
  gateway.reset()
  return gateway
}

const NO_LINKS = { BEDROCKD_IMAGE_LINK_BYTES_MAX: '0' }
/** Both together: one start less. */
const SHORT_AND_PUBLIC = {
  BEDROCKD_IMAGE_LINK_SECONDS: '1',
  BEDROCKD_PUBLIC_URL: 'https://pictures.example/bedrock/',
}

async function linksOf(gateway: ImageGateway, extra: object = {}): Promise<readonly string[]> {
  const params = { model: CORE, prompt: PROMPT, response_format: 'url', ...extra } as const
  const reply = await gateway.client.images.generate(params)
  return (reply.data ?? []).map(({ url, b64_json }) => {
    assert.equal(b64_json, undefined)
    return url ?? assert.fail('no url')
  })
}

test('links work for anybody, with GET and HEAD, in every format, until the files are gone', async () => {
  const gateway = await start()
  for (const [output_format, type] of [
    ['png', 'image/png'],
    ['jpeg', 'image/jpeg'],
    ['webp', 'image/webp'],
  ] as const) {
    const urls = await linksOf(gateway, { n: 2, seed: 5, output_format })
    assert.equal(new Set(urls).size, 2)
    for (const [index, url] of urls.entries()) {
      assert.ok(url.startsWith(`${gateway.daemon.imagesUrl}/v1/images/files/`), url)
      // Another client, without a key, a page of some other site.
      const file = await fetch(url, { headers: { origin: 'https://elsewhere.example' } })
      assert.equal(file.headers.get('content-type'), type)
      const bytes = Buffer.from(await file.arrayBuffer())
      const { hash, format } = await readDrawnPicture(bytes)
      assert.equal(format, output_format)
      assert.equal(
        hash,
        hashOfRequest({ taskType: 'text-to-image', prompt: PROMPT, seed: 5 + index, index: 0 }),
      )
      const head = await fetch(url, { method: 'HEAD' })
      assert.equal(head.status, 200)
      assert.equal(head.headers.get('content-length'), String(bytes.length))
      assert.equal(head.headers.get('content-type'), type)
      assert.equal((await head.arrayBuffer()).byteLength, 0)
    }
  }
  assert.equal(gateway.linkFiles().length, 6)
  assert.deepEqual(gateway.temporaryFiles(), [])
})

test('an edit is answered by a link, too', async () => {
  const gateway = await start()
  const reply = await editPicture(gateway, { image: await testPicture() }, { response_format: 'url' })
  const file = await fetch(reply.data?.[0]?.url ?? assert.fail('no url'))
  assert.equal((await readDrawnPicture(Buffer.from(await file.arrayBuffer()))).format, 'png')
})

test('a link expires, and its file goes', async () => {
  const gateway = await start(SHORT_AND_PUBLIC)
  const [publicUrl = ''] = await linksOf(gateway)
  const url = reachable(gateway, publicUrl)
  assert.equal((await fetch(url)).status, 200)
  await sleep(1_050)
  for (const method of ['GET', 'HEAD']) {
    const late = await fetch(url, { method })
    assert.equal(late.status, 404)
    if (method === 'GET') assert.equal((await readError(late, 404)).code, 'file_not_found')
  }
  await eventually(() => gateway.linkFiles().length === 0, 'the end of the file')
})

test('links start with BEDROCKD_PUBLIC_URL, else as the request came', async () => {
  const gateway = await start()
  const named = await start(SHORT_AND_PUBLIC)
  const [url = ''] = await linksOf(named)
  assert.match(url, /^https:\/\/pictures\.example\/bedrock\/v1\/images\/files\/[0-9a-f]{32}\.png$/)
  assert.equal((await fetch(reachable(named, url))).status, 200)
  const body = { prompt: PROMPT, response_format: 'url' }
  const proxied = await post(gateway, '/api/v1/images/generations', body, { host: 'gateway.example:8080' })
  assert.match(proxied, /^http:\/\/gateway\.example:8080\/api\/v1\/images\/files\//)
})

/** What a proxy in front of the gateway makes of the public address. */
function reachable({ daemon }: ImageGateway, publicUrl: string): string {
  return publicUrl.replace('https://pictures.example/bedrock', daemon.url)
}

/** `fetch` sends no `host` of ours. Returns the first link. */
function post(
  { daemon }: ImageGateway,
  path: string,
  body: object,
  headers: Readonly<Record<string, string>>,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = {
      port: daemon.port,
      path,
      method: 'POST',
      headers: {
        authorization: 'Bearer key-of-the-image-tests',
        'content-type': 'application/json',
        ...headers,
      },
    }
    const asked = request(options, (reply) => {
      const chunks: Buffer[] = []
      reply.on('data', (chunk: Buffer) => chunks.push(chunk))
      reply.on('end', () => {
        const { data } = JSON.parse(Buffer.concat(chunks).toString()) as { data: { url: string }[] }
        resolve(data[0]?.url ?? '')
      })
    })
    asked.on('error', reject)
    asked.end(JSON.stringify(body))
  })
}

test('the oldest pictures make room for new ones, and what never fits is refused', async () => {
  const gateway = await start({ BEDROCKD_IMAGE_LINK_BYTES_MAX: '5000000' })
  gateway.emulator.set({ noise: true })
  const urls: string[] = []
  // Each has 2 to 3 MB.
  for (let round = 0; round < 4; round += 1) urls.push(...(await linksOf(gateway)))
  assert.equal((await fetch(urls[0] ?? '')).status, 404)
  assert.equal((await fetch(urls[3] ?? '')).status, 200)
  assert.ok(gateway.linkFiles().length < 4)
  const response = await gateway.post('/v1/images/generations', {
    model: CORE,
    prompt: PROMPT,
    n: 3,
    response_format: 'url',
  })
  assert.match(response.statusText, /BEDROCKD_IMAGE_LINK_BYTES_MAX/)
  const { param, message } = await readError(response, 400)
  assert.equal(param, 'response_format')
  assert.match(message, /b64_json/)
})

test('where no links are made, a request for them is refused before AWS is asked', async () => {
  const gateway = await start(NO_LINKS)
  const form = new FormData()
  form.set('image', new Blob([new Uint8Array(await testPicture())], { type: 'image/png' }), 'a.png')
  form.set('prompt', PROMPT)
  form.set('response_format', 'url')
  for (const [path, body] of [
    ['/v1/images/generations', { prompt: PROMPT, response_format: 'url' }],
    ['/v1/images/edits', form],
  ] as const) {
    const response = await gateway.post(path, body)
    assert.match(response.statusText, /^This gateway makes no links/)
    const { param, message } = await readError(response, 400)
    assert.equal(param, 'response_format')
    assert.match(message, /BEDROCKD_IMAGE_LINK_BYTES_MAX.*b64_json/)
  }
  assert.equal(gateway.calls().length, 0)
  assert.equal((await gateway.client.images.generate({ model: CORE, prompt: PROMPT })).data?.length, 1)
})

for (const stream of [false, true]) {
  test(`where no links are made, a chat that asks for one is refused before AWS is asked (stream: ${stream})`, async () => {
    const gateway = await start(NO_LINKS)
    const response = await gateway.post('/v1/chat/completions', {
      model: CORE,
      messages: [{ role: 'user', content: PROMPT }],
      image_output: 'markdown-url',
      stream,
    })
    assert.equal((await readError(response, 400)).param, 'image_output')
    assert.equal(gateway.calls().length, 0)
  })
}
