import assert from 'node:assert/strict'
import { test } from 'node:test'
import { capabilitiesOf, capabilitiesOfId, kindOf, kindOfId } from '../../src/catalog/rules.js'
import { modelOf, recordedPart, withRecordings } from './recorded-catalog.js'

const KINDS = {
  'cohere.rerank-v3-5:0': 'rerank',
  'amazon.rerank-v1:0': 'rerank',
  'amazon.titan-embed-text-v2:0': 'embedding',
  'cohere.embed-v4:0': 'embedding',
  'amazon.nova-2-multimodal-embeddings-v1:0': 'embedding',
  'twelvelabs.marengo-embed-3-0-v1:0': 'embedding',
  'twelvelabs.pegasus-1-2-v1:0': 'other',
  'amazon.nova-sonic-v1:0': 'other',
  'amazon.nova-2-sonic-v1:0': 'other',
  'amazon.nova-reel-v1:1': 'other',
  'luma.ray-v2:0': 'other',
  'amazon.nova-canvas-v1:0': 'image',
  'amazon.titan-image-generator-v2:0': 'image',
  'stability.sd3-5-large-v1:0': 'image',
  'stability.stable-image-inpaint-v1:0': 'image',
  'anthropic.claude-sonnet-4-5-20250929-v1:0': 'chat',
  'amazon.nova-micro-v1:0': 'chat',
  'mistral.voxtral-small-24b-2507': 'chat',
} as const

test('kindOfId: the table names every exception by its id alone', () => {
  for (const [id, kind] of Object.entries(KINDS)) assert.equal(kindOfId(id), kind, id)
})

test('kindOf: the recorded listing and the table agree on every model that both know', withRecordings, () => {
  const models = new Map(recordedPart('us-east-1').models.map((model) => [model.modelId, model]))
  let compared = 0
  for (const [id, kind] of Object.entries(KINDS)) {
    const model = models.get(id)
    if (model === undefined) continue
    assert.equal(kindOf(model), kind, id)
    compared += 1
  }
  assert.ok(compared >= 12)
})

test('kindOf: a model that no rule knows is judged by what it takes and gives', () => {
  const kindFor = (inputModalities: string[], outputModalities: string[]) =>
    kindOf(modelOf('acme.thing', { inputModalities, outputModalities }))
  assert.equal(kindFor(['TEXT', 'IMAGE'], ['TEXT']), 'chat')
  assert.equal(kindFor(['TEXT'], ['EMBEDDING']), 'embedding')
  assert.equal(kindFor(['TEXT'], ['IMAGE']), 'image')
  assert.equal(kindFor(['TEXT'], ['VIDEO']), 'other')
  assert.equal(kindFor(['SPEECH'], ['SPEECH', 'TEXT']), 'other')
})

test('capabilitiesOf: the listing overrides the family where it says more', () => {
  const id = 'anthropic.claude-opus-4-1-20250805-v1:0'
  assert.equal(capabilitiesOfId(id).maxOutputTokens, 32_000)
  const converse = {
    maxTokensMaximum: 5,
    maxTokensDefault: null,
    systemRoleSupported: false,
    reasoningSupported: false,
    userImageTypes: ['png'],
    userDocumentTypes: [],
    userVideoTypes: [],
  }
  const inputModalities = ['TEXT', 'IMAGE']
  const can = capabilitiesOf(
    modelOf(id, { converse, inputModalities, promptCaching: false, streaming: false }),
  )
  assert.equal(can.maxOutputTokens, 5)
  assert.equal(can.systemPrompt, false)
  assert.equal(can.reasoning, 'none')
  assert.equal(can.promptCaching, null)
  assert.equal(can.streaming, false)
  assert.deepEqual(can.imageTypes, ['png'])
  assert.ok(can.documentTypes.includes('pdf'), 'an empty list of documents says nothing')
})

test('capabilitiesOf: a listed model without image input takes no images, whatever its family', () => {
  assert.deepEqual(capabilitiesOf(modelOf('meta.llama4-text-only')).imageTypes, [])
  const seeing = modelOf('meta.llama4-scout-17b-instruct-v1:0', { inputModalities: ['TEXT', 'IMAGE'] })
  assert.deepEqual(capabilitiesOf(seeing).imageTypes, ['png', 'jpeg', 'gif', 'webp'])
})

test('capabilitiesOfId: families differ where Bedrock refuses', () => {
  assert.equal(capabilitiesOfId('deepseek.r1-v1:0').tools, false)
  assert.equal(capabilitiesOfId('deepseek.v3-v1:0').tools, true)
  assert.equal(capabilitiesOfId('deepseek.v3-v1:0').stopSequences, false)
  assert.equal(capabilitiesOfId('deepseek.r1-v1:0').stopSequences, true)
  assert.equal(capabilitiesOfId('mistral.pixtral-large-2502-v1:0').toolResultMedia, false)
  assert.equal(capabilitiesOfId('meta.llama4-scout-17b-instruct-v1:0').toolResultMedia, true)
  assert.equal(capabilitiesOfId('mistral.mistral-7b-instruct-v0:2').systemPrompt, false)
  assert.equal(capabilitiesOfId('amazon.titan-text-express-v1').systemPrompt, false)
  assert.equal(capabilitiesOfId('meta.llama3-8b-instruct-v1:0').tools, false)
  assert.equal(capabilitiesOfId('meta.llama3-1-8b-instruct-v1:0').tools, true)
  assert.equal(capabilitiesOfId('anthropic.claude-3-haiku-20240307-v1:0').reasoning, 'none')
  assert.equal(capabilitiesOfId('anthropic.claude-3-7-sonnet-20250219-v1:0').reasoning, 'claude-budget')
  assert.ok(capabilitiesOfId('amazon.nova-lite-v1:0').videoTypes.includes('mp4'))
  assert.deepEqual(capabilitiesOfId('amazon.nova-micro-v1:0').videoTypes, [])
  assert.equal(capabilitiesOfId('acme.unheard-of').tools, true)
  assert.equal(capabilitiesOfId(null).streaming, true)
})

test('capabilitiesOfId: each generation of Claude is told to think in its own way', () => {
  const styles = {
    'anthropic.claude-3-5-sonnet-20241022-v2:0': ['none', 'both', false],
    'anthropic.claude-3-7-sonnet-20250219-v1:0': ['claude-budget', 'both', false],
    'anthropic.claude-opus-4-20250514-v1:0': ['claude-budget', 'both', false],
    'anthropic.claude-sonnet-4-20250514-v1:0': ['claude-budget', 'both', false],
    'anthropic.claude-opus-4-1-20250805-v1:0': ['claude-budget', 'either', false],
    'anthropic.claude-haiku-4-5-20251001-v1:0': ['claude-budget', 'either', true],
    'anthropic.claude-opus-4-5-20251101-v1:0': ['claude-budget', 'either', true],
    'anthropic.claude-sonnet-4-6': ['claude-either', 'either', true],
    'anthropic.claude-opus-4-6-v1': ['claude-either', 'either', true],
    'anthropic.claude-opus-4-7': ['claude-adaptive', 'none', true],
    'anthropic.claude-opus-4-8': ['claude-adaptive', 'none', true],
    'anthropic.claude-sonnet-5': ['claude-default', 'none', true],
    'anthropic.claude-opus-5': ['claude-default', 'none', true],
    'anthropic.claude-sonnet-5-5': ['claude-between-tools', 'none', true],
    'anthropic.claude-opus-5-5': ['claude-always', 'none', true],
    'anthropic.claude-fable-5': ['claude-always', 'none', true],
    'anthropic.claude-opus-7': ['claude-always', 'none', true],
  } as const
  for (const [id, [reasoning, sampling, structuredOutput]] of Object.entries(styles)) {
    const can = capabilitiesOfId(id)
    assert.deepEqual(
      [can.family, can.reasoning, can.sampling, can.structuredOutput],
      ['claude', reasoning, sampling, structuredOutput],
      id,
    )
  }
})

test('capabilitiesOfId: which tools a model can be made to call', () => {
  const choices = {
    'anthropic.claude-sonnet-4-5-20250929-v1:0': ['any', 'tool'],
    'anthropic.claude-opus-5': ['any', 'tool'],
    'anthropic.claude-opus-5-5': [],
    'anthropic.claude-fable-5-1': [],
    'amazon.nova-2-lite-v1:0': ['any', 'tool'],
    'mistral.mistral-large-2407-v1:0': ['any'],
    'deepseek.v3-v1:0': ['any'],
    'meta.llama3-3-70b-instruct-v1:0': [],
    'meta.llama4-scout-17b-instruct-v1:0': [],
  }
  for (const [id, expected] of Object.entries(choices)) {
    assert.deepEqual(capabilitiesOfId(id).toolChoices, expected, id)
  }
})

test('capabilitiesOfId: where a prompt cache starts', () => {
  const starts = {
    'anthropic.claude-3-haiku-20240307-v1:0': null,
    'anthropic.claude-3-7-sonnet-20250219-v1:0': [1024, false],
    'anthropic.claude-opus-4-6-v1': [4096, true],
    'anthropic.claude-sonnet-4-6': [1024, true],
    'anthropic.claude-opus-4-7': [2048, true],
    'anthropic.claude-opus-5': [512, true],
    'amazon.nova-pro-v1:0': [1000, false],
    'meta.llama4-scout-17b-instruct-v1:0': null,
  }
  for (const [id, expected] of Object.entries(starts)) {
    const caching = capabilitiesOfId(id).promptCaching
    assert.deepEqual(caching && [caching.tokensMin, caching.oneHour], expected, id)
  }
  assert.equal(capabilitiesOfId('amazon.nova-pro-v1:0').promptCaching?.tools, false)
})

test('capabilitiesOf: every listed chat model has a family, and keeps to it', withRecordings, () => {
  const strangers = recordedPart('us-east-1')
    .models.filter((model) => kindOf(model) === 'chat' && capabilitiesOf(model).family === 'other')
    .map((model) => model.modelId.split('.')[0])
  assert.deepEqual([...new Set(strangers)].sort(), ['google', 'minimax', 'moonshot', 'nvidia'])
})

test('capabilitiesOf: a model without tools can be made to call none', withRecordings, () => {
  for (const model of recordedPart('us-east-1').models) {
    const { tools, toolChoices } = capabilitiesOf(model)
    assert.ok(tools || toolChoices.length === 0, model.modelId)
  }
})
