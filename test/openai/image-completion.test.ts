import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  createImageChunkWriter,
  type ReplyPicture,
  toImageCompletion,
} from '../../src/openai/image-completion.js'
import type { Parts } from '../../src/remote-bytes.js'
import { openaiDir, skipWithout } from '../shared.js'
import { schemaProblems } from './schema.js'

/** The name comes from the client, and may be what stands for a picture. */
const HEAD = { id: 'chatcmpl-1', created: 1, model: 'a "model" <base64> of <base64>' }

const ascii = (word: string): Uint8Array => Buffer.from(word)
const image = (word: string): ReplyPicture => ({ type: 'image', format: 'webp', ascii: ascii(word) })
const markdown = (word: string): ReplyPicture => ({ type: 'markdown', format: 'png', ascii: ascii(word) })
const link = (url: string): ReplyPicture => ({ type: 'link', url })

const join = (parts: Parts): string =>
  Buffer.concat(parts.map((part) => Buffer.from(part as Uint8Array))).toString()

interface Choice {
  readonly message: { readonly content: string; readonly images?: readonly object[] }
}

function readCompletion(pictures: readonly ReplyPicture[]): Choice['message'] {
  const body = JSON.parse(join(toImageCompletion(HEAD, pictures))) as { model: string; choices: Choice[] }
  assert.equal(body.model, HEAD.model)
  const [choice, ...others] = body.choices
  assert.ok(choice !== undefined && others.length === 0)
  return choice.message
}

const imageMember = (word: string): object => ({
  type: 'image_url',
  image_url: { url: `data:image/webp;base64,${word}` },
})

test('a whole reply has its pictures as images, in order, beside an empty text', () => {
  const { content, images } = readCompletion([image('AAAA'), image('BBBB')])
  assert.equal(content, '')
  assert.deepEqual(images, [imageMember('AAAA'), imageMember('BBBB')])
})

test('a whole reply in markdown has its pictures in the text alone', () => {
  const inline = readCompletion([markdown('AAAA'), markdown('BBBB')])
  assert.equal(inline.content, '![image](data:image/png;base64,AAAA)\n\n![image](data:image/png;base64,BBBB)')
  assert.equal(inline.images, undefined)
  assert.equal(
    readCompletion([link('https://a/b'), link('https://a/c')]).content,
    '![image](https://a/b)\n\n![image](https://a/c)',
  )
})

test('the bytes of a picture are passed on as they are, not copied', () => {
  const bytes = ascii('AAAA')
  const picture = { type: 'image', format: 'png', ascii: bytes } as const
  assert.ok(toImageCompletion(HEAD, [picture]).includes(bytes))
  const chunks = createImageChunkWriter({ head: HEAD, includeUsage: false })
  assert.ok(chunks.picture(picture).includes(bytes))
})

interface Chunk {
  readonly model: string
  readonly choices: readonly {
    readonly delta: { readonly content?: string; readonly images?: readonly object[] }
    readonly finish_reason: string | null
  }[]
  readonly usage?: { readonly total_tokens: number } | null
}

function readChunks(events: string): readonly Chunk[] {
  assert.ok(events.endsWith('\n\n'))
  return events
    .slice(0, -2)
    .split('\n\n')
    .map((event) => {
      assert.ok(event.startsWith('data: ') && !event.includes('\n'))
      const chunk = JSON.parse(event.slice('data: '.length)) as Chunk
      assert.equal(chunk.model, HEAD.model)
      return chunk
    })
}

test('a streamed picture is one chunk', () => {
  const chunks = createImageChunkWriter({ head: HEAD, includeUsage: false })
  const read = readChunks(join(chunks.picture(image('AAAA'))) + join(chunks.picture(image('BBBB'))))
  assert.deepEqual(
    read.map(({ choices }) => choices[0]?.delta),
    [{ images: [imageMember('AAAA')] }, { images: [imageMember('BBBB')] }],
  )
})

test('streamed markdown is cut into short lines that make up the whole', () => {
  const base64 = Buffer.alloc(300_000, 'ABCD').toString()
  const chunks = createImageChunkWriter({ head: HEAD, includeUsage: true })
  const events = [markdown(base64), markdown('A'), link('https://a/b')].map((picture) =>
    join(chunks.picture(picture)),
  )
  for (const line of events.join('').split('\n')) assert.ok(line.length < 60_000, `${line.length} characters`)
  const text = readChunks(events.join('')).map(({ choices }) => choices[0]?.delta.content ?? '')
  const [first, ...others] = text.join('').split('\n\n')
  assert.equal(first, `![image](data:image/png;base64,${base64})`)
  assert.deepEqual(others, ['![image](data:image/png;base64,A)', '![image](https://a/b)'])
})

test('usage comes last and once, where it was asked for', () => {
  const asked = readChunks(createImageChunkWriter({ head: HEAD, includeUsage: true }).finish())
  assert.deepEqual(
    asked.map(({ choices, usage }) => [choices[0]?.finish_reason, usage?.total_tokens]),
    [
      ['stop', undefined],
      [undefined, 0],
    ],
  )
  assert.equal(readChunks(createImageChunkWriter({ head: HEAD, includeUsage: false }).finish()).length, 1)
})

test("chunks and whole replies have OpenAI's shape", { skip: skipWithout(openaiDir) }, () => {
  const chunks = createImageChunkWriter({ head: HEAD, includeUsage: true })
  const events = [chunks.role(), join(chunks.picture(image('AAAA'))), chunks.finish()].join('')
  for (const chunk of readChunks(events)) {
    assert.deepEqual(schemaProblems('CreateChatCompletionStreamResponse', chunk), [])
  }
  const body: unknown = JSON.parse(join(toImageCompletion(HEAD, [image('AAAA')])))
  assert.deepEqual(schemaProblems('CreateChatCompletionResponse', body), [])
})
