import assert from 'node:assert/strict'
import { test } from 'node:test'
import sharp from 'sharp'
import { type InvokeCase, invoke, malformed, testInvoke } from '../invoke-cases.js'
import { toInt8, toPackedBits, vectorOf } from './vector.js'

const ENGLISH = 'cohere.embed-english-v3'
const MULTILINGUAL = 'cohere.embed-multilingual-v3'
const V4 = 'cohere.embed-v4:0'

const input_type = 'search_document'
const texts = ['Hello']
const TOO_LONG = 'Input is too long for requested model.'
const picture = { create: { width: 8, height: 4, channels: 3, background: 'red' } } as const

async function base64Of(format: 'png' | 'jpeg' | 'gif' | 'tiff'): Promise<string> {
  return (await sharp(picture).toFormat(format).toBuffer()).toString('base64')
}

const images = [`data:image/png;base64,${await base64Of('png')}`]

const COMMON: readonly InvokeCase[] = [
  { name: 'a text', body: { texts, input_type }, message: null },
  { name: '96 texts', body: { texts: Array(96).fill('a'), input_type }, message: null },
  {
    name: '97 texts',
    body: { texts: Array(97).fill('a'), input_type },
    message: malformed('#/texts: expected maximum item count: 96, found: 97'),
  },
  {
    name: 'an unknown input type',
    body: { texts, input_type: 'document' },
    message: malformed('#/input_type: document is not a valid enum value'),
  },
  {
    name: 'an unknown end to cut',
    body: { texts, input_type, truncate: 'end' },
    message: malformed('#/truncate: end is not a valid enum value'),
  },
  {
    name: 'an unknown member',
    body: { texts, input_type, dimensions: 256 },
    message: malformed('#: extraneous key [dimensions] is not permitted'),
  },
  {
    name: 'embedding types that are no list',
    body: { texts, input_type, embedding_types: 'float' },
    message: malformed('#/embedding_types: expected type: JSONArray, found: String'),
  },
  {
    name: 'an unknown embedding type',
    body: { texts, input_type, embedding_types: ['float', 'base64'] },
    message: malformed('#/embedding_types/1: base64 is not a valid enum value'),
  },
  { name: 'a picture', body: { images, input_type: 'image' }, message: null },
  {
    name: 'a picture without a data URI',
    body: { images: ['iVBORw0KGgo='], input_type: 'image' },
    message: malformed('#/images/0: is not a valid data URI'),
  },
  {
    name: 'a picture that is not what its data URI says',
    body: { images: [images[0]?.replace('png', 'jpeg')], input_type: 'image' },
    message: /^Malformed input request: #\/images\/0: expected an image of /,
  },
  {
    name: 'a picture in a format that nobody takes',
    body: { images: [`data:image/tiff;base64,${await base64Of('tiff')}`], input_type: 'image' },
    message: /^Malformed input request: #\/images\/0: expected an image of /,
  },
]

for (const modelId of [ENGLISH, MULTILINGUAL, V4]) testInvoke(modelId, COMMON)

for (const modelId of [ENGLISH, MULTILINGUAL]) {
  testInvoke(modelId, [
    { name: 'no and empty texts', body: { texts: [], input_type }, message: null },
    { name: 'an empty text', body: { texts: [''], input_type }, message: null },
    {
      name: 'a text of 2049 characters, whatever is to be cut,',
      body: { texts: ['a'.repeat(2048), 'a'.repeat(2049)], input_type, truncate: 'END' },
      message: malformed('#/texts/1: expected maxLength: 2048, actual: 2049'),
    },
    {
      name: 'a text of 513 tokens that must not be cut',
      body: { texts: ['字'.repeat(513)], input_type },
      message: TOO_LONG,
    },
    {
      name: 'a text of 513 tokens that may be cut',
      body: { texts: ['字'.repeat(513)], input_type, truncate: 'END' },
      message: null,
    },
    {
      name: 'what Titan takes',
      body: { inputText: 'a' },
      message: malformed(
        '#: required key [images] not found#: required key [texts] not found#: required key [texts] not found#: required key [texts] not found#: required key [texts] not found#: required key [input_type] not found#: extraneous key [inputText] is not permitted',
      ),
    },
    {
      name: 'texts without an input type',
      body: { texts },
      message: malformed(
        '#: required key [input_type] not found#: required key [images] not found#/texts: false schema always fails',
      ),
    },
    {
      name: 'texts and pictures',
      body: { texts, images, input_type },
      message: malformed('#/images: false schema always fails'),
    },
    {
      name: 'texts as an image',
      body: { texts, input_type: 'image' },
      message: malformed('#: required key [images] not found#/texts: false schema always fails'),
    },
    {
      name: 'two pictures',
      body: { images: [...images, ...images], input_type: 'image' },
      message: malformed('#/images: expected maximum item count: 1, found: 2'),
    },
    {
      name: 'a GIF',
      body: { images: [`data:image/gif;base64,${await base64Of('gif')}`], input_type: 'image' },
      message: /expected an image of image\/jpeg or image\/png/,
    },
  ])
}

testInvoke(V4, [
  {
    name: 'a GIF',
    body: { images: [`data:image/gif;base64,${await base64Of('gif')}`], input_type },
    message: null,
  },
  {
    name: 'a text without an input type',
    body: { texts },
    message: malformed('#: required key [input_type] not found'),
  },
  {
    name: 'an input type without anything',
    body: { input_type },
    message: malformed('#: required key [texts] not found'),
  },
  {
    name: 'texts and pictures',
    body: { texts, images, input_type },
    message: malformed('#/images: false schema always fails'),
  },
  {
    name: 'texts and inputs',
    body: { texts, inputs: [{ content: [{ type: 'text', text: 'a' }] }], input_type },
    message: malformed('#/inputs: false schema always fails'),
  },
  {
    name: '97 pictures',
    body: { images: Array(97).fill(images[0]), input_type },
    message: malformed('#/images: expected maximum item count: 96, found: 97'),
  },
  {
    name: 'an input without content',
    body: { inputs: [{}], input_type },
    message: malformed('#/inputs/0: required key [content] not found'),
  },
  {
    name: 'a part of an unknown type',
    body: { inputs: [{ content: [{ type: 'image', image: 'a' }] }], input_type },
    message: malformed(
      '#/inputs/0/content/0: extraneous key [image] is not permitted#/inputs/0/content/0/type: image is not a valid enum value',
    ),
  },
  {
    name: 'a part without its text',
    body: { inputs: [{ content: [{ type: 'text' }] }], input_type },
    message: malformed('#/inputs/0/content/0: required key [text] not found'),
  },
  { name: 'fewer dimensions', body: { texts, input_type, output_dimension: 256 }, message: null },
  {
    name: 'other dimensions',
    body: { texts, input_type, output_dimension: 3072 },
    message: malformed('#/output_dimension: 3072 is not a valid enum value'),
  },
  {
    name: 'a budget of no tokens',
    body: { texts, input_type, max_tokens: 0 },
    message: malformed('#/max_tokens: 0 is not greater or equal to 1'),
  },
  {
    name: 'a budget that no text may have',
    body: { texts, input_type, max_tokens: 128_001 },
    message: malformed('#/max_tokens: 128001 is not less or equal to 128000'),
  },
  {
    name: 'a text over the budget that must not be cut',
    body: { texts: ['one two three'], input_type, max_tokens: 2, truncate: 'NONE' },
    message: TOO_LONG,
  },
  {
    name: 'a text over the budget that may be cut',
    body: { texts: ['one two three'], input_type, max_tokens: 2, truncate: 'RIGHT' },
    message: null,
  },
  { name: 'a long text', body: { texts: ['a'.repeat(100_000)], input_type }, message: null },
])

/** A reply without its id. */
async function reply(modelId: string, body: object): Promise<object> {
  const { id, ...rest } = (await invoke(modelId, body)).body as { id: string }
  assert.match(id, /^[0-9a-f-]{36}$/)
  return rest
}

test('cohere.embed-english-v3: texts come back in small letters, the multilingual model’s as they are', async () => {
  const sent = { texts: ['Straße 1', 'B'], input_type }
  const vectors = sent.texts.map((content) => vectorOf({ content, purpose: input_type, dimensions: 1024 }))
  const floats = { embeddings: vectors, response_type: 'embeddings_floats' }
  assert.deepEqual(await reply(ENGLISH, sent), { ...floats, texts: ['straße 1', 'b'] })
  assert.deepEqual(await reply(MULTILINGUAL, sent), { ...floats, texts: sent.texts })
})

test('cohere: embedding types make a map of vectors', async () => {
  const vector = vectorOf({ content: 'Hello', purpose: input_type, dimensions: 1024 })
  const int8 = toInt8(vector)
  const ubinary = toPackedBits(vector)
  const types = ['float', 'int8', 'uint8', 'binary', 'ubinary']
  const wanted = {
    embeddings: {
      float: [vector],
      int8: [int8],
      uint8: [int8.map((value) => value + 128)],
      binary: [ubinary.map((value) => value - 128)],
      ubinary: [ubinary],
    },
    response_type: 'embeddings_by_type',
    texts,
  }
  const sent = { texts, input_type, embedding_types: types }
  assert.deepEqual(await reply(MULTILINGUAL, sent), wanted)
  assert.deepEqual(await reply(V4, { ...sent, output_dimension: 1024 }), wanted)
})

test('cohere: a picture’s vector is made of its base64, and the reply describes the picture', async () => {
  const content = images[0]?.split(',')[1] ?? ''
  const sent = { images, input_type: 'image' }
  assert.deepEqual(await reply(ENGLISH, sent), {
    embeddings: [vectorOf({ content, purpose: 'image', dimensions: 1024 })],
    images: [{ width: 8, height: 4, format: 'png', bit_depth: 24 }],
    response_type: 'embeddings_floats',
    texts: [],
  })
})

test('cohere.embed-v4:0: pictures as documents have a vector each, as images one for all', async () => {
  const vectors = async (purpose: string) => {
    const sent = { images: [...images, ...images], input_type: purpose }
    return ((await reply(V4, sent)) as { embeddings: { float: unknown[] } }).embeddings.float.length
  }
  assert.deepEqual([await vectors('search_document'), await vectors('image')], [2, 1])
})

test('cohere.embed-v4:0: an input of several parts has one vector', async () => {
  const content = [
    { type: 'text', text: 'A red box' },
    { type: 'image_url', image_url: images[0] },
  ]
  const purpose = 'search_query'
  const sent = { inputs: [{ content }], input_type: purpose, output_dimension: 256 }
  const joined = `A red box\n${images[0]?.split(',')[1]}`
  const { embeddings } = (await reply(V4, sent)) as { embeddings: unknown }
  assert.deepEqual(embeddings, { float: [vectorOf({ content: joined, purpose, dimensions: 256 })] })
})
