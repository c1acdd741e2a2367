import assert from 'node:assert/strict'
import { test } from 'node:test'
import { resolveAdminSocket } from '../../src/admin/socket-path.js'
import { settingNames, settingRows } from '../../src/config/settings.js'
import { load, loadBad, loadOk, yaml, yamlPath } from './helpers.js'

const limits = (soft: string): string =>
  `Limit                     Soft Limit           Hard Limit           Units     \nMax open files            ${soft.padEnd(20)} 524288               files     \n`

test('without any setting the defaults of the contract hold', () => {
  const { config, warnings } = loadOk({})
  assert.deepEqual(warnings, [])
  assert.deepEqual(config, {
    listen: { host: '127.0.0.1', port: 4000 },
    imagesListen: { host: '127.0.0.1', port: 4100 },
    metricsListen: { host: '127.0.0.1', port: 9464 },
    adminSocket: '/home/ada/.local/state/bedrockd/admin.sock',
    reusePort: false,
    apiKeys: [],
    routePrefixes: ['/v1', '/api/v1'],
    stateDir: '/home/ada/.local/state/bedrockd',
    regions: ['us-east-1'],
    modelRefreshSeconds: 300,
    refreshDeadlineSeconds: 30,
    firstRefreshWaitSeconds: 8,
    modelsLegacy: false,
    modelsAllow: [],
    modelsDeny: [],
    crossRegionInference: true,
    applicationInferenceProfiles: true,
    aliases: [],
    defaultModel: null,
    defaultEmbeddingModel: null,
    defaultImageModel: null,
    defaultImageEditModel: null,
    defaultRerankModel: null,
    promptCaching: 'auto',
    promptCacheTtl: '5m',
    outputTokensDefault: 16384,
    choicesMax: 8,
    dropParams: true,
    guardrail: null,
    guardrailRequired: false,
    toolRoundErrorsInStream: false,
    reasoningKeepSeconds: 3600,
    reasoningKeepBytesMax: 16777216,
    fetchUrls: true,
    fetchSeconds: 5,
    fetchBytesMax: 26214400,
    mantle: true,
    imagesMax: 10,
    imageCallsMax: 16,
    imageRequestsMax: 64,
    imagesInChat: true,
    chatImageBytesMax: 96000,
    imageLinkSeconds: 3600,
    imageLinkBytesMax: 536870912,
    publicUrl: null,
    embeddingInputsMax: 2048,
    embeddingCallsMax: 16,
    embeddingWaitSeconds: 300,
    logLevel: 'info',
    allowedOrigins: [],
    bodyBytesMax: 26214400,
    bodiesBytesMax: 1073741824,
    bodyInlineBytesMax: 262144,
    streamSilenceSeconds: 600,
    upstreamSeconds: 3600,
    pingSeconds: 15,
    writeStallSeconds: 20,
    streamBufferBytesMax: 262144,
    streamsMax: 308,
    connectionsMax: 616,
    descriptorLimit: 1024,
    drainSeconds: 30,
    drainDelaySeconds: 0,
    bearerToken: null,
  })
})

test('every row of the table has a YAML key that is its variable in lower case, or none', () => {
  for (const name of settingNames) {
    const { variable, yamlKey } = settingRows[name]
    if (yamlKey !== null) assert.equal(yamlKey, variable.replace(/^BEDROCKD_/, '').toLowerCase())
  }
})

test('the environment goes before the file, and the file before the default', () => {
  const file = yaml('ping_seconds: 5\ndrain_seconds: 7.5\nmodels_deny: [a.*, b.*]\nlog_level: debug\n')
  const { config } = loadOk({
    ...file,
    environment: { BEDROCKD_PING_SECONDS: '9', BEDROCKD_LOG_LEVEL: 'WARN' },
  })
  assert.equal(config.pingSeconds, 9)
  assert.equal(config.drainSeconds, 7.5)
  assert.equal(config.logLevel, 'warn')
  assert.deepEqual(config.modelsDeny, ['a.*', 'b.*'])
  assert.equal(config.modelRefreshSeconds, 300)
})

test('an empty variable counts as not set, but turns the optional listeners off', () => {
  const { config } = loadOk({
    ...yaml('ping_seconds: 5\n'),
    environment: {
      BEDROCKD_PING_SECONDS: '',
      BEDROCKD_LISTEN: ' ',
      BEDROCKD_IMAGES_LISTEN: '',
      BEDROCKD_METRICS_LISTEN: '',
      API_KEY: '',
      PORT: '',
    },
  })
  assert.equal(config.pingSeconds, 5)
  assert.equal(config.listen.port, 4000)
  assert.equal(config.imagesListen, null)
  assert.equal(config.metricsListen, null)
  assert.deepEqual(config.apiKeys, [])
})

test('the YAML file turns the optional listeners off by nothing, an empty text or false', () => {
  for (const value of ['', "''", 'false']) {
    const { config } = loadOk(yaml(`images_listen: ${value}\nmetrics_listen: ${value}\n`))
    assert.deepEqual([config.imagesListen, config.metricsListen], [null, null], value)
  }
})

test('every problem comes in one go, and each names key, value and what was expected', () => {
  const problems = loadBad({
    ...yaml('drain_seconds: soon\nreuse_port: maybe\nbody_bytes_max: 1.5\n'),
    environment: {
      BEDROCKD_LISTEN: '4000',
      BEDROCKD_PING_SECONDS: '-1',
      BEDROCKD_STREAMS_MAX: '0',
      BEDROCKD_LOG_LEVEL: 'loud',
      BEDROCKD_REGIONS: 'us-east-1,mars',
      BEDROCKD_STATE_DIR: 'state',
      BEDROCKD_MODELS_ALLOW: 'a b',
      API_ROUTE_PREFIX: 'api',
      ALLOWED_ORIGINS: 'chat.example.com',
      DEFAULT_MODEL: 'a\u0007b',
      PORT: '70000',
    },
  })
  const expected: readonly (readonly [string, string])[] = [
    ['BEDROCKD_LISTEN: expected host:port', 'got "4000"'],
    ['BEDROCKD_PING_SECONDS: expected seconds from 0.05 to 3600', 'got "-1"'],
    ['BEDROCKD_STREAMS_MAX: expected a whole number from 1', 'got "0"'],
    ['BEDROCKD_LOG_LEVEL: expected one of trace, debug', 'got "loud"'],
    ['BEDROCKD_REGIONS: expected AWS region names', 'got "us-east-1,mars"'],
    ['BEDROCKD_STATE_DIR: expected an absolute path', 'got "state"'],
    ['BEDROCKD_MODELS_ALLOW: expected model id globs', 'got "a b"'],
    ['API_ROUTE_PREFIX: expected a path such as /api/v1', 'got "api"'],
    ['ALLOWED_ORIGINS: expected * or origins', 'got "chat.example.com"'],
    ['DEFAULT_MODEL: expected a model id', 'got "a\\u0007b"'],
    ['PORT: expected a port number from 0 to 65535', 'got "70000"'],
    [`drain_seconds (${yamlPath}): expected seconds from 0 to 86400`, 'got "soon"'],
    [`reuse_port (${yamlPath}): expected true or false`, 'got "maybe"'],
    [`body_bytes_max (${yamlPath}): expected a whole number of bytes`, 'got 1.5'],
  ]
  for (const [start, end] of expected) {
    const found = problems.filter((problem) => problem.startsWith(start) && problem.endsWith(end))
    assert.equal(found.length, 1, `${start} … ${end}\n${problems.join('\n')}`)
  }
  assert.equal(problems.length, expected.length)
})

test('numbers are decimal and stay inside the range of the table', () => {
  const refused = ['0x10', '1e3', '', 'NaN', 'Infinity', '1_000', '99999999', '0.5']
  for (const text of refused.filter((value) => value !== '')) {
    assert.equal(load({ environment: { BEDROCKD_MODEL_REFRESH_SECONDS: text } }).type, 'bad', text)
  }
  assert.equal(
    loadOk({ environment: { BEDROCKD_MODEL_REFRESH_SECONDS: '1.5' } }).config.modelRefreshSeconds,
    1.5,
  )
  assert.equal(loadOk(yaml('model_refresh_seconds: 86400')).config.modelRefreshSeconds, 86400)
  assert.equal(load(yaml('model_refresh_seconds: .nan')).type, 'bad')
})

test('an unknown variable or YAML key is a problem that names the nearest known one', () => {
  const problems = loadBad({
    ...yaml('ping_secods: 5\nLISTEN: x\nalias: {}\n'),
    environment: { BEDROCKD_STREAM_MAX: '5', BEDROCKD_DEFAULT_MODEL: 'x', OTHER_THING: 'y' },
  })
  assert.deepEqual(problems, [
    'BEDROCKD_STREAM_MAX: expected a known setting, the nearest is BEDROCKD_STREAMS_MAX',
    'BEDROCKD_DEFAULT_MODEL: expected a known setting, the nearest is DEFAULT_MODEL',
    `ping_secods (${yamlPath}): expected a known setting, the nearest is ping_seconds`,
    `LISTEN (${yamlPath}): expected a known setting, the nearest is listen`,
    `alias (${yamlPath}): expected a known setting, the nearest is aliases`,
  ])
})

test('the names of the sample gateway work unchanged', () => {
  const { config } = loadOk({
    environment: {
      API_KEY: 'sk-1',
      API_ROUTE_PREFIX: '/bedrock/v1/',
      DEFAULT_MODEL: 'anthropic.claude-3-sonnet-20240229-v1:0',
      DEFAULT_EMBEDDING_MODEL: 'cohere.embed-multilingual-v3',
      ENABLE_CROSS_REGION_INFERENCE: 'False',
      ENABLE_APPLICATION_INFERENCE_PROFILES: 'false',
      ENABLE_PROMPT_CACHING: 'true',
      ALLOWED_ORIGINS: 'https://Chat.example.com/, http://localhost:3000',
      PORT: '8080',
      AWS_REGION: 'eu-central-1',
    },
  })
  assert.deepEqual(config.apiKeys, ['sk-1'])
  assert.deepEqual(config.routePrefixes, ['/v1', '/api/v1', '/bedrock/v1'])
  assert.equal(config.defaultModel, 'anthropic.claude-3-sonnet-20240229-v1:0')
  assert.equal(config.defaultEmbeddingModel, 'cohere.embed-multilingual-v3')
  assert.equal(config.crossRegionInference, false)
  assert.equal(config.applicationInferenceProfiles, false)
  assert.equal(config.promptCaching, 'auto')
  assert.deepEqual(config.allowedOrigins, ['https://chat.example.com', 'http://localhost:3000'])
  assert.deepEqual(config.listen, { host: '0.0.0.0', port: 8080 })
  assert.deepEqual(config.regions, ['eu-central-1'])
})

test('a route prefix that is there anyway is not there twice, and * stands alone among origins', () => {
  const { config } = loadOk({
    environment: { API_ROUTE_PREFIX: '/api/v1', ALLOWED_ORIGINS: 'https://a.example, *' },
  })
  assert.deepEqual(config.routePrefixes, ['/v1', '/api/v1'])
  assert.deepEqual(config.allowedOrigins, ['*'])
})

test('PORT goes before the file, and BEDROCKD_LISTEN before PORT with a warning', () => {
  const environment = { PORT: '8080', API_KEY: 'sk-1' }
  assert.deepEqual(loadOk({ ...yaml('listen: 127.0.0.1:1'), environment }).config.listen, {
    host: '0.0.0.0',
    port: 8080,
  })
  const both = loadOk({ environment: { ...environment, BEDROCKD_LISTEN: '127.0.0.1:5' } })
  assert.deepEqual(both.config.listen, { host: '127.0.0.1', port: 5 })
  assert.deepEqual(both.warnings, ['PORT: ignored, BEDROCKD_LISTEN is set'])
})

test('listeners take IPv6 in brackets, port 0, host names and :port for every interface', () => {
  const listen = (text: string) =>
    loadOk({ environment: { BEDROCKD_LISTEN: text, API_KEY: 'sk-1' } }).config.listen
  assert.deepEqual(listen('[::1]:4000'), { host: '::1', port: 4000 })
  assert.deepEqual(listen('127.0.0.1:0'), { host: '127.0.0.1', port: 0 })
  assert.deepEqual(listen('localhost:4000'), { host: 'localhost', port: 4000 })
  assert.deepEqual(listen('gateway.example.com:80'), { host: 'gateway.example.com', port: 80 })
  assert.deepEqual(listen(':4000'), { host: '0.0.0.0', port: 4000 })
})

test('listeners refuse bare ports, IPv6 without brackets, bad numbers and URLs', () => {
  const refused = [
    '4000',
    '::1:4000',
    '127.0.0.1',
    '127.0.0.1:65536',
    '300.1.1.1:80',
    '[::g]:1',
    'http://x:1',
    'a b:1',
  ]
  for (const text of refused) {
    assert.equal(load({ environment: { BEDROCKD_LISTEN: text, API_KEY: 'k' } }).type, 'bad', text)
  }
  assert.equal(load(yaml('listen: 4000')).type, 'bad')
})

test('two listeners on one address are a problem, also through a wildcard or localhost', () => {
  const pairs = [
    ['127.0.0.1:5000', '127.0.0.1:5000'],
    ['0.0.0.0:5000', '127.0.0.1:5000'],
    ['localhost:5000', '127.0.0.1:5000'],
    ['[::1]:5000', '[0:0:0:0:0:0:0:1]:5000'],
    ['[::]:5000', '10.0.0.1:5000'],
  ] as const
  for (const [listen, images] of pairs) {
    const environment = { BEDROCKD_LISTEN: listen, BEDROCKD_IMAGES_LISTEN: images, API_KEY: 'k' }
    const problems = loadBad({ environment })
    assert.equal(problems.length, 1, `${listen} ${images}`)
    assert.match(problems[0] ?? '', /^BEDROCKD_IMAGES_LISTEN: expected another address than BEDROCKD_LISTEN/)
  }
})

test('two listeners may share a host, a port on different hosts, and port 0', () => {
  for (const [listen, images] of [
    ['127.0.0.1:5000', '127.0.0.2:5000'],
    ['127.0.0.1:0', '127.0.0.1:0'],
    ['127.0.0.1:5000', '[::1]:5000'],
  ] as const) {
    loadOk({ environment: { BEDROCKD_LISTEN: listen, BEDROCKD_IMAGES_LISTEN: images } })
  }
})

test('regions come from the setting, then AWS_REGION, AWS_DEFAULT_REGION and the aliases', () => {
  const aliases = yaml('aliases: { fast: { model: a.b, regions: [eu-west-1, us-west-2] } }')
  const regions = (environment: Record<string, string>, sources = {}) =>
    loadOk({ ...sources, environment }).config.regions
  assert.deepEqual(regions({ BEDROCKD_REGIONS: 'us-west-2, eusc-de-east-1', AWS_REGION: 'eu-west-1' }), [
    'us-west-2',
    'eusc-de-east-1',
  ])
  assert.deepEqual(regions({ AWS_REGION: 'us-gov-west-1', AWS_DEFAULT_REGION: 'eu-west-1' }), [
    'us-gov-west-1',
  ])
  assert.deepEqual(regions({ AWS_DEFAULT_REGION: 'eu-west-1' }), ['eu-west-1'])
  assert.deepEqual(regions({ AWS_REGION: 'us-west-2' }, yaml('regions: [eu-north-1]')), ['eu-north-1'])
  assert.deepEqual(regions({}, aliases), ['eu-west-1', 'us-west-2'])
  assert.deepEqual(regions({ AWS_REGION: 'us-west-2' }, aliases), ['us-west-2', 'eu-west-1'])
  assert.match(loadBad({ environment: { AWS_REGION: 'moon' } })[0] ?? '', /^AWS_REGION: .*got "moon"$/)
})

test('the state folder is the first of systemd, else under the home folder, else a problem', () => {
  assert.equal(
    loadOk({ environment: { STATE_DIRECTORY: '/var/lib/a:/var/lib/b' } }).config.stateDir,
    '/var/lib/a',
  )
  assert.equal(
    loadOk({ environment: { STATE_DIRECTORY: '/var/lib/a', BEDROCKD_STATE_DIR: '/srv/x' } }).config.stateDir,
    '/srv/x',
  )
  assert.match(loadBad({ environment: { HOME: '' } })[0] ?? '', /^BEDROCKD_STATE_DIR: expected a folder/)
})

test('the admin socket is in the runtime folder, the folder of the user, or the state folder', () => {
  const both = { RUNTIME_DIRECTORY: '/run/bedrockd/1:/run/x', XDG_RUNTIME_DIR: '/run/user/7' }
  assert.equal(resolveAdminSocket(both, '/s'), '/run/bedrockd/1/admin.sock')
  assert.equal(
    resolveAdminSocket({ XDG_RUNTIME_DIR: '/run/user/7' }, '/s'),
    '/run/user/7/bedrockd/admin.sock',
  )
  assert.equal(resolveAdminSocket({ XDG_RUNTIME_DIR: '' }, '/s'), '/s/admin.sock')
  const socket = `/${'s'.repeat(107)}`
  assert.match(loadBad({ environment: { BEDROCKD_ADMIN_SOCKET: socket } })[0] ?? '', /at most 107 bytes/)
})

test('streams and connections fit below the descriptor limit with one upstream socket per stream', () => {
  for (const soft of ['256', '1024', '4096', '65536', '524288', 'unlimited']) {
    const { config } = loadOk({ files: { '/proc/self/limits': limits(soft) } })
    const limit = soft === 'unlimited' ? Number.MAX_SAFE_INTEGER : Number(soft)
    assert.equal(config.descriptorLimit, limit)
    assert.ok(config.streamsMax + config.connectionsMax + 100 <= limit, soft)
    assert.ok(config.streamsMax <= 10_000 && config.connectionsMax <= 30_000, soft)
    assert.ok(config.connectionsMax >= config.streamsMax && config.streamsMax >= 50, soft)
  }
})

test('a given limit of streams or connections leaves the rest to the other one', () => {
  const files = { '/proc/self/limits': limits('1100') }
  const admission = (environment: Record<string, string>) => {
    const { config } = loadOk({ files, environment })
    return [config.streamsMax, config.connectionsMax]
  }
  assert.deepEqual(admission({ BEDROCKD_STREAMS_MAX: '600' }), [600, 400])
  assert.deepEqual(admission({ BEDROCKD_CONNECTIONS_MAX: '700' }), [300, 700])
  assert.deepEqual(admission({ BEDROCKD_CONNECTIONS_MAX: '50' }), [50, 50])
  assert.deepEqual(admission({ BEDROCKD_STREAMS_MAX: '5', BEDROCKD_CONNECTIONS_MAX: '9' }), [5, 9])
})

test('limits that the descriptors cannot carry are a problem, as is a tiny descriptor limit', () => {
  const files = { '/proc/self/limits': limits('1100') }
  const environments = [
    { BEDROCKD_STREAMS_MAX: '1000' },
    { BEDROCKD_CONNECTIONS_MAX: '1000' },
    { BEDROCKD_STREAMS_MAX: '501', BEDROCKD_CONNECTIONS_MAX: '500' },
  ]
  for (const environment of environments) {
    const problems = loadBad({ files, environment })
    assert.equal(problems.length, 1)
    assert.match(problems[0] ?? '', /1100 file descriptors .*LimitNOFILE/)
  }
  assert.equal(load({ files: { '/proc/self/limits': limits('64') } }).type, 'bad')
})

test('the bearer token of the AWS SDK is taken, and refused hidden when it cannot be a header', () => {
  assert.equal(loadOk({ environment: { AWS_BEARER_TOKEN_BEDROCK: 'tok' } }).config.bearerToken, 'tok')
  const problems = loadBad({ environment: { AWS_BEARER_TOKEN_BEDROCK: 'tok en' } })
  assert.equal(
    problems[0],
    'AWS_BEARER_TOKEN_BEDROCK: expected printable ASCII without spaces, got a hidden value',
  )
})

test('prompt caching: our setting, else the one of the sample gateway, else automatic', () => {
  const mode = (environment: Record<string, string>) => loadOk({ environment }).config.promptCaching
  assert.equal(mode({}), 'auto')
  for (const value of ['auto', 'explicit', 'off'])
    assert.equal(mode({ BEDROCKD_PROMPT_CACHING: value }), value)
  assert.equal(mode({ ENABLE_PROMPT_CACHING: 'true' }), 'auto')
  assert.equal(mode({ ENABLE_PROMPT_CACHING: 'false' }), 'explicit')
  assert.equal(mode({ ENABLE_PROMPT_CACHING: 'true', BEDROCKD_PROMPT_CACHING: 'OFF' }), 'off')
  assert.equal(loadOk(yaml('prompt_caching: off')).config.promptCaching, 'off')
  assert.equal(loadOk(yaml('enable_prompt_caching: no')).config.promptCaching, 'explicit')
})

test('a guardrail for every chat: id or ARN, version and stream mode', () => {
  const arn = 'arn:aws:bedrock:us-east-1:123456789012:guardrail/abc123'
  const guardrail = (environment: Record<string, string>) => loadOk({ environment }).config.guardrail
  assert.deepEqual(guardrail({ BEDROCKD_GUARDRAIL_ID: arn }), {
    identifier: arn,
    version: 'DRAFT',
    trace: null,
    streamMode: 'sync',
  })
  assert.deepEqual(
    guardrail({
      BEDROCKD_GUARDRAIL_ID: 'abc123',
      BEDROCKD_GUARDRAIL_VERSION: '12',
      BEDROCKD_GUARDRAIL_STREAM_MODE: 'Async',
    }),
    { identifier: 'abc123', version: '12', trace: null, streamMode: 'async' },
  )
  const { config } = loadOk(yaml('guardrail_id: abc\nguardrail_version: 7'))
  assert.equal(config.guardrail?.version, '7')
})

test('version or stream mode of a guardrail without its id is a warning', () => {
  const { config, warnings } = loadOk({
    ...yaml('guardrail_stream_mode: async'),
    environment: { BEDROCKD_GUARDRAIL_VERSION: '3' },
  })
  assert.equal(config.guardrail, null)
  assert.deepEqual(warnings, [
    'BEDROCKD_GUARDRAIL_VERSION: ignored, BEDROCKD_GUARDRAIL_ID is not set',
    'BEDROCKD_GUARDRAIL_STREAM_MODE: ignored, BEDROCKD_GUARDRAIL_ID is not set',
  ])
})

test('the words and ids of caching and guardrails are checked, each problem once', () => {
  const expected = {
    BEDROCKD_PROMPT_CACHING: 'one of auto, explicit, off',
    ENABLE_PROMPT_CACHING: 'true or false (also yes, no, on, off, 1, 0)',
    BEDROCKD_PROMPT_CACHE_TTL: 'one of 5m, 1h',
    BEDROCKD_GUARDRAIL_ID: 'the id or ARN of a guardrail',
    BEDROCKD_GUARDRAIL_VERSION: 'DRAFT or a number',
    BEDROCKD_GUARDRAIL_STREAM_MODE: 'one of sync, async',
    BEDROCKD_TOOL_ROUND_ERRORS_IN_STREAM: 'true or false (also yes, no, on, off, 1, 0)',
    BEDROCKD_CHOICES_MAX: 'a whole number from 1 to 128',
    BEDROCKD_OUTPUT_TOKENS_DEFAULT: 'a whole number from 0 to 1000000',
  }
  const environment = Object.fromEntries(Object.keys(expected).map((name) => [name, 'Some-Thing']))
  assert.deepEqual(
    [...loadBad({ environment })].sort(),
    Object.entries(expected)
      .map(([name, words]) => `${name}: expected ${words}, got "Some-Thing"`)
      .sort(),
  )
})
