import assert from 'node:assert/strict'
import { test } from 'node:test'
import sharp from 'sharp'
import { readImageHeader } from '../image-header.js'
import {
  assistant,
  byModel,
  CLAUDE,
  hello,
  LLAMA_4,
  NOVA_LITE,
  testRules,
  toolConfig,
  toolResult,
  toolUse,
  user,
} from './rule-cases.js'

const picture = async (format: 'png' | 'jpeg' | 'gif' | 'webp', width: number, height = 8) =>
  sharp({ create: { width, height, channels: 3, background: 'red' } })
    .toFormat(format)
    .toBuffer()
const image = (format: string, bytes: Buffer) => ({
  image: { format, source: { bytes: bytes.toString('base64') } },
})
const document = (name: string, bytes = Buffer.from('x')) => ({
  document: { format: 'txt', name, source: { bytes: bytes.toString('base64') } },
})
const one = (...content: unknown[]) => ({ messages: [user(hello, ...content)] })
const png = await picture('png', 16)
const padded = (bytes: number) => Buffer.concat([png, Buffer.alloc(bytes - png.length)])
const many = (count: number, bytes: Buffer) => one(...Array(count).fill(image('png', bytes)))
const { sonnet4, sonnet45 } = CLAUDE

test('readImageHeader: format and size of what sharp writes', async () => {
  for (const format of ['png', 'jpeg', 'gif', 'webp'] as const) {
    const header = readImageHeader(await picture(format, 321, 123))
    assert.deepEqual(header, { mimeType: `image/${format}`, width: 321, height: 123 })
  }
  const lossless = await sharp(png).webp({ lossless: true }).toBuffer()
  assert.deepEqual(readImageHeader(lossless), { mimeType: 'image/webp', width: 16, height: 8 })
})

test('readImageHeader: text, other bytes and files that end too early', () => {
  assert.equal(readImageHeader(Buffer.from('hello')).mimeType, 'text/plain')
  assert.equal(readImageHeader(Buffer.from([1, 2, 3])).mimeType, 'application/octet-stream')
  assert.deepEqual(readImageHeader(png.subarray(0, 12)), { mimeType: 'image/png', width: 0, height: 0 })
})

testRules('images', [
  { name: 'a PNG', modelId: sonnet45, body: one(image('png', png)), message: null },
  {
    name: 'a PNG that says it is a JPEG',
    modelId: sonnet45,
    body: one(image('jpeg', png)),
    message: byModel(
      'messages.0.content.1.image.source.base64: The image was specified using the image/jpeg media type, but the image appears to be a image/png image',
    ),
  },
  {
    name: 'a text that says it is a PNG (recording 192)',
    modelId: NOVA_LITE,
    body: one(image('png', Buffer.from('text'))),
    message: byModel(
      'The detected file MIME type text/plain does not match the expected type image/png. Reformat your input and try again.',
    ),
  },
  {
    name: 'more than 5 MB in base64',
    modelId: sonnet45,
    body: one(image('png', padded(3_932_161))),
    message: byModel(
      'messages.0.content.1.image.source.bytes: image exceeds 5 MB maximum: 5242884 bytes > 5242880 bytes',
    ),
  },
  {
    name: 'exactly 5 MB in base64',
    modelId: sonnet45,
    body: one(image('png', padded(3_932_160))),
    message: null,
  },
  {
    name: 'more than 8000 pixels',
    modelId: sonnet45,
    body: one(image('png', await picture('png', 8001))),
    message: /dimensions exceed max allowed size: 8000 pixels$/,
  },
  {
    name: 'one of 21 with more than 2000 pixels',
    modelId: sonnet45,
    body: many(21, await picture('png', 2001)),
    message: /exceed max allowed size for many-image requests: 2000 pixels$/,
  },
  { name: '21 small ones', modelId: sonnet45, body: many(21, png), message: null },
  {
    name: '21 for an older model',
    modelId: sonnet4,
    body: many(21, png),
    message: byModel('too many images and documents: 21 + 0 > 20'),
  },
  {
    name: 'one for a model of text',
    modelId: 'amazon.nova-micro-v1:0',
    body: one(image('png', png)),
    message:
      "This model doesn't support the image content block that you provided. Update the content block and try again.",
  },
  {
    name: 'one that the assistant sends',
    modelId: sonnet45,
    body: { messages: [user(hello), assistant(image('png', png)), user(hello)] },
    message: "This model doesn't support the image field for assistant messages.",
  },
  ...[sonnet45, NOVA_LITE, LLAMA_4].map((modelId) => ({
    name: 'one inside a tool result',
    modelId,
    body: {
      toolConfig,
      messages: [user(hello), assistant(toolUse('a')), user(toolResult('a', image('png', png)))],
    },
    message: null,
  })),
  {
    name: 'one inside a tool result',
    modelId: 'mistral.mistral-large-3-675b-instruct',
    body: {
      toolConfig,
      messages: [user(hello), assistant(toolUse('a')), user(toolResult('a', image('png', png)))],
    },
    message: "This model doesn't support the image field for user messages.",
  },
])

testRules('documents', [
  {
    name: 'five',
    modelId: sonnet45,
    body: one(...['a', 'b', 'c', 'd', 'e'].map((name) => document(name))),
    message: null,
  },
  {
    name: 'six',
    modelId: sonnet45,
    body: one(...['a', 'b', 'c', 'd', 'e', 'f'].map((name) => document(name))),
    message:
      "You can't include more than 5 documents in a request. Reduce the number of documents and retry your request.",
  },
  ...['report.pdf', 'two  spaces', 'Überblick', 'wide　space'].map((name) => ({
    name: `the name "${name}"`,
    modelId: sonnet45,
    body: one(document(name)),
    message: /^The document file name can only contain alphanumeric characters/,
  })),
  {
    name: 'the name "A_b (1) [2]-3"',
    modelId: sonnet45,
    body: one(document('A_b (1) [2]-3')),
    message: null,
  },
  {
    name: 'two of one name, turns apart',
    modelId: NOVA_LITE,
    body: {
      messages: [user(hello, document('report')), assistant(hello), user(hello, document('Report'))],
    },
    message: "Messages can't contain duplicate document names. Rename the document and retry your request.",
  },
  {
    name: 'more than 4.5 MB',
    modelId: sonnet45,
    body: one(document('a', Buffer.alloc(4_718_593, 'x'))),
    message: /maximum document size/,
  },
])
