import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import type { ModelTarget } from '../../src/catalog/types.js'
import { GatewayError } from '../../src/errors.js'
import { documentTextOf, prepareRerank } from '../../src/rerank/prepare.js'

const TARGET = {
  id: 'cohere.rerank-v3-5:0',
  requested: 'rerank',
  foundationId: 'cohere.rerank-v3-5:0',
  defaults: null,
} as unknown as ModelTarget

suite('prepareRerank', () => {
  test('keeps each document as JSON text for the reply, whatever is in it', () => {
    const text = fc.string({ unit: 'binary' }).filter((some) => some.trim() !== '')
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 6 }), (documents) => {
        const fields = { model: 'rerank', query: 'q', documents, return_documents: true }
        const { documents: texts } = prepareRerank(fields, { target: TARGET, dropParams: true })
        assert.ok(texts !== null)
        const read = documents.map((_, index) => Buffer.from(documentTextOf(texts, index)).toString())
        assert.deepEqual(
          read,
          documents.map((document) => JSON.stringify(document)),
        )
      }),
    )
  })

  test('members that no reranker knows are named, or refused where the settings or the alias say so', () => {
    const fields = { model: 'rerank', query: 'q', documents: ['a'], rank_fields: ['x'] }
    assert.deepEqual(prepareRerank(fields, { target: TARGET, dropParams: true }).dropped, ['rank_fields'])
    assert.throws(
      () => prepareRerank(fields, { target: TARGET, dropParams: false }),
      (error) => error instanceof GatewayError && error.param === 'rank_fields',
    )
    const defaults = { parameters: {}, systemPrompt: null, guardrail: null, dropParams: true }
    const target = { ...TARGET, defaults }
    assert.deepEqual(prepareRerank(fields, { target, dropParams: false }).dropped, ['rank_fields'])
  })
})
