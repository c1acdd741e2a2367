import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRouter } from '../../src/http/router.js'

const PREFIXES = ['/v1', '/api/v1', '/bedrock/x'] as const
const matchRoute = createRouter(PREFIXES)

const API = [
  ['GET', '/models', 'models'],
  ['POST', '/chat/completions', 'chat'],
  ['POST', '/embeddings', 'embeddings'],
  ['POST', '/rerank', 'rerank'],
  ['POST', '/images/generations', 'imageGenerations'],
  ['POST', '/images/edits', 'imageEdits'],
] as const

for (const prefix of PREFIXES) {
  test(`every route of the contract is found under ${prefix}`, () => {
    for (const [method, path, name] of API) {
      const pattern = prefix + path
      assert.deepEqual(matchRoute(method, pattern), {
        type: 'route',
        name,
        needsKey: true,
        prefix,
        pattern,
        id: '',
      })
    }
    assert.deepEqual(matchRoute('GET', `${prefix}/models/a.b`), {
      type: 'route',
      name: 'model',
      needsKey: true,
      prefix,
      pattern: `${prefix}/models/{id}`,
      id: 'a.b',
    })
  })

  test(`pictures are found under ${prefix} without a key`, () => {
    assert.deepEqual(matchRoute('GET', `${prefix}/images/files/a.png`), {
      type: 'route',
      name: 'imageFile',
      needsKey: false,
      prefix,
      pattern: `${prefix}/images/files/{id}`,
      id: 'a.png',
    })
  })
}

test('routes without a prefix need no key, and are not found under one', () => {
  for (const [path, name] of [
    ['/', 'root'],
    ['/healthz', 'healthz'],
    ['/readyz', 'readyz'],
    ['/version', 'version'],
  ] as const) {
    assert.deepEqual(matchRoute('GET', path), {
      type: 'route',
      name,
      needsKey: false,
      prefix: '',
      pattern: path,
      id: '',
    })
    if (path !== '/') assert.equal(matchRoute('GET', `/v1${path}`).type, 'not-found')
  }
})

const ARN = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2c3'

for (const [path, id] of [
  [`/v1/models/${ARN}`, ARN],
  [`/v1/models/${encodeURIComponent(ARN)}`, ARN],
  [`/v1/models/${ARN.replaceAll(':', '%3a')}`, ARN],
  ['/v1/models/us.amazon.nova-lite-v1%3A0', 'us.amazon.nova-lite-v1:0'],
  ['//v1///models//a.b', 'a.b'],
  ['/v1/models/%', '%'],
  ['/v1/models/%ff', '%ff'],
  ['/v1/models/a%00b', 'a\0b'],
  ['/v1/models/..', '..'],
  ['/v1/models/chat/completions', 'chat/completions'],
] as const) {
  test(`the id of ${path} is ${JSON.stringify(id)}`, () => {
    const match = matchRoute('GET', path)
    assert.equal(match.type === 'route' && match.name === 'model' ? match.id : match.type, id)
  })
}

for (const path of [
  '//models',
  '/v1//models',
  '//v1/models',
  '/v1/models/',
  '/v1/models//',
  '///api//v1///models',
]) {
  test(`${path} is ${path === '//models' ? 'nothing without a prefix' : 'the list'}`, () => {
    const match = matchRoute('GET', path)
    assert.equal(
      match.type === 'route' ? match.name : match.type,
      path === '//models' ? 'not-found' : 'models',
    )
  })
}

for (const path of [
  '',
  'v1/models',
  '/V1/models',
  '/v1',
  '/v1/',
  '/v1/model',
  '/v1/modelsx',
  '/v1/%6dodels',
  '/v1%2Fmodels',
  '/v1/../v1/models',
  '/v1/models#x',
  '/v1/chat',
  '/v1/chat/completions/x',
  '/v1/images/files',
  '/images/files/a.png',
  '/constructor',
  '/__proto__',
  '/v1/__proto__',
]) {
  test(`there is nothing at ${JSON.stringify(path)}`, () => {
    assert.equal(matchRoute('GET', path).type, 'not-found')
    assert.equal(matchRoute('POST', path).type, 'not-found')
  })
}

for (const [method, path, allow] of [
  ['POST', '/v1/models', 'GET, HEAD'],
  ['DELETE', '/v1/models/a.b', 'GET, HEAD'],
  ['get', '/v1/models', 'GET, HEAD'],
  ['GET', '/v1/chat/completions', 'POST'],
  ['HEAD', '/v1/chat/completions', 'POST'],
  ['OPTIONS', '/v1/embeddings', 'POST'],
  ['POST', '/v1/images/files/a.png', 'GET, HEAD'],
  ['', '/healthz', 'GET, HEAD'],
] as const) {
  test(`${method || 'an empty method'} ${path} is told to use ${allow}`, () => {
    const match = matchRoute(method, path)
    assert.equal(match.type === 'method-not-allowed' ? match.allow : match.type, allow)
  })
}

test('HEAD stands for GET', () => {
  const match = matchRoute('HEAD', '/v1/models')
  assert.equal(match.type === 'route' ? match.name : match.type, 'models')
})

test('a path of a million slashes is one slash', () => {
  assert.equal(matchRoute('GET', '/'.repeat(1_000_000)).type, 'route')
})
