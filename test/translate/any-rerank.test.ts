import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { toGatewayError } from '../../src/errors.js'
import { parseModel } from '../../src/openai/parse-json.js'
import { parseBody } from '../../src/parse-body.js'
import { requireKind, requireModel } from '../../src/require-model.js'
import { prepareRerank } from '../../src/rerank/prepare.js'
import { DEFAULT_BEHAVIOUR } from '../emulator/behaviour.js'
import { answerInvoke } from '../emulator/invoke.js'
import { anything, change, changed } from './changed-json.js'
import { emulatedCatalog, emulatedListing } from './emulated-models.js'
import { assertRefusal } from './send-body.js'

/** More for a long run: `ANY_REQUEST_RUNS=30000`. */
const RUNS = Number(process.env['ANY_REQUEST_RUNS'] ?? 500)

const catalog = emulatedCatalog(emulatedListing())

/** What the endpoint does with bytes, from the first to the call, and what the model says to it. */
async function rank(bytes: readonly Uint8Array[]): Promise<void> {
  const fields = parseBody(bytes)
  const name = parseModel(fields['model'], 'model')
  const target = requireKind(requireModel(name, catalog.resolve(name)), 'rerank')
  const { body, documents, documentsCount } = prepareRerank(fields, { target, dropParams: true })
  const modelId = target.foundationId ?? target.id
  const input = { modelId, body: JSON.parse(body) as Record<string, unknown>, behaviour: DEFAULT_BEHAVIOUR }
  await answerInvoke(input, Buffer.byteLength(body))
  if (documents === null) return
  assert.equal(documents.ends.length, documentsCount)
  assert.equal(documents.ends.at(-1), documents.bytes.length)
}

type Outcome = 'taken' | 'refused'

/** Throws what is no answer in OpenAI's words, and what the model would refuse. */
async function outcomeOf(sent: unknown): Promise<Outcome> {
  try {
    await rank([Buffer.from(JSON.stringify(sent) ?? '')])
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

const text = fc.oneof(
  { weight: 6, arbitrary: fc.string({ minLength: 1, unit: 'grapheme' }).map((some) => `${some}a`) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
)
const body = fc.record(
  {
    model: fc.oneof(
      { weight: 20, arbitrary: fc.constantFrom('cohere.rerank-v3-5:0', 'amazon.rerank-v1:0') },
      {
        weight: 1,
        arbitrary: fc.constantFrom('amazon.nova-lite-v1:0', 'cohere.embed-v4:0', 'rerank-english'),
      },
    ),
    query: text,
    documents: fc.array(
      fc.oneof(
        { weight: 5, arbitrary: text },
        { weight: 1, arbitrary: text.map((some) => ({ text: some, id: 7 })) },
      ),
      {
        minLength: 1,
      },
    ),
    top_n: fc.oneof(fc.integer({ min: 1, max: 50 }), fc.constantFrom(0, null, 2 ** 31)),
    top_k: fc.oneof(fc.integer({ min: 1, max: 50 }), fc.constant(null)),
    return_documents: fc.constantFrom(true, false, null),
    max_tokens_per_doc: fc.nat(),
  },
  { requiredKeys: ['model', 'query', 'documents'] },
)

test('a rerank body that is taken makes a call that the model takes', async () => {
  const outcomes = { taken: 0, refused: 0 }
  await fc.assert(
    fc.asyncProperty(body, async (sent) => {
      outcomes[await outcomeOf(sent)] += 1
    }),
    { numRuns: RUNS },
  )
  assert.ok(Math.min(outcomes.taken, outcomes.refused) > RUNS / 20, JSON.stringify(outcomes))
})

test('a rerank body that was changed anywhere makes a call that the model takes, or is refused by the name of the field', async () => {
  await fc.assert(
    fc.asyncProperty(body, fc.array(change, { minLength: 1, maxLength: 3 }), async (sent, changes) => {
      await outcomeOf(changes.reduce<unknown>(changed, sent))
    }),
    { numRuns: RUNS },
  )
})

test('any JSON, also as any member of a rerank body, makes a call that the model takes, or is refused by the name of the field', async () => {
  const members = fc.constantFrom(
    ...['query', 'documents', 'top_n', 'top_k', 'return_documents', 'rank_fields', 'user', '__proto__'],
  )
  await fc.assert(
    fc.asyncProperty(
      fc.jsonValue({ maxDepth: 5 }),
      fc.dictionary(members, anything, { maxKeys: 3 }),
      async (value, some) => {
        await outcomeOf(value)
        await outcomeOf({ model: 'cohere.rerank-v3-5:0', query: 'a', documents: ['b'], ...some })
        await outcomeOf({ model: 'amazon.rerank-v1:0', query: 'a', documents: value })
      },
    ),
    { numRuns: RUNS },
  )
})
