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
