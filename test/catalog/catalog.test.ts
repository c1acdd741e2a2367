import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type CatalogPolicy, createCatalog, regionsOf } from '../../src/catalog/catalog.js'
import type { Catalog, ModelTarget, RegionPart } from '../../src/catalog/types.js'
import { NO_DEFAULTS } from '../../src/config/types.js'
import {
  applicationProfileOf,
  modelOf,
  partOf,
  policyOf,
  recordedPart,
  systemProfileOf,
  withRecordings,
} from './recorded-catalog.js'

const SONNET = 'anthropic.claude-sonnet-4-5-20250929-v1:0'
const profileOnly = { inferenceTypes: ['INFERENCE_PROFILE'] }

function catalogOf(parts: readonly RegionPart[], policy: Partial<CatalogPolicy> = {}): Catalog {
  const regions = parts.map((part) => part.region)
  return createCatalog({
    parts: new Map(parts.map((part) => [part.region, part])),
    generation: 1,
    policy: policyOf({ regions, ...policy }),
  })
}

function targetOf(catalog: Catalog, name: string): ModelTarget {
  const resolution = catalog.resolve(name)
  if (resolution.type === 'listed' || resolution.type === 'unlisted') return resolution.target
  return assert.fail(`${name} resolved to ${resolution.type}`)
}

const REGIONS_31 = Array.from({ length: 31 }, (_, index) => `xx-place-${index + 1}`)

describe('with the recorded listings', withRecordings, () => {
  test('every profile-only model resolves to a profile that the region lists', () => {
    const part = recordedPart('us-east-1')
    const catalog = catalogOf([part])
    const profileIds = new Set(part.profiles.map((profile) => profile.id))
    const only = part.models.filter((model) => model.inferenceTypes.join() === 'INFERENCE_PROFILE')
    assert.equal(only.length, 39)
    for (const { modelId } of only) {
      const resolution = catalog.resolve(modelId)
      assert.equal(resolution.type, 'listed', modelId)
      const target = targetOf(catalog, modelId)
      assert.ok(profileIds.has(target.id), `${modelId} → ${target.id}`)
      assert.ok(target.id.endsWith(`.${modelId}`))
      assert.equal(target.foundationId, modelId)
    }
  })

  test('nothing is listed that cannot be invoked, and everything listed resolves to itself', () => {
    const part = recordedPart('us-east-1')
    const catalog = catalogOf([part], { modelsLegacy: true })
    const onDemand = new Set(
      part.models.filter((model) => model.inferenceTypes.includes('ON_DEMAND')).map((model) => model.modelId),
    )
    const profileIds = new Set(part.profiles.map((profile) => profile.id))
    const entries = catalog.list('all')
    assert.equal(entries.length, onDemand.size + profileIds.size)
    for (const { id } of entries) {
      assert.ok(onDemand.has(id) || profileIds.has(id), id)
      assert.doesNotMatch(id, /:\d+:\w+$|:mm$/)
      assert.equal(targetOf(catalog, id).id, id)
      assert.equal(catalog.find(id)?.id, id)
    }
  })

  test('the chat list has no embedding, rerank, image, video or speech model', () => {
    const catalog = catalogOf([recordedPart('us-east-1')])
    const chat = catalog.list('chat')
    assert.ok(chat.length > 60, `${chat.length} chat models`)
    for (const { id } of chat)
      assert.doesNotMatch(id, /embed|rerank|canvas|titan-image|stability|reel|sonic|pegasus|marengo/)
    for (const { id } of catalog.list('image')) assert.match(id, /stability|canvas|titan-image/)
    const kinds = ['chat', 'image', 'embedding', 'rerank', 'other'] as const
    const total = kinds.reduce((sum, kind) => sum + catalog.list(kind).length, 0)
    assert.equal(total, catalog.list('all').length)
  })

  test('legacy models are hidden, not forbidden', () => {
    const part = recordedPart('us-east-1')
    const id = 'us.anthropic.claude-3-7-sonnet-20250219-v1:0'
    assert.equal(catalogOf([part]).find(id), undefined)
    assert.equal(catalogOf([part]).resolve(id).type, 'listed')
    assert.equal(catalogOf([part], { modelsLegacy: true }).find(id)?.legacy, true)
  })

  test('friendly names are unique, plain and stable', () => {
    const entries = catalogOf([recordedPart('us-east-1')], { modelsLegacy: true }).list('all')
    const names = entries.map((entry) => entry.name.toLowerCase())
    assert.equal(new Set(names).size, names.length)
    const nameOf = (id: string) => entries.find((entry) => entry.id === id)?.name
    assert.equal(nameOf(`us.${SONNET}`), 'Claude Sonnet 4.5 (US)')
    assert.equal(nameOf(`global.${SONNET}`), 'Claude Sonnet 4.5 (Global)')
    assert.equal(nameOf('openai.gpt-oss-120b-1:0'), 'gpt-oss-120b')
    assert.equal(nameOf('amazon.nova-reel-v1:1'), 'Nova Reel (amazon.nova-reel-v1:1)')
  })

  test('the list is in the order of provider and name, whatever order AWS sent', () => {
    const part = recordedPart('us-east-1')
    const shuffled = { ...part, models: [...part.models].reverse(), profiles: [...part.profiles].reverse() }
    const ids = (catalog: Catalog) => catalog.list('all').map((entry) => entry.id)
    assert.deepEqual(ids(catalogOf([part])), ids(catalogOf([shuffled])))
    const owners = catalogOf([part])
      .list('all')
      .map((entry) => entry.ownedBy)
    assert.deepEqual(owners, [...owners].sort())
  })

  test('31 regions list each id once, with every region that serves it, the preferred one first', () => {
    const catalog = catalogOf(REGIONS_31.map((region) => recordedPart(region)))
    const single = catalogOf([recordedPart('us-east-1')])
    assert.equal(catalog.list('all').length, single.list('all').length)
    for (const { regions } of catalog.list('all')) assert.deepEqual(regions, REGIONS_31)
    assert.equal(targetOf(catalog, SONNET).region, REGIONS_31[0])
  })
})

test('resolve: a geo profile goes before a global one, the more local geo before the wider', () => {
  const regions = ['ap-northeast-1', 'ap-northeast-3']
  const profiles = [
    systemProfileOf('global', SONNET, ['ap-northeast-1']),
    systemProfileOf('apac', SONNET, [...regions, 'ap-south-1']),
    systemProfileOf('jp', SONNET, regions),
  ]
  const models = [modelOf(SONNET, profileOnly)]
  assert.equal(targetOf(catalogOf([partOf('ap-northeast-1', models, profiles)]), SONNET).id, `jp.${SONNET}`)
  const globalOnly = partOf('ap-northeast-1', models, profiles.slice(0, 1))
  assert.equal(targetOf(catalogOf([globalOnly]), SONNET).id, `global.${SONNET}`)
})

test('resolve: the prefix is what the region lists, not what its name suggests', () => {
  const nova = 'amazon.nova-lite-v1:0'
  const part = partOf(
    'ca-central-1',
    [modelOf(SONNET, profileOnly), modelOf(nova, profileOnly)],
    [
      systemProfileOf('us', SONNET, ['ca-central-1', 'us-east-1']),
      systemProfileOf('ca', nova, ['ca-central-1']),
    ],
  )
  const catalog = catalogOf([part])
  assert.equal(targetOf(catalog, SONNET).id, `us.${SONNET}`)
  assert.equal(targetOf(catalog, nova).id, `ca.${nova}`)
})

test('resolve: regions are tried in their configured order', () => {
  const east = partOf('us-east-1', [modelOf('meta.both'), modelOf('meta.west', profileOnly)])
  const west = partOf('us-west-2', [modelOf('meta.both'), modelOf('meta.west')])
  const catalog = catalogOf([east, west])
  assert.equal(targetOf(catalog, 'meta.both').region, 'us-east-1')
  assert.equal(targetOf(catalog, 'meta.west').region, 'us-west-2')
  assert.equal(
    targetOf(catalogOf([east, west], { regions: ['us-west-2', 'us-east-1'] }), 'meta.both').region,
    'us-west-2',
  )
})

test('resolve: a profile whose foundation row is absent lists and resolves by the rules of its id', () => {
  const catalog = catalogOf([
    partOf('eu-west-1', [modelOf('a.b')], [systemProfileOf('eu', SONNET, ['eu-west-1'])]),
  ])
  const entry = catalog.find(`eu.${SONNET}`)
  assert.equal(entry?.kind, 'chat')
  assert.equal(entry?.ownedBy, 'anthropic')
  assert.equal(entry?.capabilities.promptCaching !== null, true)
  assert.equal(entry?.name, `${SONNET} (EU)`)
  assert.equal(targetOf(catalog, SONNET).id, `eu.${SONNET}`)
})

test('resolve: listed without any access is not-invocable, also its provisioned variants', () => {
  const variant = 'anthropic.claude-3-haiku-20240307-v1:0:48k'
  const models = [
    modelOf('a.none', { inferenceTypes: [] }),
    modelOf('a.profile', profileOnly),
    modelOf(variant, { inferenceTypes: ['PROVISIONED'] }),
  ]
  const catalog = catalogOf([partOf('us-east-1', models)])
  for (const { modelId } of models) {
    assert.deepEqual(catalog.resolve(modelId), { type: 'not-invocable', foundationId: modelId })
  }
  assert.deepEqual(catalog.list('all'), [])
})

test('resolve: an application profile is known by ARN and by id, and is what its foundation model is', () => {
  const profile = applicationProfileOf('mi1dadi0g15f', 'us-east-1', 'amazon.titan-embed-text-v2:0')
  const model = modelOf('amazon.titan-embed-text-v2:0', { outputModalities: ['EMBEDDING'], streaming: false })
  const catalog = catalogOf([partOf('us-east-1', [model], [profile])])
  for (const name of [profile.arn, profile.id, `bedrock/${profile.arn}`, `bedrock/converse/${profile.arn}`]) {
    const target = targetOf(catalog, name)
    assert.equal(target.id, profile.arn)
    assert.equal(target.requested, name)
    assert.equal(target.kind, 'embedding')
    assert.equal(target.foundationId, 'amazon.titan-embed-text-v2:0')
    assert.equal(target.capabilities.streaming, false)
  }
  assert.equal(catalog.find(profile.arn)?.name, 'team mi1dadi0g15f')
  const hidden = catalogOf([partOf('us-east-1', [model], [profile])], { applicationInferenceProfiles: false })
  assert.equal(hidden.find(profile.arn), undefined)
  assert.equal(hidden.resolve(profile.arn).type, 'listed')
})

test('resolve: application profiles of one name are told apart', () => {
  const twins = ['aaaaaaaaaaaa', 'bbbbbbbbbbbb'].map((token) => ({
    ...applicationProfileOf(token, 'us-east-1', SONNET),
    name: 'team',
  }))
  const names = catalogOf([partOf('us-east-1', [modelOf(SONNET, profileOnly)], twins)])
    .list('all')
    .map((entry) => entry.name)
  assert.deepEqual(names, ['team (aaaaaaaaaaaa)', 'team (bbbbbbbbbbbb)'])
})

test('resolve: an ARN leads to its own region, configured or not', () => {
  const west = systemProfileOf('us', SONNET, ['us-west-2'])
  const catalog = catalogOf([
    partOf(
      'us-east-1',
      [modelOf(SONNET, profileOnly), modelOf('meta.x')],
      [systemProfileOf('us', SONNET, ['us-east-1'])],
    ),
    partOf('us-west-2', [modelOf(SONNET, profileOnly)], [west]),
  ])
  const listed = catalog.resolve(west.arn)
  assert.equal(listed.type, 'listed')
  assert.equal(targetOf(catalog, west.arn).region, 'us-west-2')
  assert.equal(targetOf(catalog, west.arn).id, west.arn)
  const foundation = targetOf(catalog, `arn:aws:bedrock:us-west-2::foundation-model/${SONNET}`)
  assert.equal(foundation.id, `us.${SONNET}`)
  assert.equal(foundation.region, 'us-west-2')
  const foreign = catalog.resolve('arn:aws:bedrock:eu-west-3:111122223333:imported-model/abc')
  assert.equal(foreign.type, 'unlisted')
  if (foreign.type === 'unlisted') {
    assert.equal(foreign.target.region, 'eu-west-3')
    assert.equal(foreign.target.foundationId, null)
  }
})

test('resolve: an unlisted name that looks like a Bedrock id is tried, anything else is unknown', () => {
  const catalog = catalogOf([partOf('us-east-1', [modelOf('a.b')])])
  for (const id of [
    'acme.new-model-v1:0',
    'us.acme.new-model-v1:0',
    'us-gov.anthropic.claude-x',
    'deepseek.v3-v1:0',
  ]) {
    assert.equal(catalog.resolve(id).type, 'unlisted', id)
  }
  const target = targetOf(catalog, 'eu.anthropic.claude-opus-9')
  assert.equal(target.region, 'us-east-1')
  assert.equal(target.foundationId, 'anthropic.claude-opus-9')
  assert.equal(target.capabilities.promptCaching !== null, true)
  assert.equal(targetOf(catalog, 'us.stability.stable-new-v1:0').kind, 'image')
  const unknown = [
    'gpt-4.1',
    'gpt-4o',
    'claude-3.5-sonnet',
    'llama3.1',
    'x',
    '',
    '.',
    'a..b',
    'a.b c',
    'a.b/../c',
    `a.${'b'.repeat(3000)}`,
  ]
  for (const name of unknown) assert.equal(catalog.resolve(name).type, 'unknown', name.slice(0, 40))
  assert.equal(catalog.resolve('arn:aws:bedrock:evil.example/:1:x/y').type, 'unknown')
  assert.equal(catalog.resolve('arn:aws:s3:::bucket/key').type, 'unknown')
})

test('resolve: the prefixes of LiteLLM are taken off, its region is kept', () => {
  const parts = [partOf('us-east-1', [modelOf('meta.x')]), partOf('us-west-2', [modelOf('meta.x')])]
  const catalog = catalogOf(parts)
  for (const name of [
    'bedrock/meta.x',
    'bedrock/converse/meta.x',
    'converse/meta.x',
    'bedrock_converse/meta.x',
  ]) {
    assert.equal(targetOf(catalog, name).id, 'meta.x', name)
    assert.equal(targetOf(catalog, name).requested, name)
  }
  assert.equal(targetOf(catalog, 'bedrock/us-west-2/meta.x').region, 'us-west-2')
  assert.equal(targetOf(catalog, 'bedrock/eu-west-1/meta.x').region, 'eu-west-1')
})

test('resolve: an alias goes first, and the first of its targets that is listed wins', () => {
  const policy = {
    aliases: [
      { name: 'claude', model: 'acme.gone', regions: [], defaults: NO_DEFAULTS },
      { name: 'claude', model: SONNET, regions: ['us-west-2'], defaults: NO_DEFAULTS },
      { name: 'meta.x', model: 'meta.y', regions: [], defaults: NO_DEFAULTS },
      { name: 'nothing', model: 'no-such-thing', regions: [], defaults: NO_DEFAULTS },
    ],
    regions: ['us-east-1'],
  }
  const parts = [
    partOf('us-east-1', [modelOf('meta.x'), modelOf('meta.y')]),
    partOf(
      'us-west-2',
      [modelOf(SONNET, profileOnly), modelOf('meta.z')],
      [systemProfileOf('us', SONNET, ['us-west-2'])],
    ),
  ]
  const catalog = catalogOf(parts, policy)
  assert.deepEqual(regionsOf(policy), ['us-east-1', 'us-west-2'])
  const target = targetOf(catalog, 'claude')
  assert.deepEqual([target.id, target.region, target.requested], [`us.${SONNET}`, 'us-west-2', 'claude'])
  assert.equal(targetOf(catalog, 'bedrock/claude').id, `us.${SONNET}`)
  assert.equal(targetOf(catalog, 'meta.x').id, 'meta.y')
  assert.equal(catalog.resolve('nothing').type, 'unknown')
  const listed = catalog.list('all').map((entry) => [entry.id, entry.access])
  assert.deepEqual(listed, [
    ['claude', 'ALIAS'],
    ['meta.x', 'ALIAS'],
    ['meta.y', 'ON_DEMAND'],
  ])
})

test("resolve: OpenAI's names lead to the default models, where there are any", () => {
  const part = partOf('us-east-1', [modelOf('meta.x'), modelOf('cohere.embed-v4:0')])
  const policy = { defaultModel: 'meta.x', defaultEmbeddingModel: 'cohere.embed-v4:0' }
  const catalog = catalogOf([part], policy)
  assert.equal(targetOf(catalog, 'gpt-4o-mini').id, 'meta.x')
  assert.equal(targetOf(catalog, 'gpt-4o-mini').requested, 'gpt-4o-mini')
  assert.equal(targetOf(catalog, 'text-embedding-3-small').kind, 'embedding')
  assert.equal(catalogOf([part]).resolve('gpt-4o-mini').type, 'unknown')
})

test('deny globs forbid by every name of a model, allow globs admit by any', () => {
  const arn = applicationProfileOf('tttttttttttt', 'us-east-1', SONNET)
  const part = partOf(
    'us-east-1',
    [modelOf(SONNET, profileOnly), modelOf('meta.x')],
    [systemProfileOf('us', SONNET, ['us-east-1']), arn],
  )
  const denying = catalogOf([part], {
    modelsDeny: ['anthropic.*'],
    aliases: [{ name: 'c', model: SONNET, regions: [], defaults: NO_DEFAULTS }],
  })
  for (const name of [SONNET, `us.${SONNET}`, arn.arn, 'c', 'bedrock/anthropic.unlisted', `eu.${SONNET}`]) {
    assert.equal(denying.resolve(name).type, 'denied', name)
  }
  assert.deepEqual(
    denying.list('all').map((entry) => entry.id),
    ['meta.x'],
  )
  const allowing = catalogOf([part], { modelsAllow: ['us.anthropic.*'] })
  assert.equal(allowing.resolve(SONNET).type, 'listed')
  assert.equal(allowing.resolve('meta.x').type, 'denied')
  assert.deepEqual(
    allowing.list('all').map((entry) => entry.id),
    [`us.${SONNET}`],
  )
})

test('without cross-region inference no system profile is listed or chosen, yet one may be named', () => {
  const part = partOf(
    'us-east-1',
    [modelOf(SONNET, profileOnly)],
    [systemProfileOf('us', SONNET, ['us-east-1'])],
  )
  const catalog = catalogOf([part], { crossRegionInference: false })
  assert.deepEqual(catalog.list('all'), [])
  assert.equal(catalog.resolve(SONNET).type, 'not-invocable')
  assert.equal(catalog.resolve(`us.${SONNET}`).type, 'listed')
})

test('a catalog without parts is not loaded and lists nothing', () => {
  const catalog = catalogOf([])
  assert.equal(catalog.loaded, false)
  assert.deepEqual(catalog.list('all'), [])
  assert.equal(catalogOf([], { regions: ['us-east-1'] }).resolve('acme.model').type, 'unlisted')
})
