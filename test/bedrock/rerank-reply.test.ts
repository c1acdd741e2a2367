import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { parseRerankReply } from '../../src/bedrock/rerank-reply.js'
import { recordingsDir, skipWithout } from '../shared.js'
import { readRecording } from './recordings.js'

function parse(reply: unknown): unknown {
  return parseRerankReply(Buffer.from(typeof reply === 'string' ? reply : JSON.stringify(reply)), 5)
}

suite('parseRerankReply', () => {
  test('reads recording 172', { skip: skipWithout(recordingsDir) }, () => {
    assert.deepEqual(parse(readRecording('0172').json), [
      { index: 2, score: 0.8742601 },
      { index: 0, score: 0.1728413 },
      { index: 4, score: 0.10793502 },
    ])
  })

  test('what is no order of these documents is none', () => {
    const result = (members: object) => ({ results: [{ index: 1, relevance_score: 0.5, ...members }] })
    assert.deepEqual(parse(result({})), [{ index: 1, score: 0.5 }])
    for (const reply of [
      '{"results":[{"index":1,"relevance_score":0.5}',
      '{"results":[{"index":1,"relevance_score":1e999}]}',
      'null',
      '[]',
      {},
      { results: {} },
      { results: [null] },
      result({ index: 5 }),
      result({ index: -1 }),
      result({ index: 0.5 }),
      result({ relevance_score: null }),
    ]) {
      assert.equal(parse(reply), null, JSON.stringify(reply))
    }
  })

  test('a reply that is far too long is not parsed', () => {
    assert.equal(parseRerankReply(Buffer.from(`{"results":[]${' '.repeat(1024 * 1024)}}`), 5), null)
  })
})
