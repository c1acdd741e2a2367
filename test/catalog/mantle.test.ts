import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CatalogPolicy, createCatalog } from '../../src/catalog/catalog.js'
import {
  hasMantleChat,
  isWrongMantlePath,
  mantlePathOf,
  otherMantlePath,
  toUnversionedId,
} from '../../src/catalog/mantle.js'
import { parseMantleModels } from '../../src/catalog/parse-listing.js'
import type { Catalog, ModelTarget, RegionPart } from '../../src/catalog/types.js'
import { modelOf, partOf, policyOf } from './recorded-catalog.js'

/** A region with gpt-oss and a model that nobody can invoke, and what bedrock-mantle lists there. */
const PART: RegionPart = {
  ...partOf('us-east-1', [
    modelOf('openai.gpt-oss-120b-1:0'),
    modelOf('qwen.qwen3-coder-30b-a3b-v1:0'),
    modelOf('acme.small-v1:0', { inferenceTypes: [] }),
  ]),
  mantleModels: [
    'acme.small',
    'anthropic.claude-haiku-4-5',
    'cohere.embed-v5',
    'openai.gpt-5.5',
    'openai.gpt-oss-120b',
    'openai.gpt-oss-safeguard-20b',
    'qwen.qwen3-coder-30b-a3b-instruct',
    'xai.grok-4.3',
  ],
}

function catalogOf(policy: Partial<CatalogPolicy> = {}, parts: readonly RegionPart[] = [PART]): Catalog {
  return createCatalog({
    parts: new Map(parts.map((part) => [part.region, part])),
    generation: 1,
    policy: policyOf(policy),
  })
}

function targetOf(catalog: Catalog, name: string): ModelTarget {
  const resolution = catalog.resolve(name)
  assert.ok(resolution.type === 'listed' || resolution.type === 'unlisted', `${name} is ${resolution.type}`)
  return resolution.target
}

test('listed are the chat models that nothing but bedrock-mantle serves', () => {
  const ids = catalogOf()
    .list('chat')
    .map(({ id }) => id)
  assert.deepEqual([...ids].sort(), [
    'acme.small',
    'openai.gpt-oss-120b-1:0',
    'openai.gpt-oss-safeguard-20b',
    'qwen.qwen3-coder-30b-a3b-v1:0',
    'xai.grok-4.3',
  ])
  const entry = catalogOf().find('xai.grok-4.3')
  assert.deepEqual([entry?.access, entry?.ownedBy, entry?.regions], ['ON_DEMAND', 'xai', ['us-east-1']])
})

test('a model is asked where it is served: by Converse as far as that goes, else on bedrock-mantle', () => {
  const catalog = catalogOf()
  for (const [name, id, dialect] of [
    ['openai.gpt-oss-120b-1:0', 'openai.gpt-oss-120b-1:0', 'converse'],
    ['openai.gpt-oss-120b', 'openai.gpt-oss-120b', 'openai-mantle'],
    ['xai.grok-4.3', 'xai.grok-4.3', 'openai-mantle'],
    ['openai.gpt-5.5', 'openai.gpt-5.5', 'openai-mantle'],
    ['mantle/openai.gpt-oss-120b', 'openai.gpt-oss-120b', 'openai-mantle'],
    ['mantle/openai.gpt-oss-120b-1:0', 'openai.gpt-oss-120b', 'openai-mantle'],
    ['bedrock/mantle/xai.grok-4.3', 'xai.grok-4.3', 'openai-mantle'],
    ['bedrock_mantle/xai.grok-4.3', 'xai.grok-4.3', 'openai-mantle'],
    ['openai-runtime/openai.gpt-oss-120b-1:0', 'openai.gpt-oss-120b-1:0', 'openai-runtime'],
  ] as const) {
    assert.equal(catalog.resolve(name).type, 'listed', name)
    const target = targetOf(catalog, name)
    assert.deepEqual([target.id, target.dialect, target.requested], [id, dialect, name])
  }
})

test('a name that no list has is tried where it says, in the region that it says', () => {
  const catalog = catalogOf()
  const target = targetOf(catalog, 'bedrock/mantle/eu-west-1/acme.new')
  assert.deepEqual([target.id, target.dialect, target.region], ['acme.new', 'openai-mantle', 'eu-west-1'])
  assert.equal(catalog.resolve('bedrock/mantle/eu-west-1/acme.new').type, 'unlisted')
  assert.equal(catalog.resolve('mantle/nothing').type, 'unknown')
  assert.equal(targetOf(catalog, 'acme.new').dialect, 'converse')
})

test('the first region that lists a model serves it', () => {
  const without = partOf('eu-west-1', [modelOf('meta.x')])
  const catalog = catalogOf({ regions: ['eu-west-1', 'us-east-1'] }, [without, PART])
  assert.equal(targetOf(catalog, 'mantle/openai.gpt-oss-120b').region, 'us-east-1')
  assert.equal(targetOf(catalog, 'xai.grok-4.3').region, 'us-east-1')
})

test('an alias may say where, and who names the protocol means the model and not an alias', () => {
  const defaults = { parameters: {}, systemPrompt: null, guardrail: null }
  const catalog = catalogOf({
    aliases: [
      { name: 'oss', model: 'mantle/openai.gpt-oss-120b', regions: [], defaults },
      { name: 'xai.grok-4.3', model: 'acme.small', regions: [], defaults },
    ],
  })
  assert.deepEqual(
    ['oss', 'xai.grok-4.3', 'mantle/xai.grok-4.3'].map((name) => targetOf(catalog, name).id),
    ['openai.gpt-oss-120b', 'acme.small', 'xai.grok-4.3'],
  )
  assert.equal(targetOf(catalog, 'oss').dialect, 'openai-mantle')
})

test('turned off, bedrock-mantle is neither listed nor used, although its list is on disk', () => {
  const catalog = catalogOf({ mantle: false })
  assert.equal(catalog.find('xai.grok-4.3'), undefined)
  assert.equal(targetOf(catalog, 'xai.grok-4.3').dialect, 'converse')
  assert.equal(catalog.resolve('mantle/xai.grok-4.3').type, 'unknown')
})

test('deny globs hold by every name', () => {
  const catalog = catalogOf({ modelsDeny: ['xai.*'] })
  assert.equal(catalog.find('xai.grok-4.3'), undefined)
  for (const name of ['xai.grok-4.3', 'mantle/xai.grok-4.3'])
    assert.equal(catalog.resolve(name).type, 'denied')
})

test('paths and APIs by family', () => {
  const rows = [
    ['openai.gpt-oss-20b', '/v1', true],
    ['openai.gpt-5.6-sol', '/openai/v1', false],
    ['openai.gpt-6-astra', '/openai/v1', true],
    ['google.gemma-3-27b-it', '/v1', true],
    ['google.gemma-4-31b', '/openai/v1', true],
    ['anthropic.claude-opus-4-8', '/v1', false],
    ['zai.glm-4.6', '/v1', true],
  ] as const
  for (const [id, path, chat] of rows)
    assert.deepEqual([mantlePathOf(id), hasMantleChat(id)], [path, chat], id)
  assert.equal(otherMantlePath(otherMantlePath('/v1')), '/v1')
  assert.ok(isWrongMantlePath("Bedrock: model `xai.grok-4.3` isn't supported on this route"))
  assert.ok(!isWrongMantlePath('Bedrock: max_tokens is not supported'))
})

test('an id without its version is the same on both sides, and versions of a name stay apart', () => {
  const unversioned = toUnversionedId('openai.gpt-oss-120b-1:0')
  assert.equal(unversioned, 'openai.gpt-oss-120b')
  assert.equal(toUnversionedId('qwen.qwen3-32b-v1:0'), 'qwen.qwen3-32b')
  assert.equal(toUnversionedId('qwen.qwen3-235b-a22b-2507'), 'qwen.qwen3-235b-a22b-2507')
  assert.notEqual(toUnversionedId('openai.gpt-5'), toUnversionedId('openai.gpt-6'))
})

test('parseMantleModels: rows without a usable id are left out, other bodies are no list', () => {
  assert.deepEqual(parseMantleModels({ object: 'list', data: [{ id: 'b.x' }, {}, null, 7, { id: 'a.x' }] }), [
    'a.x',
    'b.x',
  ])
  for (const body of [null, [], {}, { data: 'x' }, { message: 'x' }])
    assert.equal(parseMantleModels(body), null)
})
