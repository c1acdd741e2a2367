import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError } from '../../src/errors.js'
import { parseContent } from '../../src/openai/parse-content-part.js'
import type { ContentPart } from '../../src/openai/types.js'

const PNG = 'data:image/png;base64,iVBORw0KGgo='

function parsePart(part: object): ContentPart | undefined {
  return parseContent([part], 'messages[0].content')[0]
}

function refusalOf(part: unknown): Pick<GatewayError, 'code' | 'param' | 'message'> {
  try {
    parseContent([part], 'messages[0].content')
  } catch (error) {
    assert.ok(error instanceof GatewayError)
    return error
  }
  return assert.fail('the part was accepted')
}

const EXPECTED: readonly (readonly [says: string, part: object, parsed: object])[] = [
  ['text', { type: 'text', text: 'Hi' }, { type: 'text', text: 'Hi', cacheControl: null }],
  ['a refusal', { type: 'refusal', refusal: 'No.' }, { type: 'text', text: 'No.', cacheControl: null }],
  [
    'text of the Responses API',
    { type: 'input_text', text: 'Hi' },
    { type: 'text', text: 'Hi', cacheControl: null },
  ],
  [
    'an image',
    { type: 'image_url', image_url: { url: PNG, detail: 'low' } },
    { type: 'image', url: PNG, detail: 'low', cacheControl: null },
  ],
  [
    'an image whose address stands alone',
    { type: 'image_url', image_url: PNG },
    { type: 'image', url: PNG, detail: null, cacheControl: null },
  ],
  [
    'an image of the Responses API',
    { type: 'input_image', image_url: PNG, detail: 'auto' },
    { type: 'image', url: PNG, detail: 'auto', cacheControl: null },
  ],
  [
    'an image of the Messages API',
    { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' } },
    { type: 'image', url: PNG, detail: null, cacheControl: null },
  ],
  [
    'a file',
    { type: 'file', file: { filename: 'a.pdf', file_data: 'JVBERg==' } },
    { type: 'file', fileName: 'a.pdf', fileData: 'JVBERg==', fileId: null, cacheControl: null },
  ],
  [
    'a file by address',
    { type: 'file', file: { file_url: 'https://example.com/a.pdf' } },
    {
      type: 'file',
      fileName: null,
      fileData: 'https://example.com/a.pdf',
      fileId: null,
      cacheControl: null,
    },
  ],
  [
    'a file whose id is an address',
    { type: 'file', file: { file_id: 'https://example.com/a.pdf' } },
    {
      type: 'file',
      fileName: null,
      fileData: 'https://example.com/a.pdf',
      fileId: null,
      cacheControl: null,
    },
  ],
  [
    'a stored file',
    { type: 'file', file: { file_id: 'file-123' } },
    { type: 'file', fileName: null, fileData: null, fileId: 'file-123', cacheControl: null },
  ],
  [
    'a file of the Responses API',
    { type: 'input_file', filename: 'a.pdf', file_data: 'JVBERg==' },
    { type: 'file', fileName: 'a.pdf', fileData: 'JVBERg==', fileId: null, cacheControl: null },
  ],
  [
    'a text document of the Messages API',
    { type: 'document', title: 'Terms', source: { type: 'text', media_type: 'text/plain', data: 'Hé' } },
    {
      type: 'file',
      fileName: 'Terms',
      fileData: 'data:text/plain;base64,SMOp',
      fileId: null,
      cacheControl: null,
    },
  ],
  [
    'audio',
    { type: 'input_audio', input_audio: { data: 'UklGRg==', format: 'wav' } },
    { type: 'audio', data: 'UklGRg==', format: 'wav' },
  ],
  [
    'a video',
    { type: 'video_url', video_url: { url: 'https://example.com/a.mp4' } },
    { type: 'video', url: 'https://example.com/a.mp4' },
  ],
]

for (const [says, part, parsed] of EXPECTED) {
  test(`${says} is read`, () => {
    assert.deepEqual(parsePart(part), parsed)
  })
}

test('cache_control of a part is read, with and without a lifetime', () => {
  const text = { type: 'text', text: 'Hi' }
  assert.deepEqual(parsePart({ ...text, cache_control: { type: 'ephemeral' } }), {
    ...text,
    cacheControl: { ttl: null },
  })
  assert.deepEqual(
    parsePart({ type: 'image_url', image_url: PNG, cache_control: { type: 'ephemeral', ttl: '1h' } }),
    { type: 'image', url: PNG, detail: null, cacheControl: { ttl: '1h' } },
  )
})

const REFUSED: readonly (readonly [part: unknown, param: string, message: RegExp])[] = [
  ['Hi', 'messages[0].content[0]', /must be an object, got a string/],
  [{ type: 'hologram' }, 'messages[0].content[0].type', /"video_url", got a string/],
  [{ type: 'toString' }, 'messages[0].content[0].type', /must be "text"/],
  [{ type: 'image_url' }, 'messages[0].content[0].image_url', /must be an object, got nothing/],
  [{ type: 'image_url', image_url: { url: '' } }, 'messages[0].content[0].image_url.url', /an empty string/],
  [{ type: 'image', source: { type: 'file' } }, 'messages[0].content[0].source.type', /"base64", "url"/],
  [
    { type: 'input_audio', input_audio: { data: 'x' } },
    'messages[0].content[0].input_audio.format',
    /got nothing/,
  ],
  [{ type: 'video_url', video_url: {} }, 'messages[0].content[0].video_url.url', /got nothing/],
  [
    { type: 'text', text: 'Hi', cache_control: { type: 'forever' } },
    'messages[0].content[0].cache_control.type',
    /"ephemeral"/,
  ],
  [
    { type: 'text', text: 'Hi', cache_control: { type: 'ephemeral', ttl: '2h' } },
    'messages[0].content[0].cache_control.ttl',
    /"5m" or "1h"/,
  ],
]

for (const [part, param, message] of REFUSED) {
  test(`a refusal names ${param} of ${JSON.stringify(part)}`, () => {
    const refusal = refusalOf(part)
    assert.equal(refusal.code, 'invalid_request')
    assert.equal(refusal.param, param)
    assert.match(refusal.message, message)
  })
}
