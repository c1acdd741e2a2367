import assert from 'node:assert/strict'
import { test } from 'node:test'
import sharp from 'sharp'
import { invoke, malformed, testInvoke } from '../invoke-cases.js'
import { middleOf, toBits, vectorOf } from './vector.js'

const V1 = 'amazon.titan-embed-text-v1'
const V2 = 'amazon.titan-embed-text-v2:0'
const IMAGE = 'amazon.titan-embed-image-v1'

const inputText = 'Hello, world!'
const picture = { create: { width: 8, height: 4, channels: 3, background: 'red' } } as const

async function base64Of(format: 'png' | 'jpeg' | 'gif'): Promise<string> {
  return (await sharp(picture).toFormat(format).toBuffer()).toString('base64')
}

/** The header of a PNG of any size, which is all that is looked at. */
function pngHeader(width: number, height: number, bytesTotal = 32): string {
  const bytes = Buffer.alloc(bytesTotal)
  Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]).copy(bytes)
  bytes.writeUInt32BE(width, 16)
  bytes.writeUInt32BE(height, 20)
  return bytes.toString('base64')
}

for (const modelId of [V1, V2]) {
  testInvoke(modelId, [
    { name: 'a text', body: { inputText }, message: null },
    { name: 'no text', body: {}, message: malformed('required key [inputText] not found') },
    {
      name: 'an empty text',
      body: { inputText: '' },
      message: malformed('expected minLength: 1, actual: 0'),
    },
    { name: 'the longest text', body: { inputText: 'a'.repeat(50_000) }, message: null },
    {
      name: 'a longer text',
      body: { inputText: 'a'.repeat(50_001) },
      message: malformed('expected maxLength: 50000, actual: 50001'),
    },
    {
      name: 'a list of texts',
      body: { inputText: ['a'] },
      message: malformed('expected type: String, found: JSONArray'),
    },
    {
      name: 'more tokens than it reads',
      body: { inputText: '字'.repeat(8193) },
      message:
        '400 Bad Request: Too many input tokens. Max input tokens: 8192, request input token count: 8193 ',
    },
    {
      name: 'what Cohere takes',
      body: { texts: ['a'], input_type: 'search_query', truncate: 'END' },
      message: malformed('4 schema violations found'),
    },
  ])
}

testInvoke(V1, [
  {
    name: 'dimensions',
    body: { inputText, dimensions: 256 },
    message: malformed('extraneous key [dimensions] is not permitted'),
  },
])

testInvoke(V2, [
  { name: 'fewer dimensions', body: { inputText, dimensions: 512, normalize: false }, message: null },
  {
    name: 'other dimensions',
    body: { inputText, dimensions: 1536 },
    message: malformed('1536 is not a valid enum value'),
  },
  {
    name: 'dimensions that are a text',
    body: { inputText, dimensions: '256' },
    message: malformed('expected type: Integer, found: String'),
  },
  {
    name: 'normalize that is a number',
    body: { inputText, normalize: 1 },
    message: malformed('expected type: Boolean, found: Integer'),
  },
  {
    name: 'an unknown embedding type',
    body: { inputText, embeddingTypes: ['int8'] },
    message: malformed('int8 is not a valid enum value'),
  },
])

test('amazon.titan-embed-text-v2:0: binary comes beside the floats that `embedding` always has', async () => {
  const { body } = await invoke(V2, { inputText, dimensions: 256, embeddingTypes: ['binary', 'float'] })
  const float = vectorOf({ content: inputText, dimensions: 256 })
  assert.deepEqual(body, {
    embedding: float,
    embeddingsByType: { binary: toBits(float), float },
    inputTextTokenCount: 5,
  })
})

testInvoke(IMAGE, [
  { name: 'a text', body: { inputText }, message: null },
  { name: 'nothing', body: {}, message: malformed('required key [inputText] not found') },
  {
    name: 'another length',
    body: { inputText, embeddingConfig: { outputEmbeddingLength: 512 } },
    message: malformed('512 is not a valid enum value'),
  },
  {
    name: 'an unknown member',
    body: { inputText, stop: 1 },
    message: malformed(
      '#: extraneous key [stop] is not permitted, #: required key [requests] not found, #: extraneous key [inputText] is not permitted, #: extraneous key [stop] is not permitted',
    ),
  },
  {
    name: 'too many tokens',
    body: { inputText: '字'.repeat(129) },
    message: /^400 Bad Request: Too many input tokens\. Max input tokens: 128, .* count: 129 $/,
  },
  { name: 'no image', body: { inputImage: Buffer.from('text').toString('base64') }, message: /image/ },
  { name: 'the largest image', body: { inputImage: pngHeader(2048 * 3, 2048) }, message: null },
  {
    name: 'a larger image',
    body: { inputImage: pngHeader(2048 * 3, 2049) },
    message: '400 Bad Request: Image exceeds max pixels allowed. ',
  },
  {
    name: 'a heavier image',
    body: { inputImage: pngHeader(8, 8, 5 * 1024 * 1024 + 1) },
    message: /max size/,
  },
])

test('amazon.titan-embed-image-v1: a text and a picture have one vector, in the middle of theirs', async () => {
  const inputImage = await base64Of('jpeg')
  const embeddingConfig = { outputEmbeddingLength: 256 }
  const vector = (content: string) => vectorOf({ content, dimensions: 256 })
  const { body } = await invoke(IMAGE, { inputText, inputImage, embeddingConfig })
  assert.deepEqual(body, {
    embedding: middleOf(vector(inputText), vector(inputImage)),
    inputTextTokenCount: 4,
    message: null,
  })
  const alone = (await invoke(IMAGE, { inputImage, embeddingConfig })).body as { embedding: unknown }
  assert.deepEqual(alone.embedding, vector(inputImage))
  await assert.rejects(invoke(IMAGE, { inputImage: await base64Of('gif') }), /Unable to process/)
})
