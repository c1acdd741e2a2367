import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type Emulator, startEmulator } from '../emulator/emulator.js'
import { CHAT_MODEL, chatBody } from './bad-input-cases.js'
import { type Daemon, startDaemon } from './daemon.js'
import { type RawReply, type RawRequest, sendRaw } from './raw-http.js'

const KEYS = {
  listed: 'key-one',
  second: 'key-two',
  apiKey: 'key.of_API_KEY',
  file: 'key/of+the=file',
} as const

let folder: string
let emulator: Emulator
let daemon: Daemon
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bedrockd-routes-'))
  const keysFile = join(folder, 'keys')
  writeFileSync(keysFile, `${KEYS.file}\n`, { mode: 0o600 })
  emulator = await startEmulator()
  daemon = await startDaemon({
    emulator,
    environment: {
      BEDROCKD_API_KEYS: `${KEYS.listed}, ${KEYS.second}`,
      API_KEY: KEYS.apiKey,
      BEDROCKD_API_KEYS_FILE: keysFile,
      API_ROUTE_PREFIX: '/bedrock/api',
    },
  })
})
after(async () => {
  assert.equal(await daemon.stop(), 0)
  await emulator.close()
  rmSync(folder, { recursive: true })
})

const bearer = (key: string) => [['authorization', `Bearer ${key}`]] as const
const authorized = bearer(KEYS.listed)
const ask = (request: RawRequest): Promise<RawReply> =>
  sendRaw(daemon.port, { headers: authorized, ...request })
const get = (path: string): Promise<RawReply> => ask({ method: 'GET', path })

async function listIds(path = '/v1/models'): Promise<readonly string[]> {
  const { data } = JSON.parse((await get(path)).body) as { data: { id: string }[] }
  return data.map(({ id }) => id)
}

for (const [where, key] of Object.entries(KEYS)) {
  test(`the key ${where} opens every API route`, async () => {
    const headers = bearer(key)
    assert.equal((await ask({ method: 'GET', path: '/v1/models', headers })).status, 200)
    assert.equal((await ask({ body: chatBody(), headers })).status, 200)
  })
}

test('the scheme may be written in any case', async () => {
  for (const scheme of ['bearer', 'BEARER', 'BeArEr']) {
    const headers = [['authorization', `${scheme} ${KEYS.listed}`]] as const
    assert.equal((await ask({ method: 'GET', path: '/v1/models', headers })).status, 200)
  }
})

test('the lists of keys themselves open nothing', async () => {
  for (const key of [`${KEYS.listed},${KEYS.second}`, `${KEYS.listed}, ${KEYS.second}`, `${KEYS.file}\\n`]) {
    assert.equal((await ask({ method: 'GET', path: '/v1/models', headers: bearer(key) })).status, 401)
  }
})

for (const [path, expected] of [
  ['/', { name: 'bedrockd', status: 'ready' }],
  ['/healthz', { status: 'alive' }],
  ['/readyz', { status: 'ready', snapshot: true, credentials: true, draining: false }],
  ['/version', {}],
] as const) {
  test(`${path} answers without a key, on both listeners, to GET and HEAD`, async () => {
    for (const port of [daemon.port, Number(new URL(daemon.imagesUrl).port)]) {
      const reply = await sendRaw(port, { method: 'GET', path })
      assert.equal(reply.status, 200)
      assert.equal(reply.headers.get('content-type'), 'application/json')
      const body = JSON.parse(reply.body)
      for (const [name, value] of Object.entries(expected)) assert.equal(body[name], value)
      if (path === '/' || path === '/version') assert.match(body.version, /^\d+\.\d+\.\d+/)
      const head = await sendRaw(port, { method: 'HEAD', path })
      assert.equal(head.status, 200)
      assert.equal(head.headers.get('content-length'), reply.headers.get('content-length'))
      assert.ok(head.wire.endsWith('\r\n\r\n'))
    }
  })
}

for (const prefix of ['/v1', '/api/v1', '/bedrock/api']) {
  test(`every route of the contract stands under ${prefix}`, async () => {
    assert.ok((await listIds(`${prefix}/models`)).includes(CHAT_MODEL))
    assert.equal(JSON.parse((await get(`${prefix}/models/${CHAT_MODEL}`)).body).id, CHAT_MODEL)
    const chat = await ask({ path: `${prefix}/chat/completions`, body: chatBody() })
    assert.equal(JSON.parse(chat.body).object, 'chat.completion')
    for (const path of ['/embeddings', '/rerank', '/images/generations', '/images/edits']) {
      // A route of a later version is there, too: it says that it is not built.
      const later = await ask({ path: prefix + path, body: chatBody() })
      assert.ok(later.status !== 404 && later.status !== 405, `${path}: ${later.status}`)
    }
    const keyless = await ask({ method: 'GET', path: `${prefix}/models`, headers: [] })
    assert.equal(keyless.status, 401)
  })
}

test('doubled slashes count as one', async () => {
  for (const path of [
    '//v1/models',
    '/v1//models',
    '/v1/models/',
    '//api///v1//models//',
    '/v1//models?type=chat',
  ]) {
    assert.ok((await listIds(path)).length > 0, path)
  }
  assert.equal((await ask({ path: '//v1//chat//completions', body: chatBody() })).status, 200)
})

test('every listed id is found by itself, encoded or not, on both listeners', async () => {
  const ids = await listIds('/v1/models?type=all')
  assert.ok(ids.some((id) => id.startsWith('arn:') && id.includes('/')))
  for (const id of ids) {
    for (const form of [id, encodeURIComponent(id), id.replaceAll('/', '%2f'), id.replaceAll('/', '//')]) {
      for (const port of [daemon.port, Number(new URL(daemon.imagesUrl).port)]) {
        const reply = await sendRaw(port, { method: 'GET', path: `/v1/models/${form}`, headers: authorized })
        assert.equal(reply.status, 200, form)
        assert.equal(JSON.parse(reply.body).id, id)
      }
    }
  }
})

test('the images listener lists image models, the chat listener chat models, and each the other when asked', async () => {
  const images = Number(new URL(daemon.imagesUrl).port)
  const list = async (port: number, query = ''): Promise<string> =>
    (await sendRaw(port, { method: 'GET', path: `/v1/models${query}`, headers: authorized })).body
  assert.ok((await list(images)).includes('amazon.nova-canvas-v1:0'))
  assert.ok(!(await list(images)).includes(CHAT_MODEL))
  assert.equal(await list(images, '?type=chat'), await list(daemon.port))
  assert.equal(await list(daemon.port, '?type=image'), await list(images))
})

test('405 names the methods in Allow', async () => {
  for (const [method, path, allow] of [
    ['POST', '/v1/models', 'GET, HEAD'],
    ['GET', '/api/v1/chat/completions', 'POST'],
    ['DELETE', '/healthz', 'GET, HEAD'],
    ['HEAD', '/v1/rerank', 'POST'],
  ] as const) {
    const reply = await ask({ method, path })
    assert.equal(reply.status, 405)
    assert.equal(reply.headers.get('allow'), allow)
  }
})

for (const type of [
  'application/json',
  'application/json; charset=utf-8',
  'APPLICATION/JSON;charset=UTF-8',
  '',
]) {
  test(`the content type ${JSON.stringify(type)} is taken`, async () => {
    const headers = [...authorized, ['content-type', type] as const]
    assert.equal((await ask({ headers, body: chatBody() })).status, 200)
  })
}

test('a request without any content type is taken', async () => {
  assert.equal((await ask({ body: chatBody() })).status, 200)
})

for (const id of ['a', '0', 'req-1.2_3~4', 'f0e1d2c3-aaaa-bbbb-cccc-000000000000', 'x'.repeat(128)]) {
  test(`the request id ${id.slice(0, 40)} is echoed`, async () => {
    for (const request of [
      { method: 'GET', path: '/healthz' },
      { method: 'GET', path: '/nowhere' },
      { body: chatBody() },
      { body: chatBody({ stream: true }) },
      { body: '{' },
    ]) {
      const reply = await ask({ ...request, headers: [...authorized, ['x-request-id', id]] })
      assert.equal(reply.headers.get('x-request-id'), id)
    }
  })
}

for (const id of [
  '',
  ' ',
  'a b',
  'a\tb',
  'a"b',
  'a/b',
  'a%0d%0ab',
  '<a>',
  'a,b',
  'a:b',
  'é',
  '\x7f',
  'x'.repeat(129),
]) {
  test(`the request id ${JSON.stringify(id.slice(0, 40))} is replaced by one of the gateway's own`, async () => {
    const reply = await ask({ method: 'GET', path: '/healthz', headers: [['x-request-id', id]] })
    assert.match(reply.headers.get('x-request-id') ?? '', /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
  })
}

test('each request has its own line in the log, by pattern and without keys', async () => {
  const id = 'the-one-to-look-for'
  await ask({
    method: 'GET',
    path: '/v1/models/private-name',
    headers: [...authorized, ['x-request-id', id]],
  })
  const line = await daemon.waitForLine((one) => one['requestId'] === id)
  assert.equal(line['path'], '/v1/models/{id}')
  assert.equal(line['status'], 404)
  for (const text of ['private-name', ...Object.values(KEYS)])
    assert.ok(!daemon.output().includes(text), text)
})

test('without keys everybody on loopback is served, and a form post is still refused', async () => {
  const open = await startDaemon({ emulator })
  try {
    assert.equal((await sendRaw(open.port, { method: 'GET', path: '/v1/models' })).status, 200)
    assert.equal((await sendRaw(open.port, { body: chatBody(), headers: bearer('whatever') })).status, 200)
    for (const type of [
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=b',
      'text/plain',
    ]) {
      const reply = await sendRaw(open.port, { body: chatBody(), headers: [['content-type', type]] })
      assert.equal(reply.status, 415, type)
    }
  } finally {
    await open.stop()
  }
})
