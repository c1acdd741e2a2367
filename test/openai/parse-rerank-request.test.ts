import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { GatewayError } from '../../src/errors.js'
import { parseRerankRequest } from '../../src/openai/parse-rerank-request.js'
import type { RerankRequest } from '../../src/openai/rerank-types.js'

function parse(members: Readonly<Record<string, unknown>>): RerankRequest {
  return parseRerankRequest({ model: 'm', query: 'q', documents: ['a', 'b'], ...members })
}

function refusal(members: Readonly<Record<string, unknown>>): string {
  try {
    parse(members)
  } catch (error) {
    assert.ok(error instanceof GatewayError, String(error))
    assert.equal(error.status, 400)
    return `${error.param}: ${error.message}`
  }
  assert.fail('it was taken')
}

suite('parseRerankRequest', () => {
  test('takes what Open WebUI sends', () => {
    assert.deepEqual(parse({ top_n: 2 }), {
      model: 'm',
      query: 'q',
      documents: ['a', 'b'],
      topCount: 2,
      returnDocuments: false,
      dropped: [],
    })
  })

  test("takes Cohere's documents with a text, and names what no reranker here knows", () => {
    const { documents, returnDocuments, dropped } = parse({
      documents: [{ text: 'a', title: 't' }, 'b'],
      return_documents: true,
      rank_fields: ['text'],
      max_chunks_per_doc: 10,
      max_tokens_per_doc: null,
    })
    assert.deepEqual(documents, ['a', 'b'])
    assert.equal(returnDocuments, true)
    assert.deepEqual(dropped, ['rank_fields', 'max_chunks_per_doc'])
  })

  test('top_k is top_n by another name, and top_n wins', () => {
    assert.equal(parse({ top_k: 1 }).topCount, 1)
    assert.equal(parse({ top_k: 1, top_n: 2 }).topCount, 2)
    assert.equal(parse({ top_k: null }).topCount, null)
  })

  test('says which member is wrong, and why', () => {
    const cases: readonly (readonly [Readonly<Record<string, unknown>>, RegExp])[] = [
      [{ model: '' }, /^model: /],
      [{ query: undefined }, /^query: query must be a string, got nothing$/],
      [{ query: ' ' }, /^query: query must not be blank$/],
      [{ documents: [] }, /^documents: documents must be a list with at least one document, got an array$/],
      [{ documents: 'a' }, /^documents: .* got a string$/],
      [{ documents: ['a', ''] }, /^documents\[1\]: documents\[1\] must not be blank$/],
      [{ documents: [{ title: 't' }] }, /^documents\[0\]\.text: .* got nothing$/],
      [
        { documents: Array.from({ length: 1001 }, () => 'a') },
        /^documents: .* at most 1000 documents, got 1001$/,
      ],
      [{ top_n: 0 }, /^top_n: .* got 0$/],
      [{ return_documents: 'yes' }, /^return_documents: /],
    ]
    for (const [members, expected] of cases) assert.match(refusal(members), expected)
  })
})
