import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FileRead } from '../../src/config.js'
import { loadBad, loadOk, yaml, yamlPath } from './helpers.js'

const outside = { BEDROCKD_LISTEN: '0.0.0.0:4000' }

test('all key settings add up, each key once', () => {
  const { config } = loadOk({
    environment: {
      API_KEY: 'k1',
      BEDROCKD_API_KEYS: 'k2, ,k3,k1,',
      BEDROCKD_API_KEYS_FILE: '/keys',
      MASTER: 'k7',
    },
    files: {
      '/keys': '\uFEFFk4\r\n\n  k5  \n',
      [yamlPath]: 'api_keys: [k6, k2]\napi_key: k8\ngeneral_settings: { master_key: os.environ/MASTER }\n',
    },
  })
  assert.deepEqual([...config.apiKeys].sort(), ['k1', 'k2', 'k3', 'k4', 'k5', 'k6', 'k7', 'k8'])
})

test('without a key only loopback listeners are allowed', () => {
  loadOk({ environment: { BEDROCKD_LISTEN: '127.8.9.1:4000', BEDROCKD_IMAGES_LISTEN: '[::1]:4100' } })
  loadOk({ environment: { BEDROCKD_LISTEN: 'localhost:4000', BEDROCKD_METRICS_LISTEN: '0.0.0.0:9464' } })
  const reachable = [
    outside,
    { PORT: '8080' },
    { BEDROCKD_LISTEN: ':4000' },
    { BEDROCKD_LISTEN: '[::]:4000' },
    { BEDROCKD_LISTEN: 'gateway:4000' },
    { BEDROCKD_IMAGES_LISTEN: '10.0.0.7:4100' },
  ]
  for (const environment of reachable) {
    const problems = loadBad({ environment: { ...environment } })
    assert.equal(problems.length, 1)
    assert.match(problems[0] ?? '', /reached from outside: set BEDROCKD_API_KEYS or .* 127\.0\.0\.1 only$/)
    loadOk({ environment: { ...environment, API_KEY: 'k' } })
  }
})

test('an absent or empty keys file is a warning on loopback and a problem elsewhere', () => {
  const states: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
    ['is absent', {}],
    ['is empty', { '/keys': '' }],
    ['is empty', { '/keys': ' \n\n' }],
  ]
  for (const [state, files] of states) {
    const environment = { BEDROCKD_API_KEYS_FILE: '/keys' }
    const { config, warnings } = loadOk({ files, environment })
    assert.deepEqual(config.apiKeys, [])
    assert.deepEqual(warnings, [`BEDROCKD_API_KEYS_FILE: /keys ${state}, no key is taken from it`])
    const problem = `BEDROCKD_API_KEYS_FILE: expected a file with at least one key, /keys ${state}`
    assert.deepEqual(loadBad({ files, environment: { ...environment, ...outside } }), [problem])
    assert.deepEqual(loadBad({ files, environment: { ...environment, ...outside, API_KEY: 'k' } }), [problem])
  }
})

test('a keys file that cannot be read is a problem also on loopback', () => {
  const denied: FileRead = { type: 'unreadable', reason: 'EACCES' }
  const problems = loadBad({ files: { '/keys': denied }, environment: { BEDROCKD_API_KEYS_FILE: '/keys' } })
  assert.match(
    problems[0] ?? '',
    /^BEDROCKD_API_KEYS_FILE: expected a file that can be read, \/keys gives EACCES$/,
  )
})

test('a bad line of the keys file is named by its number and not shown', () => {
  const files = { '/keys': 'good\nsk private\nsk-one,sk-two\nsk-\u0001\nsk-\u00e4\n' }
  const problems = loadBad({ files, environment: { BEDROCKD_API_KEYS_FILE: '/keys' } })
  assert.deepEqual(
    problems.map((problem) => /line (\d+) of \/keys/.exec(problem)?.[1]),
    ['2', '3', '4', '5'],
  )
  assert.doesNotMatch(problems.join(), /sk-|sk /)
})

test('a key with white space or control characters, or one that is no text, is refused hidden', () => {
  const hidden = /expected keys of printable ASCII .*, got a hidden value$/
  assert.match(loadBad({ environment: { API_KEY: 'my private key' } })[0] ?? '', hidden)
  assert.match(loadBad({ environment: { BEDROCKD_API_KEYS: 'a,b\u007f' } })[0] ?? '', hidden)
  assert.match(loadBad(yaml('api_keys: [123456]'))[0] ?? '', hidden)
  assert.match(loadBad(yaml('api_keys: { sk-private: ada }'))[0] ?? '', hidden)
})

test('a key written where the name of its file belongs is not shown', () => {
  const problems = loadBad({ environment: { BEDROCKD_API_KEYS_FILE: 'sk-private' } })
  assert.deepEqual(problems, ['BEDROCKD_API_KEYS_FILE: expected an absolute path, got a hidden value'])
})
