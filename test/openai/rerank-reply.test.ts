import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { type RerankReply, toRerankReply } from '../../src/openai/rerank-reply.js'

function render(reply: Partial<RerankReply>): unknown {
  const parts = toRerankReply({
    id: 'rerank-1',
    model: 'rerank-v3.5',
    results: [
      { index: 1, score: 0.5 },
      { index: 0, score: 1e-7 },
    ],
    documentJson: null,
    promptTokens: null,
    ...reply,
  })
  return JSON.parse(Buffer.concat(parts.map((part) => Buffer.from(part))).toString())
}

const END = { meta: { api_version: { version: '2' } }, usage: { prompt_tokens: 0, total_tokens: 0 } }

suite('toRerankReply', () => {
  test('has what Open WebUI, Cohere and Jina read', () => {
    assert.deepEqual(render({}), {
      id: 'rerank-1',
      object: 'list',
      model: 'rerank-v3.5',
      results: [
        { index: 1, relevance_score: 0.5 },
        { index: 0, relevance_score: 1e-7 },
      ],
      ...END,
    })
  })

  test('repeats the documents where they were asked for', () => {
    const texts = ['"a"', '"say \\"b\\""'].map((text) => Buffer.from(text))
    const { results } = render({ documentJson: (index) => texts[index] ?? Buffer.from('null') }) as {
      results: unknown
    }
    assert.deepEqual(results, [
      { index: 1, relevance_score: 0.5, document: { text: 'say "b"' } },
      { index: 0, relevance_score: 1e-7, document: { text: 'a' } },
    ])
  })

  test('counts the tokens that the model counted, and survives no results and a strange name', () => {
    assert.deepEqual(render({ promptTokens: 9, results: [], model: 'a"\\' }), {
      id: 'rerank-1',
      object: 'list',
      model: 'a"\\',
      results: [],
      ...END,
      usage: { prompt_tokens: 9, total_tokens: 9 },
    })
  })
})
