import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { GatewayError } from '../../src/errors.js'
import { type EmbeddingsReply, toEmbeddingsReply } from '../../src/openai/embeddings-reply.js'
import { openaiDir, skipWithout } from '../shared.js'
import { schemaProblems } from './schema.js'

interface Body {
  readonly data: readonly { readonly embedding: unknown }[]
}

async function render(reply: Partial<EmbeddingsReply>): Promise<unknown> {
  const parts = await toEmbeddingsReply({
    model: 'text-embedding-3-small',
    vectors: [],
    encodingFormat: 'float',
    promptTokens: 7,
    pause: () => Promise.resolve(),
    ...reply,
  })
  return JSON.parse(Buffer.concat(parts.map((part) => Buffer.from(part))).toString())
}

const VECTORS = ['[0.5, -1e-3]', '[3.4e38,\n2]'].map((text) => Buffer.from(text))

suite('toEmbeddingsReply', () => {
  test('floats are what OpenAI describes, in the order of the inputs', {
    skip: skipWithout(openaiDir),
  }, async () => {
    const body = await render({ vectors: VECTORS })
    assert.deepEqual(body, {
      object: 'list',
      data: [
        { object: 'embedding', index: 0, embedding: [0.5, -1e-3] },
        { object: 'embedding', index: 1, embedding: [3.4e38, 2] },
      ],
      model: 'text-embedding-3-small',
      usage: { prompt_tokens: 7, total_tokens: 7 },
    })
    assert.deepEqual(schemaProblems('CreateEmbeddingResponse', body), [])
  })

  test('base64 holds little-endian 32-bit floats', async () => {
    const { data } = (await render({ vectors: VECTORS, encodingFormat: 'base64' })) as Body
    const floats = data.map(({ embedding }) => {
      const bytes = Buffer.from(String(embedding), 'base64')
      return [bytes.readFloatLE(0), bytes.readFloatLE(4)]
    })
    assert.deepEqual(floats, [
      [0.5, Math.fround(-1e-3)],
      [Math.fround(3.4e38), 2],
    ])
  })

  test('a name with quotes stays JSON, and no vectors are an empty list', async () => {
    assert.deepEqual(await render({ model: 'a"b\\' }), {
      object: 'list',
      data: [],
      model: 'a"b\\',
      usage: { prompt_tokens: 7, total_tokens: 7 },
    })
  })

  test('many vectors are converted with pauses, floats without', async () => {
    const vector = Buffer.from(JSON.stringify(Array.from({ length: 1536 }, (_, index) => index / 1537)))
    const vectors = Array.from({ length: 64 }, () => vector)
    let pauses = 0
    const pause = (): Promise<void> => {
      pauses += 1
      return Promise.resolve()
    }
    await render({ vectors, encodingFormat: 'base64', pause })
    const expected = (vector.length * vectors.length) / (128 * 1024)
    assert.ok(pauses >= expected - 1, `${pauses} pauses for ${expected} pieces`)
    pauses = 0
    await render({ vectors, pause })
    assert.equal(pauses, 0)
  })

  test('what is no list of numbers is a fault of the reply', async () => {
    for (const text of ['[1,null]', '[1', '{}']) {
      await assert.rejects(
        render({ vectors: [Buffer.from(text)], encodingFormat: 'base64' }),
        (error) => error instanceof GatewayError && error.code === 'upstream_error',
      )
    }
  })
})
