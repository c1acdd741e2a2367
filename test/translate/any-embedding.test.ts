import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import fc from 'fast-check'
import type { ModelTarget } from '../../src/catalog/types.js'
import { toBatches } from '../../src/embeddings/batches.js'
import { toOptions, toReadyInputs } from '../../src/embeddings/prepare.js'
import { shortenBody } from '../../src/embeddings/shorten-body.js'
import { toGatewayError } from '../../src/errors.js'
import { parseEmbeddingRequest } from '../../src/openai/parse-embedding-request.js'
import { parseModel } from '../../src/openai/parse-json.js'
import { parseBody } from '../../src/parse-body.js'
import { requireKind, requireModel } from '../../src/require-model.js'
import { embeddingAdapterOf } from '../../src/translate/embedding-models/embedding-adapters.js'
import { loadTokenDecoder } from '../../workers/token-decoder.js'
import { DEFAULT_BEHAVIOUR } from '../emulator/behaviour.js'
import { answerInvoke } from '../emulator/invoke.js'
import { BedrockError } from '../emulator/wire-error.js'
import { anything, change, changed } from './changed-json.js'
import { emulatedCatalog, emulatedListing } from './emulated-models.js'
import { assertRefusal } from './send-body.js'

/** More for a long run: `ANY_REQUEST_RUNS=30000`. */
const RUNS = Number(process.env['ANY_REQUEST_RUNS'] ?? 500)

const catalog = emulatedCatalog(emulatedListing())
const MODELS = [
  'amazon.titan-embed-text-v1',
  'amazon.titan-embed-text-v2:0',
  'amazon.titan-embed-image-v1',
  'amazon.nova-2-multimodal-embeddings-v1:0',
  'cohere.embed-english-v3',
  'cohere.embed-multilingual-v3',
  'cohere.embed-v4:0',
] as const
const OTHERS = ['twelvelabs.marengo-embed-2-7-v1:0', 'amazon.nova-lite-v1:0', 'cohere.rerank-v3-5:0', 'gpt-4']

const PICTURES = {
  png: 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==',
  gif: 'R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7',
  jpeg: '/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////////////2wBDAf//////////////////////////////////////////////////////////////////////////////////////wAARCAABAAEDASIAAhEBAxEB/8QAFAABAAAAAAAAAAAAAAAAAAAAA//EABQQAQAAAAAAAAAAAAAAAAAAAAD/xAAUAQEAAAAAAAAAAAAAAAAAAAAA/8QAFBEBAAAAAAAAAAAAAAAAAAAAAP/aAAwDAQACEQMRAD8AR//Z',
  webp: 'UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA',
} as const

let decode: (tokens: readonly number[]) => string
before(async () => {
  decode = await loadTokenDecoder()
})

/** What the endpoint does with bytes, from the first to the calls, and what the model says to each. */
async function embed(bytes: readonly Uint8Array[]): Promise<void> {
  const body = parseBody(bytes)
  const name = parseModel(body['model'], 'model')
  const target = requireKind(requireModel(name, catalog.resolve(name)), 'embedding')
  const request = parseEmbeddingRequest(body, { inputsMax: 2_048 })
  const adapter = embeddingAdapterOf(target)
  const inputs = toReadyInputs(request, adapter, decode)
  const batches = toBatches(inputs, adapter)
  assert.deepEqual(
    batches.flatMap(({ indexes }) => indexes).sort((a, b) => a - b),
    inputs.map((_, index) => index),
  )
  for (const batch of batches) {
    await ask(target, JSON.stringify(adapter.toBody(batch.inputs, toOptions(request))), request.truncate)
  }
}

/** Throws what the model has against a body, but for its tokens: only the model can count those. */
async function ask(
  target: ModelTarget,
  json: string,
  truncate: 'start' | 'end' | 'none' | null,
  shortenings = 0,
): Promise<void> {
  const input = {
    modelId: target.foundationId ?? target.id,
    body: JSON.parse(json) as Record<string, unknown>,
    behaviour: DEFAULT_BEHAVIOUR,
  }
  try {
    await answerInvoke(input, Buffer.byteLength(json))
  } catch (error) {
    if (!(error instanceof BedrockError)) throw error
    const counted = /input is too long|too many input tokens/i.test(error.message)
    if (counted && truncate === 'none') return
    const shorter = shortenings < 3 ? shortenBody(json, error.message, truncate) : null
    assert.ok(shorter !== null, `${target.id} says: ${error.message}\n${json.slice(0, 2_000)}`)
    await ask(target, shorter, truncate, shortenings + 1)
  }
}

type Outcome = 'taken' | 'refused'

/** Throws what is no answer in OpenAI's words, and what the model would refuse. */
async function outcomeOf(sent: unknown): Promise<Outcome> {
  const bytes = [Buffer.from(JSON.stringify(sent) ?? '')]
  try {
    await embed(bytes)
    return 'taken'
  } catch (error) {
    if (error instanceof assert.AssertionError) throw error
    assertRefusal(error)
    const { code, param } = toGatewayError(error)
    const isObject = typeof sent === 'object' && sent !== null && !Array.isArray(sent)
    if (isObject && code !== 'invalid_json') assert.ok(param, `no field is named: ${error.message}`)
    return 'refused'
  }
}

const longText = fc
  .tuple(fc.constantFrom('word ', 'x', 'é', '漢', '😀', '! ', ' \n', '\u{fe0f}'), fc.nat({ max: 60_000 }))
  .map(([unit, count]) => unit.repeat(count))
const text = fc.oneof(
  { weight: 6, arbitrary: fc.string({ minLength: 1, unit: 'grapheme' }).map((some) => `${some}a`) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary' }) },
  { weight: 1, arbitrary: longText },
)
const tokens = fc.array(fc.oneof(fc.nat({ max: 100_255 }), fc.integer({ min: -1, max: 100_300 })), {
  minLength: 1,
  maxLength: 20,
})
const picture = fc.oneof(
  fc.constantFrom(...Object.values(PICTURES)),
  fc.base64String({ maxLength: 40 }),
  fc.string({ maxLength: 10 }),
)
const dataUri = fc
  .tuple(
    fc.constantFrom(
      'image/png',
      'image/jpeg',
      'image/jpg',
      'image/webp',
      'image/gif',
      'image/tiff',
      'IMAGE/PNG',
      '',
    ),
    picture,
  )
  .map(([type, base64]) => `data:${type};base64,${base64}`)
const input = fc.oneof(
  { weight: 8, arbitrary: text },
  { weight: 2, arbitrary: tokens },
  { weight: 3, arbitrary: dataUri },
  { weight: 1, arbitrary: fc.oneof(dataUri, picture).map((image) => ({ image })) },
  { weight: 1, arbitrary: dataUri.map((url) => ({ type: 'image_url', image_url: { url } })) },
  { weight: 1, arbitrary: text.map((some) => ({ type: 'text', text: some })) },
)
const body = fc.record(
  {
    model: fc.oneof(
      { weight: 20, arbitrary: fc.constantFrom(...MODELS) },
      { weight: 1, arbitrary: fc.constantFrom(...OTHERS) },
    ),
    input: fc.oneof(
      input,
      fc.array(text, { minLength: 1, maxLength: 120 }),
      fc.array(input, { minLength: 1 }),
    ),
    encoding_format: fc.constantFrom('float', 'base64', null),
    dimensions: fc.constantFrom(256, 384, 512, 1024, 1536, 3072, null),
    truncate: fc.constantFrom('START', 'end', 'NONE', 'LEFT', true, false, null),
    input_type: fc.constantFrom(
      'search_query',
      'search_document',
      'clustering',
      'image',
      'GENERIC_INDEX',
      'nonsense',
    ),
    prefix: fc.constantFrom('query: ', 'passage: ', 'x'),
    user: fc.string(),
  },
  { requiredKeys: ['model', 'input'] },
)

test('a body that is taken makes calls that the model takes', async () => {
  const outcomes = { taken: 0, refused: 0 }
  await fc.assert(
    fc.asyncProperty(body, async (sent) => {
      outcomes[await outcomeOf(sent)] += 1
    }),
    { numRuns: RUNS },
  )
  assert.ok(Math.min(outcomes.taken, outcomes.refused) > RUNS / 20, JSON.stringify(outcomes))
})

test('a body that was changed anywhere makes calls that the model takes, or is refused by the name of the field', async () => {
  await fc.assert(
    fc.asyncProperty(body, fc.array(change, { minLength: 1, maxLength: 3 }), async (sent, changes) => {
      await outcomeOf(changes.reduce<unknown>(changed, sent))
    }),
    { numRuns: RUNS },
  )
})

test('any JSON, also as any member, makes calls that the model takes, or is refused by the name of the field', async () => {
  const members = fc.constantFrom(
    ...['input', 'encoding_format', 'dimensions', 'truncate', 'input_type', 'task', 'prefix', 'user'],
    ...['embeddingPurpose', 'prompt_name', 'extra_body', '__proto__', 'constructor'],
  )
  await fc.assert(
    fc.asyncProperty(
      fc.jsonValue({ maxDepth: 5 }),
      fc.dictionary(members, anything, { maxKeys: 3 }),
      fc.constantFrom(...MODELS),
      async (value, some, model) => {
        await outcomeOf(value)
        await outcomeOf({ model, input: value })
        await outcomeOf({ model, input: 'Hello', ...some })
      },
    ),
    { numRuns: RUNS },
  )
})
