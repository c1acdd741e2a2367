import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CatalogPolicy, createCatalog } from '../../src/catalog/catalog.js'
import { type ImageUse, isOpenAiImageName, orderImageModels } from '../../src/catalog/image-names.js'
import type { FoundationModel, RegionPart } from '../../src/catalog/types.js'
import { NO_DEFAULTS } from '../../src/config/types.js'
import { modelOf, partOf, policyOf, systemProfileOf } from './recorded-catalog.js'

const CORE = 'stability.stable-image-core-v1:1'
const LARGE = 'stability.sd3-5-large-v1:0'
const ULTRA = 'stability.stable-image-ultra-v1:1'
const CANVAS = 'amazon.nova-canvas-v1:0'

function imageModel(id: string, members: Partial<FoundationModel> = {}): FoundationModel {
  return modelOf(id, { outputModalities: ['IMAGE'], ...members })
}

function resolve(
  name: string,
  parts: readonly RegionPart[],
  { use = 'generation', ...policy }: Partial<CatalogPolicy> & { readonly use?: ImageUse } = {},
): string {
  const catalog = createCatalog({
    parts: new Map(parts.map((part) => [part.region, part])),
    generation: 1,
    policy: policyOf({ regions: parts.map(({ region }) => region), ...policy }),
  })
  const resolution = catalog.resolve(name, use)
  return resolution.type === 'listed'
    ? `${resolution.target.region}/${resolution.target.id}`
    : resolution.type
}

test("OpenAI's image names are told from its chat names", () => {
  for (const name of ['dall-e-2', 'DALL-E-3', 'gpt-image-1', 'gpt-image-1-mini', 'chatgpt-image-latest']) {
    assert.equal(isOpenAiImageName(name), true, name)
  }
  for (const name of ['gpt-4o', 'dall-e', 'my-dall-e-3', 'stability.sd3-5-large-v1:0']) {
    assert.equal(isOpenAiImageName(name), false, name)
  }
})

test('the order is that of preference, legacy models last, each once', () => {
  const entries = [CANVAS, ULTRA, LARGE, ULTRA, 'meta.x'].map((foundationId) => ({
    foundationId,
    legacy: foundationId === LARGE,
  }))
  assert.deepEqual(orderImageModels(entries, 'generation'), [ULTRA, CANVAS, LARGE])
  assert.deepEqual(orderImageModels(entries, 'edit'), [CANVAS, ULTRA, LARGE])
})

test('a name without a setting leads to the preferred model, in whatever configured region it is', () => {
  const parts = [
    partOf('us-east-1', [imageModel(CANVAS), modelOf('meta.x')]),
    partOf('us-west-2', [imageModel(LARGE), imageModel(CORE), imageModel(ULTRA)]),
  ]
  assert.equal(resolve('dall-e-3', parts), `us-west-2/${CORE}`)
  assert.equal(resolve('gpt-image-1', parts, { use: 'edit' }), `us-east-1/${CANVAS}`)
  const legacy = [partOf('us-east-1', [imageModel(CANVAS, { lifecycle: 'LEGACY' })]), ...parts.slice(1)]
  assert.equal(resolve('gpt-image-1', legacy, { use: 'edit' }), `us-west-2/${ULTRA}`)
  assert.equal(resolve('gpt-image-1', legacy.slice(0, 1), { use: 'edit' }), `us-east-1/${CANVAS}`)
})

test('a name goes to a model that takes masks where one comes with the picture', () => {
  const inpaint = imageModel('stability.stable-image-inpaint-v1:0')
  const parts = [partOf('us-west-2', [imageModel(ULTRA), inpaint])]
  assert.equal(resolve('dall-e-2', parts, { use: 'edit' }), `us-west-2/${ULTRA}`)
  assert.equal(resolve('dall-e-2', parts, { use: 'masked-edit' }), `us-west-2/${inpaint.modelId}`)
  const setting = { use: 'masked-edit', defaultImageEditModel: ULTRA } as const
  assert.equal(resolve('dall-e-2', parts, setting), `us-west-2/${ULTRA}`)
})

test('a profile-only model is taken by its profile, unless profiles are not to be used', () => {
  const profileOnly = { inferenceTypes: ['INFERENCE_PROFILE'] }
  const parts = [
    partOf(
      'us-west-2',
      [imageModel(CORE, profileOnly), imageModel(LARGE)],
      [systemProfileOf('us', CORE, ['us-west-2'])],
    ),
  ]
  assert.equal(resolve('dall-e-3', parts), `us-west-2/us.${CORE}`)
  assert.equal(resolve('dall-e-3', parts, { crossRegionInference: false }), `us-west-2/${LARGE}`)
})

test('a denied model never stands in', () => {
  const parts = [partOf('us-west-2', [imageModel(CORE), imageModel(LARGE)])]
  assert.equal(resolve('dall-e-3', parts, { modelsDeny: ['stability.stable-*'] }), `us-west-2/${LARGE}`)
  assert.equal(resolve('dall-e-3', parts, { modelsAllow: ['anthropic.*'] }), 'unknown')
  assert.equal(resolve('dall-e-3', parts, { defaultImageModel: CORE, modelsDeny: ['stability.*'] }), 'denied')
})

test('an alias goes before the setting, the setting before the preference', () => {
  const parts = [partOf('us-west-2', [imageModel(CORE), imageModel(LARGE), imageModel(ULTRA)])]
  const aliases = [{ name: 'dall-e-3', model: ULTRA, regions: [], defaults: NO_DEFAULTS }]
  const settings = { defaultImageModel: LARGE, defaultImageEditModel: CORE }
  assert.equal(resolve('dall-e-3', parts, { ...settings, aliases }), `us-west-2/${ULTRA}`)
  assert.equal(resolve('dall-e-2', parts, { ...settings, aliases }), `us-west-2/${LARGE}`)
  assert.equal(resolve('dall-e-2', parts, { ...settings, use: 'edit' }), `us-west-2/${CORE}`)
})

test('where nothing fits the name is unknown, whatever chats are sent to', () => {
  const parts = [partOf('us-east-1', [modelOf('meta.x')])]
  assert.equal(resolve('gpt-image-1', parts, { defaultModel: 'meta.x' }), 'unknown')
  assert.equal(resolve('gpt-4o', parts, { defaultModel: 'meta.x' }), 'us-east-1/meta.x')
})

test("rerankers' usual names lead to the default one", () => {
  const parts = [partOf('us-west-2', [modelOf('cohere.rerank-v3-5:0')])]
  const policy = { defaultRerankModel: 'cohere.rerank-v3-5:0' }
  for (const name of ['rerank-v3.5', 'jina-reranker-v2-base-multilingual']) {
    assert.equal(resolve(name, parts, policy), 'us-west-2/cohere.rerank-v3-5:0')
    assert.equal(resolve(name, parts), 'unknown')
  }
})
