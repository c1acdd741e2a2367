import { crc32, deflateRawSync, deflateSync } from 'node:zlib'
import { testMask, testPicture } from '../emulator/images/test-pictures.js'
import { FORM_TYPE, type FormPart, formBody } from '../workers/multipart-form.js'
import { IMAGE_KEY } from './image-gateway.js'
import type { RawRequest } from './raw-http.js'

/** One image request that must be refused, and what the refusal says. */
export interface BadImageCase {
  /** Says what is wrong with it; unique. */
  readonly name: string
  readonly request: RawRequest
  readonly status: number
  readonly code: string
  /** The field that `error.param` and the message name; null: the message says what it is about. */
  readonly param: string | null
}

export const CORE = 'stability.stable-image-core-v1:1'
export const CANVAS = 'amazon.nova-canvas-v1:0'
export const INPAINT = 'stability.stable-image-inpaint-v1:0'
export const CHAT_MODEL = 'amazon.nova-micro-v1:0'
const EMBEDDING_MODEL = 'amazon.titan-embed-text-v2:0'

const GENERATIONS = '/v1/images/generations'
const EDITS = '/v1/images/edits'

const AUTHORIZED = [['authorization', `Bearer ${IMAGE_KEY}`]] as const

/** A good generation with some members replaced; `undefined` takes one away. */
export function generation(members: object = {}): RawRequest {
  return jsonRequest(GENERATIONS, JSON.stringify({ model: CORE, prompt: 'a boat', ...members }))
}

function jsonRequest(path: string, body: string | Uint8Array): RawRequest {
  return { path, headers: [...AUTHORIZED, ['content-type', 'application/json']], body }
}

export function formRequest(
  body: Uint8Array,
  { contentType = FORM_TYPE, path = EDITS }: { contentType?: string; path?: string } = {},
): RawRequest {
  return { path, headers: [...AUTHORIZED, ['content-type', contentType]], body }
}

const field = (name: string, value: string): FormPart => ({ name, value })
const file = (name: string, value: string | Uint8Array): FormPart => ({
  name,
  value,
  fileName: `${name}.png`,
  type: 'image/png',
})

type EditFields = Readonly<Record<string, string | undefined>>

/** A form with these files, and the fields of a good edit but for those replaced; `undefined` takes one away. */
export function editForm(files: readonly FormPart[], fields: EditFields = {}): RawRequest {
  const said = Object.entries({ model: CANVAS, prompt: 'a boat', ...fields })
  const parts = said.flatMap(([name, value]) => (value === undefined ? [] : [field(name, value)]))
  return formRequest(formBody([...parts, ...files]))
}

const badField = (param: string, name: string, members: object): BadImageCase => ({
  name,
  request: generation(members),
  status: 400,
  code: 'invalid_request',
  param,
})

const WRONG_VALUES: Readonly<Record<string, readonly unknown[]>> = {
  size: ['0x0', '99999x1', '1x99999', 'abc', '1024', '1024x', 'x1024', '-5x5', '8x8', 1024, true, {}, []],
  n: [0, 11, -1, 1.5, 'many', '0', true, {}],
  prompt: [undefined, null, '', 5, {}, ['a boat']],
  model: [5, {}, ['dall-e-3'], true],
  response_format: ['png', 5, {}],
  output_format: ['gif', 'image/png', 5],
  output_compression: [101, -1, 'much'],
  background: ['pink', 5],
  seed: [-2, 1.5, 'lucky', 4_294_967_295],
  stream: ['yes', 5, {}],
  quality: [5, {}],
  style: [5, []],
  negative_prompt: [5, {}],
  extra_body: ['seed', [], 5],
}

const generations: readonly BadImageCase[] = [
  ...Object.entries(WRONG_VALUES).flatMap(([param, values]) =>
    values.map((value) => badField(param, `${param} ${JSON.stringify(value)}`, { [param]: value })),
  ),
  badField('prompt', 'a prompt that is too long for its model', { model: CANVAS, prompt: 'x'.repeat(1025) }),
  badField('seed', 'a seed that leaves no room for the third picture', { seed: 4_294_967_294, n: 3 }),
  badField('model', 'a chat model that is to make images', { model: CHAT_MODEL }),
  badField('model', 'an embedding model that is to make images', { model: EMBEDDING_MODEL }),
  {
    ...badField('image', 'a model that only edits, without a picture', { model: INPAINT }),
    code: 'unsupported',
  },
  {
    ...badField('model', 'an unknown model', { model: 'nowhere' }),
    status: 404,
    code: 'model_not_found',
  },
  ...['image', 'images', 'image[]', 'mask'].flatMap((name) => [
    badField(name, `a picture for words alone, as ${name}`, { [name]: 'data:image/png;base64,iVBORw0KGgo=' }),
    badField(name, `pictures for words alone, as ${name}`, {
      [name]: [{ image_url: 'https://example.org/a.png' }],
    }),
  ]),
  badField('image', 'a picture for words alone, in extra_body', { extra_body: { image: 'iVBORw0KGgo=' } }),
  ...['{"prompt": "a boat"', '[]', '"a boat"', 'prompt=a+boat', ''].map((body) => ({
    name: `a body that is no JSON object: ${JSON.stringify(body)}`,
    request: jsonRequest(GENERATIONS, body),
    status: 400,
    code: body === '[]' || body.startsWith('"') ? 'invalid_request' : 'invalid_json',
    param: null,
  })),
  {
    name: 'a generation of more than words',
    request: generation({ prompt: 'x'.repeat(300_000) }),
    status: 413,
    code: 'body_too_large',
    param: null,
  },
]

const contentTypes: readonly BadImageCase[] = [
  [GENERATIONS, 'application/x-www-form-urlencoded', 'prompt=a+boat'],
  [GENERATIONS, 'text/plain', '{"prompt":"a boat"}'],
  [GENERATIONS, FORM_TYPE, formBody([field('prompt', 'a boat')])],
  [EDITS, 'application/x-www-form-urlencoded', 'prompt=a+boat'],
  [EDITS, 'image/png', 'a boat'],
  [EDITS, 'multipart/form-data', formBody([field('prompt', 'a boat')])],
  [EDITS, 'multipart/form-data; boundary=', formBody([field('prompt', 'a boat')])],
  [EDITS, 'multipart/mixed; boundary=a', formBody([field('prompt', 'a boat')])],
].map(([path, contentType, body]) => ({
  name: `${path} with content-type ${String(contentType)}`,
  request: {
    path: String(path),
    headers: [...AUTHORIZED, ['content-type', String(contentType)] as const],
    body: body ?? '',
  },
  status: 415,
  code: 'unsupported_media_type',
  param: null,
}))

const keys: readonly BadImageCase[] = [GENERATIONS, EDITS].flatMap((path) =>
  [[['authorization', 'Bearer wrong']] as const, []].map((headers) => ({
    name: `${path} with ${headers.length === 0 ? 'no key' : 'a wrong key'}`,
    request: { path, headers: [...headers, ['content-type', 'application/json'] as const], body: '{}' },
    status: 401,
    code: 'invalid_api_key',
    param: null,
  })),
)

/** A chunk of a PNG file (PNG specification §5.3). */
function pngChunk(type: string, content: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), content])
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)]
  length.writeUInt32BE(content.length)
  checksum.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, checksum])
}

/** A PNG of one colour, small as a file and as large as it says. */
export function zipBomb(width: number, height: number): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 0, 0, 0, 0], 8)
  const lines = deflateSync(Buffer.alloc((width + 1) * height), { level: 1 })
  return png(pngChunk('IHDR', header), pngChunk('IDAT', lines))
}

/** A good picture with a text in it that becomes this large. */
export async function textBomb(bytes: number): Promise<Buffer> {
  const picture = await testPicture()
  const text = Buffer.concat([Buffer.from('comment\0\0', 'latin1'), deflateSync(Buffer.alloc(bytes))])
  // After the signature and the header.
  return Buffer.concat([picture.subarray(0, 33), pngChunk('zTXt', text), picture.subarray(33)])
}

function png(...chunks: readonly Buffer[]): Buffer {
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  return Buffer.concat([signature, ...chunks, pngChunk('IEND', Buffer.alloc(0))])
}

const badEdit = (
  name: string,
  param: string | null,
  request: RawRequest,
  code = 'invalid_request',
): BadImageCase => ({ name, request, status: 400, code, param })

/** Edits, whose pictures have to be made first. */
async function edits(): Promise<readonly BadImageCase[]> {
  const picture = await testPicture()
  const mask = await testMask()
  const noise = Buffer.from(Array.from({ length: 4096 }, (_, index) => (index * 7919) % 251))
  const broken: Readonly<Record<string, string | Uint8Array>> = {
    'nothing at all': '',
    'a text': 'This is no picture.',
    'a web page': '<!doctype html><html><body>Not found</body></html>',
    'an SVG': '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"></svg>',
    'a PDF': '%PDF-1.7\n%\n1 0 obj\n',
    'a ZIP': Buffer.concat([Buffer.from('PK\u0003\u0004'), noise]),
    'other bytes': noise,
    'a PNG cut in its middle': picture.subarray(0, picture.length >> 1),
    'a PNG cut after its header': picture.subarray(0, 40),
    'the signature of a PNG': picture.subarray(0, 8),
    'a PNG of 400 megapixels in few bytes': zipBomb(20_000, 20_000),
    'a PNG of no size': png(
      pngChunk('IHDR', Buffer.alloc(13)),
      pngChunk('IDAT', deflateSync(Buffer.alloc(9))),
    ),
    'a PNG with lines that are none': png(
      picture.subarray(8, 33),
      pngChunk('IDAT', deflateRawSync(Buffer.alloc(9))),
    ),
    'a JPEG cut in its middle': (await testPicture({ format: 'jpeg' })).subarray(0, 800),
  }
  const files = [file('image', picture)]
  return [
    ...Object.entries(broken).flatMap(([what, bytes]) => [
      badEdit(`${what} as image`, 'image', editForm([file('image', bytes)])),
      badEdit(`${what} as mask`, 'mask', editForm([...files, file('mask', bytes)])),
      badEdit(
        `${what} as the second image`,
        'image[1]',
        editForm([file('image[]', picture), file('image[]', bytes)]),
      ),
    ]),
    badEdit('no picture', 'image', editForm([])),
    badEdit('a mask without a picture', 'image', editForm([file('mask', mask)])),
    badEdit('two masks', 'mask', editForm([...files, file('mask', mask), file('mask', mask)])),
    badEdit(
      'a mask for a model that takes none',
      'mask',
      editForm([...files, file('mask', mask)], { model: 'stability.sd3-5-large-v1:0' }),
    ),
    badEdit(
      'no prompt for a model that needs one',
      'prompt',
      editForm(files, { model: INPAINT, prompt: undefined }),
    ),
    badEdit('a prompt that is too long', 'prompt', editForm(files, { prompt: 'x'.repeat(1025) })),
    badEdit('a model that does not edit', 'model', editForm(files, { model: CORE }), 'unsupported'),
    badEdit('a chat model that is to edit', 'model', editForm(files, { model: CHAT_MODEL })),
    {
      ...badEdit('an unknown model that is to edit', 'model', editForm(files, { model: 'nowhere' })),
      status: 404,
      code: 'model_not_found',
    },
    ...Object.entries({
      n: '0',
      size: '0x0',
      output_format: 'gif',
      stream: 'perhaps',
      mask_prompt: 'x'.repeat(2000),
    }).map(([name, value]) =>
      badEdit(`an edit with ${name}=${value.slice(0, 9)}`, name, editForm(files, { [name]: value })),
    ),
    badEdit(
      'a file under another name',
      'picture',
      editForm([...files, file('picture', picture)]),
      'invalid_request',
    ),
    badEdit('18 pictures', 'image', editForm(new Array<FormPart>(18).fill(file('image[]', picture)))),
    badEdit('a form of 65 fields', null, editForm(files, manyFields(65))),
    badEdit('a field of 300 kB', 'note', editForm(files, { note: 'x'.repeat(300_000) })),
    ...(await brokenForms(files)),
    ...jsonEdits(picture),
  ]
}

function manyFields(count: number): EditFields {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`field${index}`, 'x']))
}

async function brokenForms(files: readonly FormPart[]): Promise<readonly BadImageCase[]> {
  const whole = formBody([field('prompt', 'a boat'), ...files])
  const bodies: Readonly<Record<string, Uint8Array>> = {
    'a form without its last boundary': whole.subarray(0, whole.length - 30),
    'a form cut in its picture': whole.subarray(0, whole.length >> 1),
    'a form cut in a header': whole.subarray(0, 60),
    'a form of another boundary': Buffer.from(
      whole.toString('latin1').replaceAll('form-boundary', 'other'),
      'latin1',
    ),
    'a form of no parts': Buffer.from('nothing here'),
    'an empty form': Buffer.alloc(0),
    'a form of bytes': Buffer.alloc(100_000, 0xff),
  }
  return Object.entries(bodies).map(([name, body]) => badEdit(name, null, formRequest(body)))
}

function jsonEdits(picture: Buffer): readonly BadImageCase[] {
  const edit = (members: object): RawRequest =>
    jsonRequest(EDITS, JSON.stringify({ model: CANVAS, prompt: 'a boat', ...members }))
  const uri = `data:image/png;base64,${picture.toString('base64')}`
  return [
    badEdit('JSON without a picture', 'image', edit({})),
    badEdit('JSON with an empty list', 'image', edit({ images: [] })),
    badEdit('JSON with a number for a picture', 'image', edit({ image: 5 })),
    badEdit('JSON with the id of a file', 'images[0].file_id', edit({ images: [{ file_id: 'file-1' }] })),
    badEdit('JSON with something that is no base64', 'image', edit({ image: '***' })),
    badEdit('JSON with a text in base64', 'image', edit({ image: 'VGhpcyBpcyBubyBwaWN0dXJl' })),
    badEdit(
      'JSON with a private address',
      'images[0].image_url',
      edit({ images: [{ image_url: 'http://127.0.0.1:1/a.png' }] }),
    ),
    badEdit('JSON with the address of a file', 'image', edit({ image: 'file:///etc/passwd' })),
    badEdit('JSON with a broken mask', 'mask', edit({ image: uri, mask: 'VGhpcyBpcyBubyBwaWN0dXJl' })),
    { ...badEdit('JSON that is cut', null, jsonRequest(EDITS, `{"image":"${uri}`)), code: 'invalid_json' },
  ]
}

/** Every case; each is sent on a connection of its own. */
export async function badImageCases(): Promise<readonly BadImageCase[]> {
  return [...generations, ...contentTypes, ...keys, ...(await edits())]
}
