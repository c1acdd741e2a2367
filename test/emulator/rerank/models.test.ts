import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type InvokeCase, invoke, malformed, testInvoke } from '../invoke-cases.js'
import { scoreOf } from './score.js'

const COHERE = 'cohere.rerank-v3-5:0'
const AMAZON = 'amazon.rerank-v1:0'
const api_version = 2
const query = 'capital of France'
const documents = ['Paris is the capital of France', 'Bread', 'The capital', 'Milk']

/** Rules of both models; `place` is what Cohere's refusals say in front. */
function common(place: (pointer: string) => string, more: object): readonly InvokeCase[] {
  const body = (change: object) => ({ query, documents, ...more, ...change })
  return [
    { name: 'a query and documents', body: body({ top_n: 1 }), message: null },
    {
      name: 'an empty query',
      body: body({ query: '' }),
      message: malformed(`${place('#/query')}expected minLength: 1, actual: 0`),
    },
    {
      name: 'no documents',
      body: body({ documents: [] }),
      message: malformed(`${place('#/documents')}expected minimum item count: 1, found: 0`),
    },
    { name: '1000 documents', body: body({ documents: Array(1000).fill('a') }), message: null },
    {
      name: '1001 documents',
      body: body({ documents: Array(1001).fill('a') }),
      message: malformed(`${place('#/documents')}expected maximum item count: 1000, found: 1001`),
    },
    {
      name: 'a document that is no text',
      body: body({ documents: ['a', { text: 'b' }] }),
      message: malformed(`${place('#/documents/1')}expected type: String, found: JSONObject`),
    },
    {
      name: 'no results',
      body: body({ top_n: 0 }),
      message: malformed(`${place('#/top_n')}0 is not greater or equal to 1`),
    },
    { name: 'more results than documents', body: body({ top_n: 9 }), message: null },
    {
      name: 'an unknown member',
      body: body({ model: 'a' }),
      message: malformed(`${place('#')}extraneous key [model] is not permitted`),
    },
  ]
}

testInvoke(
  COHERE,
  common((pointer) => `${pointer}: `, { api_version }),
)
testInvoke(
  AMAZON,
  common(() => '', {}),
)

testInvoke(COHERE, [
  {
    name: 'no version',
    body: { query, documents },
    message: malformed('#: required key [api_version] not found'),
  },
  {
    name: 'the first version',
    body: { query, documents, api_version: 1 },
    message: malformed('#/api_version: 1 is not greater or equal to 2'),
  },
  {
    name: 'a prompt',
    body: { prompt: 'a', stream: true },
    message: malformed(
      '#: required key [query] not found#: required key [documents] not found#: required key [api_version] not found#: extraneous key [prompt] is not permitted#: extraneous key [stream] is not permitted',
    ),
  },
])

testInvoke(AMAZON, [
  {
    name: 'a version',
    body: { query, documents, api_version },
    message: malformed('extraneous key [api_version] is not permitted'),
  },
])

test('rerank: documents come best first, equal ones in their order, top_n of them', async () => {
  const score = (index: number) => scoreOf({ query, document: documents[index] ?? '' })
  assert(score(0) > score(2) && score(2) > score(1))
  assert.equal(score(1), 0)
  const results = [0, 2, 1, 3].map((index) => ({ index, relevance_score: score(index) }))
  const whole = await invoke(AMAZON, { query, documents })
  assert.deepEqual(whole, { body: { results }, inputTokens: null })
  const top = await invoke(COHERE, { query, documents, api_version, top_n: 3 })
  assert.deepEqual(top.body, { results: results.slice(0, 3) })
})
