import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NO_DEFAULTS } from '../../src/config/types.js'
import { readTextFile } from '../../src/config.js'
import { loadBad, loadOk, yaml, yamlPath } from './helpers.js'

test('several files are merged in order: a later one wins, aliases and keys add up', () => {
  const files = {
    '/a.yaml':
      'ping_seconds: 1\ndrain_seconds: 2\napi_keys: [ka]\naliases: { x: { model: a.a }, y: { model: a.b } }',
    '/b.yaml': 'ping_seconds: 3\napi_keys: kb1, kb2\naliases: { y: { model: b.b }, z: { model: b.c } }',
  }
  for (const text of ['/a.yaml:/b.yaml', '/a.yaml,/b.yaml', ' /a.yaml , /b.yaml,']) {
    const { config } = loadOk({ files, environment: { BEDROCKD_CONFIG: text } })
    assert.equal(config.pingSeconds, 3)
    assert.equal(config.drainSeconds, 2)
    assert.deepEqual([...config.apiKeys].sort(), ['ka', 'kb1', 'kb2'])
    assert.deepEqual(
      config.aliases.map(({ name, model }) => [name, model]),
      [
        ['x', 'a.a'],
        ['y', 'b.b'],
        ['z', 'b.c'],
      ],
    )
  }
})

test('--config goes before BEDROCKD_CONFIG, which goes before the default file', () => {
  const files = { '/a': 'ping_seconds: 1', '/b': 'ping_seconds: 2', [yamlPath]: 'ping_seconds: 3' }
  const ping = (configFiles: string[], environment: Record<string, string>) =>
    loadOk({ files, configFiles, environment }).config.pingSeconds
  assert.equal(ping(['/a'], { BEDROCKD_CONFIG: '/b' }), 1)
  assert.equal(ping(['/a', '/b'], {}), 2)
  assert.equal(ping(['/b:/a'], {}), 1)
  assert.equal(ping([], { BEDROCKD_CONFIG: '/b' }), 2)
  assert.equal(ping([], {}), 3)
})

test('a file that was named must be there and readable; the default file only readable', () => {
  assert.match(
    loadBad({ configFiles: ['/none.yaml'] })[0] ?? '',
    /^\/none\.yaml: expected a YAML file, found none$/,
  )
  assert.match(loadBad({ environment: { BEDROCKD_CONFIG: '/none.yaml' } })[0] ?? '', /found none/)
  const denied = { type: 'unreadable', reason: 'EACCES' } as const
  assert.match(loadBad({ files: { [yamlPath]: denied } })[0] ?? '', /EACCES/)
})

test('an empty file and a file of comments set nothing', () => {
  assert.equal(loadOk(yaml('')).config.pingSeconds, 15)
  assert.equal(loadOk(yaml('# nothing\n---\n')).config.pingSeconds, 15)
})

test('what is not a YAML mapping is a problem with a position and without a quote of the file', () => {
  const broken = [
    'api_keys: [sk-private',
    'api_keys: *sk-private',
    'listen: a\nlisten: sk-private',
    '"sk-private',
  ]
  for (const text of broken) {
    const problems = loadBad(yaml(text))
    assert.equal(problems.length, 1, text)
    assert.match(problems[0] ?? '', /YAML/)
    assert.doesNotMatch(problems[0] ?? '', /sk-private/)
  }
  assert.match(loadBad(yaml('listen: a\nlisten: b'))[0] ?? '', /DUPLICATE_KEY at line 2, column 1$/)
  for (const text of ['- a', 'text', '17']) assert.match(loadBad(yaml(text))[0] ?? '', /a YAML mapping/)
})

test('an alias bomb ends as a problem', () => {
  const levels = Array.from({ length: 9 }, (_, level) => {
    const items =
      level === 0
        ? 'x'
        : Array(9)
            .fill(`*l${level - 1}`)
            .join(', ')
    return `l${level}: &l${level} [${items}]`
  })
  assert.match(loadBad(yaml(levels.join('\n')))[0] ?? '', /stay small/)
})

test('a file beyond the limit is refused unread', () => {
  assert.match(loadBad(yaml(`#${'x'.repeat(1_048_576)}`))[0] ?? '', /at most 1048576 characters/)
})

test('anchors and merge keys work, as LiteLLM files use them', () => {
  const text = [
    'aliases:',
    '  one: &one { model: a.b, regions: [eu-west-1] }',
    '  two: { <<: *one, model: c.d }',
  ].join('\n')
  const { config } = loadOk(yaml(text))
  assert.deepEqual(config.aliases[1], {
    name: 'two',
    model: 'c.d',
    regions: ['eu-west-1'],
    defaults: NO_DEFAULTS,
  })
})

test('an alias takes model and regions, LiteLLM prefixes come off', () => {
  const { config } = loadOk(
    yaml('aliases: { fast: { model: bedrock/converse/us.a.b, regions: "eu-west-1, us-east-1" } }'),
  )
  assert.deepEqual(config.aliases, [
    { name: 'fast', model: 'us.a.b', regions: ['eu-west-1', 'us-east-1'], defaults: NO_DEFAULTS },
  ])
})

test('unknown or missing alias members are problems that name the alias', () => {
  const text = [
    'aliases:',
    '  a: { model: x.y, region: eu-west-1 }',
    '  b: { model: x.y, prompt: Be brief }',
    '  c: { regions: [eu-west-1] }',
    '  d: x.y',
    '  e: { model: x.y, regions: [here] }',
    '  f: { model: 7 }',
    '  g:',
  ].join('\n')
  const problems = loadBad(yaml(text))
  assert.deepEqual(
    problems.map((problem) => problem.split(' ')[0]),
    ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name) => `aliases.${name}`),
  )
  assert.match(problems[0] ?? '', /not region \(nearest: regions\)$/)
  assert.doesNotMatch(problems[1] ?? '', /Be brief/)
  assert.match(problems[4] ?? '', /got \["here"\]$/)
})

test('readTextFile tells a file from an absent one and an unreadable one', () => {
  assert.equal(readTextFile('package.json').type, 'text')
  assert.deepEqual(readTextFile('/does/not/exist'), { type: 'absent' })
  assert.deepEqual(readTextFile('package.json/below'), { type: 'absent' })
  assert.deepEqual(readTextFile('src'), { type: 'unreadable', reason: 'EISDIR' })
})
