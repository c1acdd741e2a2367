import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { awsDir, skipWithout } from '../shared.js'
import { loadRequestChecker } from './service-model.js'

const PATH = join(awsDir, 'bedrock-runtime.service-2.json')
const skip = skipWithout(PATH)
const MODEL_ID = 'amazon.nova-lite-v1:0'

const user = (...content: unknown[]) => ({ messages: [{ role: 'user', content }] })

const REFUSED: readonly { name: string; body: unknown; modelId?: string; text: string }[] = [
  {
    name: 'a missing member',
    body: { messages: [{ role: 'user' }] },
    text: "Value null at 'messages.1.member.content' failed to satisfy constraint: Member must not be null",
  },
  {
    name: 'a member that no shape has',
    body: { ...user(), temperature: 1 },
    text: 'temperature: no such member',
  },
  {
    name: 'the path’s model id in the body',
    body: { ...user(), modelId: 'x' },
    text: 'modelId: no such member',
  },
  {
    name: 'a union with two members',
    body: user({ text: 'a', cachePoint: { type: 'default' } }),
    text: 'messages.1.member.content.1.member: exactly one member',
  },
  { name: 'an empty union', body: user({}), text: 'messages.1.member.content.1.member: exactly one member' },
  {
    name: 'an unknown role',
    body: { messages: [{ role: 'tool', content: [] }] },
    text: "Value 'tool' at 'messages.1.member.role' failed to satisfy constraint: Member must satisfy enum value set: [user, assistant, system]",
  },
  {
    name: 'maxTokens below 1',
    body: { ...user(), inferenceConfig: { maxTokens: 0 } },
    text: "Value '0' at 'inferenceConfig.maxTokens' failed to satisfy constraint: Member must have value greater than or equal to 1",
  },
  {
    name: 'temperature above 1',
    body: { ...user(), inferenceConfig: { temperature: 1.5 } },
    text: "Value '1.5' at 'inferenceConfig.temperature' failed to satisfy constraint: Member must have value less than or equal to 1",
  },
  {
    name: 'a fractional maxTokens',
    body: { ...user(), inferenceConfig: { maxTokens: 1.5 } },
    text: 'inferenceConfig.maxTokens: a whole number',
  },
  {
    name: 'an empty list of tools',
    body: { ...user(), toolConfig: { tools: [] } },
    text: "Value at 'toolConfig.tools' failed to satisfy constraint: Member must have length greater than or equal to 1",
  },
  {
    name: 'a tool name with a space',
    body: {
      ...user(),
      toolConfig: { tools: [{ toolSpec: { name: 'Complete Session', inputSchema: { json: {} } } }] },
    },
    text: "Value 'Complete Session' at 'toolConfig.tools.1.member.toolSpec.name' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_-]+",
  },
  {
    name: 'bytes that are no base64',
    body: user({ image: { format: 'png', source: { bytes: 'not base64!' } } }),
    text: 'messages.1.member.content.1.member.image.source.bytes: base64',
  },
  {
    name: 'a text that is a number',
    body: user({ text: 1 }),
    text: 'messages.1.member.content.1.member.text: a string',
  },
]

for (const { name, body, modelId, text } of REFUSED) {
  test(`the service model refuses ${name}`, { skip }, () => {
    const violations = loadRequestChecker(PATH)?.violations('Converse', {
      modelId: modelId ?? MODEL_ID,
      body,
    })
    assert.deepEqual(
      violations?.map((violation) => violation.text),
      [text],
    )
  })
}

test('the service model refuses a model id with a blank', { skip }, () => {
  const violations = loadRequestChecker(PATH)?.violations('Converse', { modelId: 'a b', body: user() }) ?? []
  assert.match(
    violations[0]?.text ?? '',
    /^Value 'a b' at 'modelId' failed to satisfy constraint: Member must satisfy reg/,
  )
})

test('documents are free, absent and null members are alike', { skip }, () => {
  const body = {
    ...user({ toolUse: { toolUseId: 'a', name: 'ping', input: [1, { any: null }] } }),
    additionalModelRequestFields: { top_k: 5, thinking: { type: 'enabled' } },
    system: null,
  }
  assert.deepEqual(loadRequestChecker(PATH)?.violations('ConverseStream', { modelId: MODEL_ID, body }), [])
})

test('blobs are base64 with right padding', { skip }, () => {
  const accepted = (bytes: string) =>
    loadRequestChecker(PATH)?.violations('Converse', {
      modelId: MODEL_ID,
      body: user({ image: { format: 'png', source: { bytes } } }),
    }).length === 0
  assert.deepEqual(['AAAA', 'AAA=', 'AA==', 'A===', 'AA=A', 'AAA', 'A-_A', '===='].map(accepted), [
    true,
    true,
    true,
    false,
    false,
    false,
    false,
    false,
  ])
})

test('several constraints are counted in one message, as in the replies quoted in public', { skip }, () => {
  const body = { ...user(), inferenceConfig: { maxTokens: 0, topP: 2 } }
  assert.throws(() => loadRequestChecker(PATH)?.check('Converse', { modelId: MODEL_ID, body }), {
    message:
      "2 validation errors detected: Value '0' at 'inferenceConfig.maxTokens' failed to satisfy constraint: Member must have value greater than or equal to 1; Value '2' at 'inferenceConfig.topP' failed to satisfy constraint: Member must have value less than or equal to 1",
  })
})
