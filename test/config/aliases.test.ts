import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NO_DEFAULTS } from '../../src/config/types.js'
import { formatConfig } from '../../src/config.js'
import { loadBad, loadOk, yaml, yamlPath } from './helpers.js'

const careful = `
aliases:
  careful:
    model: us.anthropic.claude-sonnet-4-5-20250929-v1:0
    regions: [us-east-1]
    parameters:
      temperature: 0.2
      max_completion_tokens: 2000
      stop: [END, "\\n\\nHuman:"]
      reasoning_effort: low
      response_format: { type: json_object }
      top_k: null
      extra_body: { anthropic_beta: [context-1m-2025-08-07] }
    system_prompt: |
      Answer in one sentence.
      Say "I do not know" where you do not.
    guardrail: { id: ff6ujrregl1q, version: 3, trace: enabled, stream_mode: async }
    drop_params: false
  plain: { model: amazon.nova-lite-v1:0 }
`

test('an alias takes parameters, a system prompt, a guardrail and what happens to other parameters', () => {
  const { config, warnings } = loadOk(yaml(careful))
  assert.deepEqual(warnings, [])
  assert.deepEqual(config.aliases, [
    {
      name: 'careful',
      model: 'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
      regions: ['us-east-1'],
      defaults: {
        // One name for the limit: a client that says the other one must be heard.
        parameters: {
          temperature: 0.2,
          max_tokens: 2000,
          stop: ['END', '\n\nHuman:'],
          reasoning_effort: 'low',
          response_format: { type: 'json_object' },
          extra_body: { anthropic_beta: ['context-1m-2025-08-07'] },
        },
        systemPrompt: 'Answer in one sentence.\nSay "I do not know" where you do not.\n',
        guardrail: { identifier: 'ff6ujrregl1q', version: '3', trace: 'enabled', streamMode: 'async' },
        dropParams: false,
      },
    },
    { name: 'plain', model: 'amazon.nova-lite-v1:0', regions: [], defaults: NO_DEFAULTS },
  ])
})

test('what --check-config shows of an alias can be loaded again and means the same', () => {
  const { config } = loadOk(yaml(careful))
  const shown = formatConfig(config).replace(/^api_keys: none$/m, '')
  assert.deepEqual(loadOk(yaml(shown)).config, config)
  assert.match(shown, /temperature: 0\.2/)
  assert.match(shown, /system_prompt: /)
  assert.match(shown, /id: ff6ujrregl1q/)
})

test('a guardrail needs an id only', () => {
  const { config } = loadOk(yaml('aliases: { a: { model: x.y, guardrail: { id: abc123 } } }'))
  assert.deepEqual(config.aliases[0]?.defaults.guardrail, {
    identifier: 'abc123',
    version: 'DRAFT',
    trace: null,
    streamMode: null,
  })
})

const problemOf = {
  'parameters: { temperature: 3 }': 'parameters: temperature must be a number between 0 and 2, got 3',
  'parameters: { max_completion_tokens: 0 }':
    'parameters: max_completion_tokens must be a positive integer, got 0',
  'parameters: { stop: [1] }': 'parameters: stop[0] must be a string, got 1',
  'parameters: { response_format: { type: xml } }':
    'parameters: response_format.type must be "text", "json_object" or "json_schema", got a string',
  'parameters: { temprature: 1 }':
    'parameters: expected chat parameters, not temprature (nearest: temperature; extra_body takes those of one model)',
  'parameters: { messages: [] }':
    /parameters: expected chat parameters, not messages \(nearest: .*; extra_body/,
  'parameters: { model: x.z }': /parameters: expected chat parameters, not model /,
  'parameters: { stream: true }': /parameters: expected chat parameters, not stream /,
  'parameters: [temperature]':
    'parameters: expected a mapping of chat parameters, for example { temperature: 0.2 }, got ["temperature"]',
  "system_prompt: ' '": 'system_prompt: expected text that is not blank, got a hidden value',
  'system_prompt: [Private]': 'system_prompt: expected text that is not blank, got a hidden value',
  'drop_params: often': 'drop_params: expected true or false (also yes, no, on, off, 1, 0), got "often"',
  'guardrail: abc123': 'guardrail: expected a mapping with id, version, trace, stream_mode, got "abc123"',
  'guardrail: { version: 1 }': 'guardrail: expected id, the id or ARN of a guardrail',
  'guardrail: { id: Not-An-Id }': 'guardrail id: expected the id or ARN of a guardrail, got "Not-An-Id"',
  'guardrail: { id: abc, version: latest }': 'guardrail version: expected DRAFT or a number, got "latest"',
  'guardrail: { id: abc, trace: full }':
    'guardrail trace: expected one of enabled, disabled, enabled_full, got "full"',
  'guardrail: { id: abc, stream_mode: slow }':
    'guardrail stream_mode: expected one of sync, async, got "slow"',
  'guardrail: { id: abc, streammode: sync }':
    'guardrail: expected only id, version, trace, stream_mode, not streammode (nearest: stream_mode)',
  'parameters: { size: huge }': /parameters: size must be/,
  'parameters: { image_output: html }': /parameters: image_output must be/,
  'parameters: { dimensions: 0 }': /parameters: dimensions must be/,
  'parameters: { input_type: verse }': /parameters: input_type must be/,
  'parameters: { truncate: middle }': /parameters: truncate must be/,
} as const satisfies Record<string, string | RegExp>

for (const [member, problem] of Object.entries<string | RegExp>(problemOf)) {
  test(`a wrong alias is a problem that names alias, key and what was expected: ${member}`, () => {
    const problems = loadBad(yaml(`aliases: { careful: { model: x.y, ${member} } }`)).map((text) =>
      text.replace(` (${yamlPath})`, ''),
    )
    assert.equal(problems.length, 1, problems.join('\n'))
    const [text = ''] = problems
    if (problem instanceof RegExp) assert.match(text, problem)
    else assert.equal(text, `aliases.careful.${problem}`)
  })
}

test('every wrong parameter of an alias is named in one go', () => {
  const problems = loadBad(
    yaml('aliases: { a: { model: x.y, parameters: { temperature: 3, top_p: 2, max_tokens: -1 } } }'),
  )
  assert.deepEqual(
    problems.map((problem) => /: (\w+) must be/.exec(problem)?.[1]),
    ['temperature', 'top_p', 'max_tokens'],
  )
})
