import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ImageEntry, ImagesHead } from '../../src/openai/images-response.js'
import { toImageEvent, toImagesResponse } from '../../src/openai/images-response.js'
import type { Parts } from '../../src/remote-bytes.js'
import { openaiDir, skipWithout } from '../shared.js'
import { schemaProblems } from './schema.js'

const ASCII = Buffer.from('iVBORw0KGgo=')
const HEAD: ImagesHead = { created: 1_700_000_000, request: { quality: null, background: null }, dropped: [] }

const image = (members: Partial<ImageEntry> = {}): ImageEntry => ({
  width: 1024,
  height: 1024,
  format: 'png',
  content: { type: 'base64', ascii: ASCII },
  ...members,
})

function join(parts: Parts): string {
  return Buffer.concat(parts.map((part) => Buffer.from(part as Uint8Array))).toString()
}

const read = (head: ImagesHead, images: readonly ImageEntry[]): Record<string, unknown> =>
  JSON.parse(join(toImagesResponse(head, images))) as Record<string, unknown>

test("a reply has the pictures in order, and OpenAI's shape", { skip: skipWithout(openaiDir) }, () => {
  const link = { type: 'url', url: 'http://127.0.0.1:8000/v1/images/files/"x"' } as const
  const reply = read(HEAD, [image(), image({ content: link }), image()])
  assert.deepEqual(schemaProblems('ImagesResponse', reply), [])
  assert.deepEqual(reply, {
    created: 1_700_000_000,
    size: '1024x1024',
    output_format: 'png',
    data: [{ b64_json: 'iVBORw0KGgo=' }, { url: link.url }, { b64_json: 'iVBORw0KGgo=' }],
  })
})

test("the base64 is the caller's own memory", () => {
  assert.ok(toImagesResponse(HEAD, [image()]).includes(ASCII))
})

test('a size is said only where OpenAI has a word for it and it is that of all', () => {
  assert.equal(read(HEAD, [image({ width: 512, height: 512 })])['size'], undefined)
  assert.equal(read(HEAD, [image(), image({ width: 1536 })])['size'], undefined)
  assert.equal(read(HEAD, [image({ width: 1536 })])['size'], '1536x1024')
})

test('what was asked for is said, unless the model never saw it', () => {
  const request = { quality: 'high', background: 'transparent' } as const
  const said = read({ ...HEAD, request }, [image()])
  assert.equal(said['quality'], 'high')
  assert.equal(said['background'], 'transparent')
  const left = read({ ...HEAD, request, dropped: ['quality', 'background'] }, [image()])
  assert.equal(left['quality'], undefined)
  assert.equal(left['background'], undefined)
  assert.equal(read({ ...HEAD, request: { ...request, quality: 'hd' } }, [image()])['quality'], undefined)
})

for (const [type, schema] of [
  ['image_generation.completed', 'ImageGenCompletedEvent'],
  ['image_edit.completed', 'ImageEditCompletedEvent'],
] as const) {
  test(`${type} is one event of OpenAI's shape`, { skip: skipWithout(openaiDir) }, () => {
    const text = join(toImageEvent(type, HEAD, { width: 512, height: 512, format: 'webp', ascii: ASCII }))
    const [, data] = /^event: [a-z_.]+\ndata: (.+)\n\n$/.exec(text) ?? []
    assert.ok(text.startsWith(`event: ${type}\n`))
    const event = JSON.parse(data ?? '') as Record<string, unknown>
    assert.deepEqual(schemaProblems(schema, event), [])
    assert.equal(event['b64_json'], 'iVBORw0KGgo=')
    assert.equal(event['output_format'], 'webp')
    assert.equal(event['size'], 'auto')
  })
}
