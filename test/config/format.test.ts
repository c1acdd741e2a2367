import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { stringify } from 'yaml'
import { formatConfig } from '../../src/config.js'
import { load, loadOk, yaml, yamlPath } from './helpers.js'

test('the effective configuration shows values, counts secrets and says what limits the streams', () => {
  const { config } = loadOk({
    environment: {
      BEDROCKD_LISTEN: '[::1]:4000',
      BEDROCKD_IMAGES_LISTEN: '',
      API_KEY: 'sk-private-1,sk-private-2',
      AWS_BEARER_TOKEN_BEDROCK: 'sk-private-3',
    },
  })
  const text = formatConfig(config)
  for (const line of [
    'listen: "[::1]:4000"',
    'images_listen: ""',
    'api_keys: 2 keys hidden',
    'model_refresh_seconds: 300',
    'streams_max: 308',
    'connections_max: 616',
    '# AWS_BEARER_TOKEN_BEDROCK: set, hidden',
    '# streams_max and connections_max fit into 1024 file descriptors',
  ]) {
    assert.ok(text.split('\n').includes(line), `${line}\n${text}`)
  }
  assert.doesNotMatch(text, /sk-private/)
})

test('keys are counted in words', () => {
  const shown = (key: string) =>
    /^api_keys: .*$/m.exec(formatConfig(loadOk({ environment: { API_KEY: key } }).config))?.[0]
  assert.deepEqual(
    [shown(''), shown('a'), shown('a,b,c')],
    ['api_keys: none', 'api_keys: 1 key hidden', 'api_keys: 3 keys hidden'],
  )
})

test('what is shown can be loaded again and means the same', () => {
  const { config } = loadOk({
    ...yaml('aliases: { "a b": { model: x.y, regions: [eu-west-1] }, "true": { model: z.z } }'),
    environment: {
      BEDROCKD_LISTEN: '[::1]:4000',
      BEDROCKD_METRICS_LISTEN: '',
      BEDROCKD_REGIONS: 'us-west-2',
      BEDROCKD_MODELS_DENY: '*opus*,a.?',
      API_ROUTE_PREFIX: '/x/v1',
      ALLOWED_ORIGINS: '*',
      DEFAULT_MODEL: 'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
      BEDROCKD_DRAIN_DELAY_SECONDS: '0.25',
      BEDROCKD_GUARDRAIL_ID: 'abc123',
      BEDROCKD_GUARDRAIL_VERSION: '4',
      BEDROCKD_GUARDRAIL_STREAM_MODE: 'async',
      ENABLE_PROMPT_CACHING: 'false',
      BEDROCKD_PROMPT_CACHE_TTL: '1h',
    },
  })
  const text = formatConfig(config).replace(/^api_keys: none$/m, '')
  assert.deepEqual(loadOk(yaml(text)).config, config)
})

const secret = fc.stringMatching(/^sk-[a-zA-Z0-9]{12}$/)
/** Secrets as operators spoil them: spaces, control characters, commas, umlauts, quotes. */
const spoilt = fc
  .tuple(secret, fc.constantFrom('', ' x', '\u0007', ',', '\u00e4', '"', '\n'))
  .map(([text, tail]) => `${text}${tail}`)

test('no secret of the sources appears in problems, warnings or the shown configuration', () => {
  const sources = fc.record({
    environment: fc.record({
      API_KEY: spoilt,
      BEDROCKD_API_KEYS: spoilt,
      AWS_BEARER_TOKEN_BEDROCK: spoilt,
      AWS_SECRET_ACCESS_KEY: secret,
      MASTER: spoilt,
      BEDROCKD_LISTEN: fc.constantFrom('127.0.0.1:4000', '0.0.0.0:4000', 'nonsense'),
      BEDROCKD_API_KEYS_FILE: fc.oneof(fc.constant('/keys'), secret),
    }),
    keysFile: fc.array(spoilt, { maxLength: 3 }),
    yamlKeys: fc.oneof(spoilt, fc.array(fc.oneof(spoilt, fc.integer())), fc.dictionary(secret, fc.boolean())),
    masterKey: fc.oneof(spoilt, fc.constant('os.environ/MASTER'), fc.array(secret)),
    ignored: secret,
    cut: fc.option(fc.nat(400)),
  })
  const seen = { ok: 0, bad: 0 }
  fc.assert(
    fc.property(sources, ({ environment, keysFile, yamlKeys, masterKey, ignored, cut }) => {
      const document = stringify({
        general_settings: { master_key: masterKey, database_url: ignored },
        api_keys: yamlKeys,
        api_key: ignored,
        model_list: [{ model_name: 'm', litellm_params: { model: 'bedrock/a.b', api_key: ignored } }],
        environment_variables: { AWS_SECRET_ACCESS_KEY: ignored },
      })
      const files = {
        '/keys': keysFile.join('\n'),
        [yamlPath]: cut === null ? document : document.slice(0, cut),
      }
      const result = load({ environment, files })
      seen[result.type] += 1
      const texts = [...result.warnings]
      if (result.type === 'ok') texts.push(formatConfig(result.config))
      else texts.push(...result.problems)
      assert.doesNotMatch(texts.join('\n'), /sk-[a-zA-Z0-9]{12}/)
    }),
    { numRuns: 400, seed: 20_261_121 },
  )
  assert.ok(seen.ok > 0 && seen.bad > 0, JSON.stringify(seen))
})
