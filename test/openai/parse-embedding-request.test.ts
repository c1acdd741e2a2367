import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { GatewayError } from '../../src/errors.js'
import type { EmbeddingRequest } from '../../src/openai/embedding-types.js'
import { parseEmbeddingRequest } from '../../src/openai/parse-embedding-request.js'
import { openwebuiDir, skipWithout } from '../shared.js'

const PNG = 'iVBORw0KGgo='

function parse(members: Readonly<Record<string, unknown>>): EmbeddingRequest {
  return parseEmbeddingRequest({ model: 'm', input: 'a', ...members }, { inputsMax: 4 })
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

const text = (value: string) => ({ type: 'text', text: value })
const image = { type: 'image', base64: PNG }

suite('parseEmbeddingRequest: input', () => {
  test('takes every form of OpenAI, and images in the forms that clients have', () => {
    assert.deepEqual(parse({ input: 'a' }).inputs, [text('a')])
    assert.deepEqual(parse({ input: ['a', 'b'] }).inputs, [text('a'), text('b')])
    assert.deepEqual(parse({ input: [1, 2] }).inputs, [{ type: 'tokens', tokens: [1, 2] }])
    assert.deepEqual(parse({ input: [[1], [2, 3]] }).inputs, [
      { type: 'tokens', tokens: [1] },
      { type: 'tokens', tokens: [2, 3] },
    ])
    assert.deepEqual(parse({ input: { type: 'text', text: 'a' } }).inputs, [text('a')])
    const uri = `data:image/png;base64,${PNG}`
    for (const form of [
      uri,
      { type: 'image_url', image_url: { url: uri } },
      { type: 'image_url', image_url: uri },
      { image: uri },
      { image: PNG },
      `data:image/PNG;name=a;base64,iVBO\r\nRw0KGgo=`,
    ]) {
      assert.deepEqual(parse({ input: [form] }).inputs, [image])
    }
    assert.deepEqual(parse({ input: `data:image/jpg;base64,${PNG}` }).inputs, [image])
  })

  test('says which item is wrong, and why', () => {
    const cases: readonly (readonly [unknown, RegExp])[] = [
      [undefined, /^input: input must be a string, .*, got nothing$/],
      [[], /^input: input must be a list with at least one text, got an array$/],
      ['', /^input: input must not be blank$/],
      [['a', ' \n'], /^input\[1\]: input\[1\] must not be blank$/],
      [['a', 7], /^input\[1\]: input\[1\] must be a string, .*, got 7$/],
      [[1, 'a'], /^input\[1\]: input\[1\] must be a token id .*, got a string$/],
      [[[1], []], /^input\[1\]: input\[1\] must be a list with at least one token id/],
      [[[1, -1]], /^input\[0\]\[1\]: .* got -1$/],
      [[[1, 1.5]], /^input\[0\]\[1\]: .* got 1.5$/],
      [[[100_277]], /^input\[0\]\[0\]: .* got 100277$/],
      [[{}], /^input\[0\]\.text: .* got nothing$/],
      [[{ image_url: { url: 'https://example.com/a.png' } }], /^input\[0\]\.image_url\.url: .* data:image/],
      [['data:image/png,abc'], /^input\[0\]: .* data:image/],
      [['data:image/png;base64,'], /^input\[0\]: .* data:image/],
      [['data:image/png;base64,ab$='], /^input\[0\]: .* data:image/],
    ]
    for (const [input, expected] of cases) assert.match(refusal({ input }), expected)
  })

  test('over the limit of inputs both numbers are said, and one list of tokens is one input', () => {
    assert.equal(
      refusal({ input: ['a', 'b', 'c', 'd', 'e'] }),
      'input: input must hold at most 4 inputs (BEDROCKD_EMBEDDING_INPUTS_MAX), got 5',
    )
    assert.equal(parse({ input: [1, 2, 3, 4, 5] }).inputs.length, 1)
  })

  test('a refusal never repeats a text, whatever was sent', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const secret = 'the-secret'
        try {
          parse({ input: [value, secret], dimensions: value, truncate: value })
        } catch (error) {
          assert.ok(error instanceof GatewayError)
          assert.ok(!error.message.includes(secret))
        }
      }),
    )
  })
})

suite('parseEmbeddingRequest: the rest', () => {
  test('says nothing for what was not said', () => {
    assert.deepEqual(parse({ user: 'u', encoding_format: null, dimensions: null }), {
      model: 'm',
      inputs: [text('a')],
      encodingFormat: 'float',
      dimensions: null,
      purpose: null,
      truncate: null,
      dropped: [],
      purposeField: null,
    })
  })

  test('the purpose is read in the words of each API, and in the prefixes of Open WebUI under any field', () => {
    const cases: readonly (readonly [Readonly<Record<string, unknown>>, EmbeddingRequest['purpose']])[] = [
      [{ input_type: 'search_document' }, 'document'],
      [{ input_type: 'SEARCH_QUERY' }, 'query'],
      [{ input_type: 'passage' }, 'document'],
      [{ input_type: 'classification' }, 'classification'],
      [{ embeddingPurpose: 'GENERIC_INDEX' }, 'document'],
      [{ embeddingPurpose: 'DOCUMENT_RETRIEVAL' }, 'query'],
      [{ task: 'retrieval.query' }, 'query'],
      [{ task_type: 'RETRIEVAL_DOCUMENT' }, 'document'],
      [{ prompt_name: 'query' }, 'query'],
      [{ prefix: 'search_query: ' }, 'query'],
      [{ my_field: 'passage: ' }, 'document'],
      [{ my_field: 'task: search result | query: ' }, 'query'],
      [{ my_field: 'title: none | text: ' }, 'document'],
      [{ my_field: 'clustering: ' }, 'clustering'],
      [{ input_type: 'search_query', prefix: 'passage: ' }, 'query'],
      [{ my_field: 'what a query is' }, null],
      [{ input_type: 7 }, null],
    ]
    for (const [members, purpose] of cases) {
      assert.equal(parse(members).purpose, purpose, JSON.stringify(members))
    }
  })

  test('members that say nothing here are named, those that did are not', () => {
    const { purpose, dropped } = parse({
      my_field: 'query: ',
      priority: 1,
      empty: null,
      input_type: 'nothing known',
    })
    assert.equal(purpose, 'query')
    assert.deepEqual(dropped, ['priority', 'input_type'])
    assert.deepEqual(parse({ input_type: 'image' }).dropped, [])
  })

  test('truncate is a word of Cohere, of Cohere v4, or yes and no', () => {
    const truncate = (value: unknown) => parse({ truncate: value }).truncate
    assert.deepEqual(['START', 'left', 'END', 'RIGHT', true, 'none', false, null].map(truncate), [
      'start',
      'start',
      'end',
      'end',
      'end',
      'none',
      'none',
      null,
    ])
    assert.match(refusal({ truncate: 'MIDDLE' }), /^truncate: /)
  })

  test('names the member that is wrong', () => {
    assert.match(refusal({ model: 1 }), /^model: /)
    assert.match(
      refusal({ encoding_format: 'int8' }),
      /^encoding_format: encoding_format must be "float" or "base64"/,
    )
    assert.match(refusal({ dimensions: 0 }), /^dimensions: /)
  })
})

test('what Open WebUI really sent is taken', { skip: skipWithout(openwebuiDir) }, () => {
  const lines = readFileSync(join(openwebuiDir, 'requests.jsonl'), 'utf8').split('\n')
  const bodies = lines
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { path: string; body: Record<string, unknown> })
    .filter(({ path }) => path.endsWith('/embeddings'))
    .map(({ body }) => body)
  assert.ok(bodies.length > 0)
  for (const body of bodies) {
    const { inputs, dropped } = parseEmbeddingRequest(body, { inputsMax: 2048 })
    assert.deepEqual(
      inputs,
      (body['input'] as string[]).map((value) => text(value)),
    )
    assert.deepEqual(dropped, [])
  }
})

suite('parseEmbeddingRequest: parameters of an alias', () => {
  const defaults = { dimensions: 256, input_type: 'search_query', truncate: 'none', temperature: 0.5 }
  const parseWith = (members: Readonly<Record<string, unknown>>): EmbeddingRequest =>
    parseEmbeddingRequest({ model: 'm', input: 'a', ...members }, { inputsMax: 4, defaults })

  test('hold where the client says nothing; what only a chat has is no vector’s business', () => {
    const { dimensions, purpose, truncate, dropped } = parseWith({ dimensions: null })
    assert.deepEqual(
      { dimensions, purpose, truncate, dropped },
      { dimensions: 256, purpose: 'query', truncate: 'none', dropped: [] },
    )
  })

  test('give way to the client, in whatever field it says the purpose', () => {
    const { dimensions, truncate } = parseWith({ dimensions: 512, truncate: 'END' })
    assert.deepEqual({ dimensions, truncate }, { dimensions: 512, truncate: 'end' })
    for (const field of ['input_type', 'task', 'prefix', 'a_field_of_open_webui']) {
      const { purpose, dropped } = parseWith({ [field]: 'search_document: ' })
      assert.deepEqual({ purpose, dropped }, { purpose: 'document', dropped: [] }, field)
    }
  })
})
