import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NO_DEFAULTS } from '../../src/config/types.js'
import { loadBad, loadOk, yaml, yamlPath } from './helpers.js'

/** As people have it beside Open WebUI: LiteLLM's own example of thinking there, deployments in two regions, and the rest. */
const chatFile = `
model_list:
  - model_name: claude-sonnet
    litellm_params:
      model: bedrock/converse/us.anthropic.claude-sonnet-4-5-20250929-v1:0
      aws_region_name: os.environ/BEDROCK_REGION
      aws_access_key_id: os.environ/AWS_ACCESS_KEY_ID
      aws_secret_access_key: os.environ/AWS_SECRET_ACCESS_KEY
      temperature: 0.2
      max_tokens: os.environ/MAX_TOKENS
      rpm: 60
      guardrailConfig:
        guardrailIdentifier: ff6ujrregl1q
        guardrailVersion: "2"
        trace: disabled
    model_info: { mode: chat, max_tokens: 64000 }
  - model_name: thinking-claude
    litellm_params:
      model: bedrock/us.anthropic.claude-3-7-sonnet-20250219-v1:0
      thinking: {"type": "enabled", "budget_tokens": 1024}
      max_completion_tokens: 1080
      merge_reasoning_content_in_choices: true
      drop_params: false
  - model_name: nova
    litellm_params: &nova
      model: bedrock/amazon.nova-pro-v1:0
      aws_region_name: us-east-1
      top_k: 50
      stop: ["END"]
      seed: 7
      reasoning_effort: low
      response_format: { type: json_object }
      performanceConfig: { latency: optimized }
      serviceTier: { type: priority }
      extra_body: { inferenceConfig: { topK: os.environ/TOP_K } }
      timeout: 300
  - model_name: nova
    litellm_params: { <<: *nova, aws_region_name: us-west-2 }
  - model_name: gpt-4o
    litellm_params: { model: azure/gpt-4o, api_key: sk-private }
litellm_settings:
  drop_params: true
  modify_params: true
  request_timeout: 600
  cache: true
  cache_params: { type: redis, password: sk-private }
  callbacks: [otel]
  success_callback: ["langfuse"]
router_settings:
  routing_strategy: least-busy
  model_group_alias: { gpt-4: claude-sonnet, gpt-4o: { model: nova, hidden: true }, o1: elsewhere }
guardrails:
  - guardrail_name: bedrock-pre-guard
    litellm_params: { guardrail: bedrock, mode: during_call, guardrailIdentifier: abc, default_on: true }
callback_settings: { otel: { message_logging: false } }
general_settings:
  master_key: os.environ/LITELLM_MASTER_KEY
  database_url: postgres://u:sk-private@db
`
const imageFile = `
model_list:
  - model_name: canvas
    litellm_params: { model: bedrock/amazon.nova-canvas-v1:0, aws_region_name: us-east-1, aws_profile_name: images }
    model_info: { mode: image_generation }
litellm_settings: { drop_params: false }
general_settings: { master_key: sk-images }
`
const environment = {
  BEDROCKD_CONFIG: '/chat.yaml:/images.yaml',
  BEDROCK_REGION: 'eu-west-1',
  LITELLM_MASTER_KEY: 'sk-chat',
  MAX_TOKENS: '4096',
  TOP_K: '20',
}
const files = { '/chat.yaml': chatFile, '/images.yaml': imageFile }

test('a LiteLLM chat file and its image file load together as they are', () => {
  const { config } = loadOk({ files, environment })
  const claude = {
    model: 'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
    regions: ['eu-west-1'],
    defaults: {
      parameters: { temperature: 0.2, max_tokens: 4096 },
      systemPrompt: null,
      guardrail: { identifier: 'ff6ujrregl1q', version: '2', trace: 'disabled', streamMode: null },
    },
  }
  const nova = {
    model: 'amazon.nova-pro-v1:0',
    regions: ['us-east-1', 'us-west-2'],
    defaults: {
      ...NO_DEFAULTS,
      parameters: {
        top_k: 50,
        stop: ['END'],
        seed: 7,
        reasoning_effort: 'low',
        response_format: { type: 'json_object' },
        performanceConfig: { latency: 'optimized' },
        extra_body: { inferenceConfig: { topK: 20 } },
        service_tier: 'priority',
      },
    },
  }
  assert.deepEqual(config.aliases, [
    { name: 'claude-sonnet', ...claude },
    {
      name: 'thinking-claude',
      model: 'us.anthropic.claude-3-7-sonnet-20250219-v1:0',
      regions: [],
      defaults: {
        ...NO_DEFAULTS,
        parameters: { thinking: { type: 'enabled', budget_tokens: 1024 }, max_tokens: 1080 },
        dropParams: false,
      },
    },
    { name: 'nova', ...nova },
    { name: 'canvas', model: 'amazon.nova-canvas-v1:0', regions: ['us-east-1'], defaults: NO_DEFAULTS },
    { name: 'gpt-4', ...claude },
    { name: 'gpt-4o', ...nova },
  ])
  assert.deepEqual(config.apiKeys, ['sk-chat', 'sk-images'])
  assert.deepEqual(config.regions, ['eu-west-1', 'us-east-1', 'us-west-2'])
  assert.equal(config.dropParams, false)
})

test('what has no meaning here is a warning that names keys, never values', () => {
  const { warnings } = loadOk({ files, environment })
  assert.deepEqual(warnings, [
    'litellm_settings (/chat.yaml): ignored: modify_params, request_timeout, cache, cache_params, callbacks, success_callback',
    'general_settings (/chat.yaml): ignored: database_url',
    'router_settings (/chat.yaml): ignored: routing_strategy',
    'guardrails (/chat.yaml): ignored: nothing is watched by them, set BEDROCKD_GUARDRAIL_ID or the guardrail of an alias',
    'callback_settings (/chat.yaml): ignored',
    'model_list[0] (/chat.yaml) "claude-sonnet": ignored: litellm_params.aws_access_key_id, litellm_params.aws_secret_access_key, litellm_params.rpm, model_info',
    'model_list[1] (/chat.yaml) "thinking-claude": ignored: litellm_params.merge_reasoning_content_in_choices',
    'model_list[2] (/chat.yaml) "nova": ignored: litellm_params.timeout',
    'model_list[3] (/chat.yaml) "nova": ignored: litellm_params.timeout',
    'model_list[4] (/chat.yaml): "gpt-4o" is left out: it is not a Bedrock model',
    'model_list[0] (/images.yaml) "canvas": ignored: litellm_params.aws_profile_name, model_info',
    'router_settings.model_group_alias (/chat.yaml): "o1" is left out: model_list has no Bedrock model "elsewhere"',
  ])
})

test('drop_params: our setting goes before the last LiteLLM file, and that before the default', () => {
  const settings = (value: string) => yaml(`litellm_settings: { drop_params: ${value} }`)
  const off = { BEDROCKD_DROP_PARAMS: 'false' }
  assert.equal(loadOk(settings('true')).config.dropParams, true)
  assert.equal(loadOk(settings('false')).config.dropParams, false)
  assert.equal(loadOk(settings('')).config.dropParams, true)
  assert.equal(loadOk({ ...settings('true'), environment: off }).config.dropParams, false)
  const both = yaml('drop_params: true\nlitellm_settings: { drop_params: false }')
  assert.equal(loadOk(both).config.dropParams, true)
})

test('deployments that differ in their parameters are one alias with those of the first, and a warning', () => {
  const { config, warnings } = loadOk(
    yaml(`model_list:
  - { model_name: m, litellm_params: { model: bedrock/a.b, temperature: 0 } }
  - { model_name: m, litellm_params: { model: bedrock/a.b, temperature: 1 } }`),
  )
  assert.deepEqual(config.aliases[0]?.defaults.parameters, { temperature: 0 })
  assert.deepEqual(warnings, ['model_list: "m" has several sets of parameters, the first one is used'])
})

test('a parameter that no chat could have is a problem', () => {
  const problems = {
    'model: bedrock/a.b, temperature: 7':
      'litellm_params: temperature must be a number between 0 and 2, got 7',
    'model: bedrock/a.b, max_tokens: os.environ/NO_LIMIT':
      'litellm_params.max_tokens: expected the variable NO_LIMIT to be set',
    'model: bedrock/a.b, drop_params: often':
      'litellm_params.drop_params: expected true or false (also yes, no, on, off, 1, 0), got "often"',
    'model: bedrock/a.b, guardrailConfig: { guardrailVersion: "1" }':
      'litellm_params.guardrailConfig: expected guardrailIdentifier, the id or ARN of a guardrail',
  }
  for (const [params, problem] of Object.entries(problems)) {
    assert.deepEqual(loadBad(yaml(oneModel(params))), [`model_list[0] (${yamlPath}) ${problem}`])
  }
})

test('further sections of LiteLLM are no unknown settings', () => {
  const { warnings } = loadOk(yaml('include: [models.yaml]\nmcp_servers: { a: { url: b } }\nprompts: []'))
  assert.deepEqual(warnings, [
    `include (${yamlPath}): ignored: name every file in BEDROCKD_CONFIG`,
    `mcp_servers (${yamlPath}): ignored`,
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
    ['model: bedrock/mantle/openai.gpt-oss-120b', 'mantle/openai.gpt-oss-120b', []],
    ['model: bedrock_mantle/xai.grok-4.3', 'mantle/xai.grok-4.3', []],
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
    'litellm_settings: { drop_params: perhaps }',
    'router_settings: { model_group_alias: [a] }',
    'router_settings: { model_group_alias: { a: 7 } }',
  ]
  for (const text of texts) assert.equal(loadBad(yaml(text)).length, 1, text)
})

test('empty sections say nothing', () => {
  const text =
    'model_list:\ngeneral_settings:\nlitellm_settings:\nrouter_settings: {}\nenvironment_variables:\n'
  assert.deepEqual(loadOk(yaml(text)).warnings, [])
})
