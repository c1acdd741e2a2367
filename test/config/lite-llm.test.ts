import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NO_DEFAULTS } from '../../src/config/types.js'
import { loadBad, loadOk, yaml, yamlPath } from './helpers.js'

const chatFile = `
model_list:
  - model_name: claude-sonnet
    litellm_params:
      model: bedrock/converse/us.anthropic.claude-sonnet-4-5-20250929-v1:0
      aws_region_name: os.environ/BEDROCK_REGION
      aws_access_key_id: os.environ/AWS_ACCESS_KEY_ID
      temperature: 0.2
    model_info: { mode: chat }
  - model_name: gpt-4o
    litellm_params: { model: azure/gpt-4o, api_key: sk-private }
litellm_settings: { drop_params: true }
router_settings: { routing_strategy: least-busy }
general_settings:
  master_key: os.environ/LITELLM_MASTER_KEY
  database_url: postgres://u:sk-private@db
`
const imageFile = `
model_list:
  - model_name: canvas
    litellm_params: { model: bedrock/amazon.nova-canvas-v1:0, aws_region_name: us-east-1 }
general_settings: { master_key: sk-images }
`

test('a LiteLLM chat file and its image file load together as they are', () => {
  const { config, warnings } = loadOk({
    files: { '/chat.yaml': chatFile, '/images.yaml': imageFile },
    environment: {
      BEDROCKD_CONFIG: '/chat.yaml:/images.yaml',
      BEDROCK_REGION: 'eu-west-1',
      LITELLM_MASTER_KEY: 'sk-chat',
    },
  })
  assert.deepEqual(config.aliases, [
    {
      name: 'claude-sonnet',
      model: 'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
      regions: ['eu-west-1'],
      defaults: NO_DEFAULTS,
    },
    { name: 'canvas', model: 'amazon.nova-canvas-v1:0', regions: ['us-east-1'], defaults: NO_DEFAULTS },
  ])
  assert.deepEqual(config.apiKeys, ['sk-chat', 'sk-images'])
  assert.deepEqual(config.regions, ['eu-west-1', 'us-east-1'])
  assert.deepEqual(warnings, [
    'litellm_settings (/chat.yaml): ignored: drop_params',
    'router_settings (/chat.yaml): ignored: routing_strategy',
    'general_settings (/chat.yaml): ignored: database_url',
    'model_list[0] (/chat.yaml) "claude-sonnet" litellm_params: ignored: aws_access_key_id, temperature',
    'model_list[1] (/chat.yaml): "gpt-4o" is left out: it is not a Bedrock model',
  ])
})

function oneModel(params: string): string {
  return `model_list: [{ model_name: m, litellm_params: { ${params} } }]`
}

test('each form of a LiteLLM model string becomes the id that Bedrock knows', () => {
  const arn = 'arn:aws:bedrock:us-east-1:123456789012:imported-model/r4c4kewx2s0n'
  const forms: readonly (readonly [string, string, readonly string[]])[] = [
    ['model: bedrock/amazon.nova-lite-v1:0', 'amazon.nova-lite-v1:0', []],
    ['model: bedrock/converse/amazon.nova-lite-v1:0', 'amazon.nova-lite-v1:0', []],
    ['model: bedrock/invoke/amazon.nova-lite-v1:0', 'amazon.nova-lite-v1:0', []],
    ['model: bedrock_converse/amazon.nova-lite-v1:0', 'amazon.nova-lite-v1:0', []],
    ['model: bedrock/us-west-2/amazon.nova-lite-v1:0', 'amazon.nova-lite-v1:0', ['us-west-2']],
    [`model: "bedrock/llama/${arn}"`, arn, []],
    [`model: "bedrock/converse/${arn}"`, arn, []],
    ['model: amazon.nova-lite-v1:0, custom_llm_provider: bedrock', 'amazon.nova-lite-v1:0', []],
    [`model: bedrock/a.b, model_id: "${arn}", aws_region_name: eu-west-1`, arn, ['eu-west-1']],
  ]
  for (const [params, model, regions] of forms) {
    const { config, warnings } = loadOk(yaml(oneModel(params)))
    assert.deepEqual(config.aliases, [{ name: 'm', model, regions, defaults: NO_DEFAULTS }], params)
    assert.deepEqual(warnings, [], params)
  }
})

test('entries that cannot be served are warnings', () => {
  const skipped = ['openai/gpt-4o', 'bedrock/agent/X/Y', 'bedrock/async_invoke/a.b', 'bedrock/*']
  for (const model of skipped) {
    const { config, warnings } = loadOk(yaml(oneModel(`model: "${model}"`)))
    assert.deepEqual(config.aliases, [])
    assert.equal(warnings.length, 1, model)
    assert.match(warnings[0] ?? '', /^model_list\[0\] .*"m" is left out: /)
  }
})

test('deployments of one model become one alias with all regions, another model is left out', () => {
  const entry = (model: string, region: string) =>
    `{ model_name: m, litellm_params: { model: bedrock/${model}${region && `, aws_region_name: ${region}`} } }`
  const list = (...entries: string[]) => loadOk(yaml(`model_list: [${entries.join(', ')}]`))
  const { config, warnings } = list(
    entry('a.b', 'eu-west-1'),
    entry('a.b', 'us-east-1'),
    entry('c.d', 'us-west-2'),
  )
  assert.deepEqual(config.aliases, [
    { name: 'm', model: 'a.b', regions: ['eu-west-1', 'us-east-1'], defaults: NO_DEFAULTS },
  ])
  assert.deepEqual(warnings, ['model_list: "m" names several models, the first one is used'])
  assert.deepEqual(list(entry('a.b', 'eu-west-1'), entry('a.b', '')).config.aliases[0]?.regions, [])
})

test('an alias of our own goes before the entry of the same name', () => {
  const { config, warnings } = loadOk(
    yaml(`${oneModel('model: bedrock/a.b')}\naliases: { m: { model: c.d } }`),
  )
  assert.deepEqual(config.aliases, [{ name: 'm', model: 'c.d', regions: [], defaults: NO_DEFAULTS }])
  assert.deepEqual(warnings, ['model_list: "m" is also in aliases, which is used'])
})

test('environment_variables of the file stand in for variables that are not set', () => {
  const text = 'general_settings: { master_key: os.environ/KEY }\nenvironment_variables: { KEY: sk-file }'
  assert.deepEqual(loadOk(yaml(text)).config.apiKeys, ['sk-file'])
  assert.deepEqual(loadOk({ ...yaml(text), environment: { KEY: 'sk-env' } }).config.apiKeys, ['sk-env'])
})

test('a reference to an unset variable is a problem that names the variable', () => {
  assert.deepEqual(loadBad(yaml('general_settings: { master_key: os.environ/NO_KEY }')), [
    `general_settings.master_key (${yamlPath}): expected the variable NO_KEY to be set`,
  ])
  for (const params of [
    'model: os.environ/NO_KEY',
    'model: bedrock/a.b, aws_region_name: os.environ/NO_KEY',
  ]) {
    assert.match(loadBad(yaml(oneModel(params)))[0] ?? '', /the variable NO_KEY to be set$/)
  }
})

test('entries of a wrong shape are problems', () => {
  const texts = [
    'model_list: { a: b }',
    'model_list: [text]',
    'model_list: [{ model_name: m }]',
    'model_list: [{ model_name: 7, litellm_params: { model: bedrock/a.b } }]',
    oneModel('model: 7'),
    oneModel('model: bedrock/a.b, aws_region_name: here'),
    'general_settings: { master_key: 1234 }',
    'general_settings: { master_key: a b }',
  ]
  for (const text of texts) assert.equal(loadBad(yaml(text)).length, 1, text)
})

test('empty sections say nothing', () => {
  const text =
    'model_list:\ngeneral_settings:\nlitellm_settings:\nrouter_settings: {}\nenvironment_variables:\n'
  assert.deepEqual(loadOk(yaml(text)).warnings, [])
})
