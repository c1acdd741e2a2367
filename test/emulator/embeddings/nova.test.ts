import assert from 'node:assert/strict'
import { test } from 'node:test'
import sharp from 'sharp'
import { invoke, malformed, testInvoke } from '../invoke-cases.js'
import { vectorOf } from './vector.js'

const NOVA = 'amazon.nova-2-multimodal-embeddings-v1:0'
const PARAMS = '#/singleEmbeddingParams'
const text = { truncationMode: 'END', value: 'Hello' }
const bytes = (
  await sharp({ create: { width: 8, height: 4, channels: 3, background: 'red' } })
    .png()
    .toBuffer()
).toString('base64')

const body = (params: object, more: object = {}) => ({
  taskType: 'SINGLE_EMBEDDING',
  singleEmbeddingParams: { embeddingPurpose: 'GENERIC_INDEX', ...params },
  ...more,
})

testInvoke(NOVA, [
  { name: 'a text', body: body({ text }, { schemaVersion: 'nova-multimodal-embed-v1' }), message: null },
  {
    name: 'what Titan takes',
    body: { inputText: 'a', dimensions: 256 },
    message: malformed('#: required key [messages] not found'),
  },
  {
    name: 'another version',
    body: body({ text }, { schemaVersion: '2' }),
    message: malformed('#/schemaVersion: 2 is not a valid enum value'),
  },
  {
    name: 'a task of many vectors',
    body: body({ text }, { taskType: 'SEGMENTED_EMBEDDING' }),
    message: malformed('#/taskType: SEGMENTED_EMBEDDING is not a valid enum value'),
  },
  {
    name: 'a task without parameters',
    body: { taskType: 'SINGLE_EMBEDDING' },
    message: malformed('#: required key [singleEmbeddingParams] not found'),
  },
  {
    name: 'no purpose',
    body: { taskType: 'SINGLE_EMBEDDING', singleEmbeddingParams: { text } },
    message: malformed(`${PARAMS}: required key [embeddingPurpose] not found`),
  },
  {
    name: 'an unknown purpose',
    body: body({ text, embeddingPurpose: 'search_query' }),
    message: malformed(`${PARAMS}/embeddingPurpose: search_query is not a valid enum value`),
  },
  {
    name: 'other dimensions',
    body: body({ text, embeddingDimension: 512 }),
    message: malformed(`${PARAMS}/embeddingDimension: 512 is not a valid enum value`),
  },
  {
    name: 'a text that does not say what to cut',
    body: body({ text: { value: 'a' } }),
    message: malformed(`${PARAMS}/text: required key [truncationMode] not found`),
  },
  {
    name: 'an unknown end to cut',
    body: body({ text: { ...text, truncationMode: 'RIGHT' } }),
    message: malformed(`${PARAMS}/text/truncationMode: RIGHT is not a valid enum value`),
  },
  {
    name: 'an empty text',
    body: body({ text: { ...text, value: '' } }),
    message: malformed(`${PARAMS}/text/value: expected minLength: 1, actual: 0`),
  },
  {
    name: 'a text of 8193 characters, whatever is to be cut,',
    body: body({ text: { ...text, value: 'a'.repeat(8193) } }),
    message: malformed(`${PARAMS}/text/value: expected maxLength: 8192, actual: 8193`),
  },
  {
    name: 'a text without a value',
    body: body({ text: { truncationMode: 'END' } }),
    message: malformed(`${PARAMS}/text: required key [value] not found`),
  },
  {
    name: 'a text with two values',
    body: body({ text: { ...text, source: { s3Location: { uri: 's3://bucket/text' } } } }),
    message: malformed(`${PARAMS}/text/source: false schema always fails`),
  },
  { name: 'nothing', body: body({}), message: malformed(`${PARAMS}: required key [text] not found`) },
  {
    name: 'a text and a picture',
    body: body({ text, image: { format: 'png', source: { bytes } } }),
    message: malformed(`${PARAMS}/image: false schema always fails`),
  },
  {
    name: 'a picture of an unknown format',
    body: body({ image: { format: 'jpg', source: { bytes } } }),
    message: malformed(`${PARAMS}/image/format: jpg is not a valid enum value`),
  },
  {
    name: 'a picture of another format than is said',
    body: body({ image: { format: 'jpeg', source: { bytes } } }),
    message: /The detected file MIME type image\/png does not match the expected type image\/jpeg\./,
  },
  {
    name: 'a picture without bytes',
    body: body({ image: { format: 'png', source: {} } }),
    message: malformed(`${PARAMS}/image/source: required key [bytes] not found`),
  },
  {
    name: 'a film without a mode',
    body: body({ video: { format: 'mp4', source: { bytes } } }),
    message: malformed(`${PARAMS}/video: required key [embeddingMode] not found`),
  },
])

test('amazon.nova-2-multimodal-embeddings-v1:0: each medium has its type, a film apart two vectors', async () => {
  const source = { bytes }
  const film = { format: 'mp4', source, embeddingMode: 'AUDIO_VIDEO_SEPARATE' }
  const cases = [
    { params: { text }, types: ['TEXT'], content: 'Hello' },
    { params: { image: { format: 'png', detailLevel: 'DOCUMENT_IMAGE', source } }, types: ['IMAGE'] },
    { params: { audio: { format: 'mp3', source } }, types: ['AUDIO'] },
    { params: { video: film }, types: ['VIDEO', 'AUDIO'] },
    {
      params: { video: { ...film, embeddingMode: 'AUDIO_VIDEO_COMBINED' } },
      types: ['AUDIO_VIDEO_COMBINED'],
    },
  ]
  for (const { params, types, content = bytes } of cases) {
    const reply = await invoke(NOVA, body({ ...params, embeddingDimension: 384 }))
    const embedding = vectorOf({ content, purpose: 'GENERIC_INDEX', dimensions: 384 })
    assert.deepEqual(reply.body, {
      embeddings: types.map((embeddingType) => ({ embedding, embeddingType })),
    })
  }
})
