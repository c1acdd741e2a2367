import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { GatewayError } from '../../src/errors.js'
import type { RerankRequest } from '../../src/openai/rerank-types.js'
import { toRerankBody } from '../../src/translate/rerank.js'
import { recordingsDir, skipWithout } from '../shared.js'

const REQUEST: RerankRequest = {
  model: 'm',
  query: 'q',
  documents: ['a', 'b'],
  topCount: null,
  returnDocuments: false,
  dropped: [],
}

const target = (id: string) => ({ id, foundationId: id })

suite('toRerankBody', () => {
  test('each family in its own words, always with the number of results', () => {
    assert.deepEqual(toRerankBody(REQUEST, target('cohere.rerank-v3-5:0')), {
      query: 'q',
      documents: ['a', 'b'],
      api_version: 2,
      top_n: 2,
    })
    assert.deepEqual(toRerankBody({ ...REQUEST, topCount: 1 }, target('amazon.rerank-v1:0')), {
      query: 'q',
      documents: ['a', 'b'],
      top_n: 1,
    })
  })

  test('more results than documents are not asked for', () => {
    assert.equal(toRerankBody({ ...REQUEST, topCount: 50 }, target('cohere.rerank-v3-5:0'))['top_n'], 2)
  })

  test('a profile leads to its model, and a model that nobody knows is refused by name', () => {
    const arn = 'arn:aws:bedrock:us-west-2:123456789012:application-inference-profile/abc'
    const known = toRerankBody(REQUEST, { id: arn, foundationId: 'amazon.rerank-v1:0' })
    assert.equal(known['api_version'], undefined)
    assert.throws(
      () => toRerankBody(REQUEST, target('voyage.rerank-2')),
      (error) => error instanceof GatewayError && error.param === 'model' && /voyage/.test(error.message),
    )
  })

  test('says what recording 172 says', { skip: skipWithout(recordingsDir) }, () => {
    const file = JSON.parse(readFileSync(join(recordingsDir, '0172.json'), 'utf8')) as {
      modelId: string
      request: { json: { query: string; documents: string[]; top_n: number } }
    }
    const { query, documents, top_n: topCount } = file.request.json
    const body = toRerankBody({ ...REQUEST, query, documents, topCount }, target(file.modelId))
    assert.deepEqual(body, file.request.json)
  })
})
