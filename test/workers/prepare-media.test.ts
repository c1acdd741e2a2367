import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import fc from 'fast-check'
import sharp, { type Metadata, type Sharp } from 'sharp'
import type { MediaPolicy } from '../../src/aws/chat-body-task.js'
import type { ContentBlock } from '../../src/bedrock/types.js'
import type { Capabilities, ModelTarget } from '../../src/catalog/types.js'
import { GatewayError } from '../../src/errors.js'
import type { ChatMessage, MediaPart } from '../../src/openai/types.js'
import { prepareMedia } from '../../workers/prepare-media.js'
import { chatRequest, chatTarget } from '../translate/chat-target.js'
import { createSelfSigned } from './self-signed.js'

const POLICY: MediaPolicy = { fetchUrls: true, fetchMs: 5_000, fetchBytesMax: 26_214_400 }
const IMAGES = ['png', 'jpeg', 'gif', 'webp']
const DOCUMENTS = ['pdf', 'csv', 'doc', 'docx', 'xls', 'xlsx', 'html', 'txt', 'md']
const IMAGE_BYTES_MAX = 3_932_160
const FIRST = 'messages[0].content[0]'

const all = (more: Partial<Capabilities> = {}): ModelTarget =>
  chatTarget({ imageTypes: IMAGES, documentTypes: DOCUMENTS, ...more })

/** What the model takes is text. */
const textOnly = chatTarget({ imageTypes: [] })

function user(...content: readonly MediaPart[]): ChatMessage {
  return { role: 'user', content, cacheControl: null }
}

function image(url: string): MediaPart {
  return { type: 'image', url, detail: null, cacheControl: null }
}

function file(fileData: string | null, fileName: string | null = null): MediaPart {
  return { type: 'file', fileName, fileData, fileId: null, cacheControl: null }
}

function dataUri(bytes: Uint8Array, label = 'application/octet-stream'): string {
  return `data:${label};base64,${Buffer.from(bytes).toString('base64')}`
}

async function blocksOf(parts: readonly MediaPart[], target: ModelTarget = all()): Promise<ContentBlock[]> {
  const blocks = await prepareMedia(chatRequest({ messages: [user(...parts)] }), target, POLICY)
  return parts.map((part) => {
    const found = blocks.get(part)
    assert.ok(found !== undefined)
    assert.equal(Object.keys(found).length, 1)
    return found
  })
}

async function blockOf(part: MediaPart, target?: ModelTarget): Promise<ContentBlock> {
  const [block] = await blocksOf([part], target)
  assert.ok(block !== undefined)
  return block
}

/** An image block with its bytes taken apart; within Bedrock's limits, and of the format that it says. */
async function readImage({ image: block }: ContentBlock): Promise<Metadata & { bytes: Buffer }> {
  assert.ok(block !== undefined)
  const bytes = Buffer.from(block.source.bytes, 'base64')
  const metadata = await sharp(bytes).metadata()
  assert.equal(metadata.format, block.format)
  assert.ok(bytes.length <= IMAGE_BYTES_MAX, `${bytes.length} bytes`)
  return { ...metadata, bytes }
}

async function assertRefused(
  parts: readonly MediaPart[],
  expected: { readonly param: string; readonly message: RegExp; readonly code?: string },
  target: ModelTarget = all(),
): Promise<void> {
  await assert.rejects(blocksOf(parts, target), (error) => {
    assert.ok(error instanceof GatewayError, String(error))
    const { code, param, message } = error
    assert.deepEqual({ code, param }, { code: expected.code ?? 'invalid_request', param: expected.param })
    assert.ok(message.startsWith(expected.param), message)
    assert.match(message, expected.message)
    return true
  })
}

type Channels = 3 | 4

function canvas(width: number, height: number, channels: Channels = 3): Sharp {
  return sharp({ create: { width, height, channels, background: { r: 20, g: 90, b: 160, alpha: 0.5 } } })
}

/** Compresses to nearly nothing less than its size: only fewer pixels or less quality make it smaller. */
async function noise(width: number, height: number): Promise<Sharp> {
  const raw = Buffer.alloc(width * height * 3)
  let state = 12_345
  for (let index = 0; index < raw.length; index += 1) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    raw[index] = state >>> 24
  }
  return sharp(raw, { raw: { width, height, channels: 3 } })
}

async function animation(width: number, pages: number): Promise<Buffer> {
  const frames = await Promise.all(
    Array.from({ length: pages }, (_, page) =>
      sharp({ create: { width, height: width, channels: 3, background: { r: page * 80, g: 0, b: 0 } } })
        .png()
        .toBuffer(),
    ),
  )
  return sharp(frames, { join: { animated: true } })
    .gif()
    .toBuffer()
}

test('a request without media has no blocks', async () => {
  assert.equal((await prepareMedia(chatRequest(), all(), POLICY)).size, 0)
})

for (const format of ['png', 'jpeg', 'gif', 'webp'] as const) {
  test(`a ${format} within the limits goes as the text it came as, whatever its label`, async () => {
    const base64 = (await canvas(40, 30).toFormat(format).toBuffer()).toString('base64')
    for (const uri of [
      `data:image/png;base64,${base64}`,
      `DATA:text/plain;charset=utf-8;BASE64,${base64}`,
      `data:image/jpg,${base64}`,
      base64,
    ]) {
      assert.deepEqual(await blockOf(image(uri)), { image: { format, source: { bytes: base64 } } })
    }
  })
}

test('url-safe, broken and unpadded base64 arrives in good form', async () => {
  const png = await canvas(41, 30).png().toBuffer()
  const odd = png.toString('base64url').replace(/(.{70})/g, '$1\r\n')
  assert.deepEqual(await blockOf(image(`data:image/png;base64,${odd}`)), {
    image: { format: 'png', source: { bytes: png.toString('base64') } },
  })
})

for (const format of ['avif', 'tiff'] as const) {
  test(`${format} is converted`, async () => {
    const bytes = await canvas(64, 48).toFormat(format).toBuffer()
    const read = await readImage(await blockOf(image(dataUri(bytes, `image/${format}`))))
    assert.ok(['png', 'jpeg'].includes(read.format))
    assert.deepEqual([read.width, read.height], [64, 48])
  })
}

test('a format that the model does not take is converted to one it takes', async () => {
  const webp = await canvas(64, 48, 4).webp({ lossless: true }).toBuffer()
  const asPng = await readImage(await blockOf(image(dataUri(webp)), all({ imageTypes: ['png'] })))
  assert.equal(asPng.format, 'png')
  assert.equal(asPng.hasAlpha, true)
  const asJpeg = await blockOf(image(dataUri(webp)), all({ imageTypes: ['jpeg'] }))
  const { bytes, format } = await readImage(asJpeg)
  assert.equal(format, 'jpeg')
  // Half transparent blue on white paper.
  const [red] = await sharp(bytes).raw().toBuffer()
  assert.ok(red !== undefined && Math.abs(red - 137) < 6, `red ${red}`)
})

test('a picture of more than 8000 pixels a side is scaled down in proportion', async () => {
  const jpeg = await canvas(9000, 3000).jpeg().toBuffer()
  const read = await readImage(await blockOf(image(dataUri(jpeg))))
  assert.deepEqual([read.format, read.width, read.height], ['jpeg', 8000, 2667])
})

test('a line of 12000 by 1 pixels keeps a pixel of height', async () => {
  const png = await canvas(12_000, 1).png().toBuffer()
  const read = await readImage(await blockOf(image(dataUri(png))))
  assert.deepEqual([read.width, read.height], [8000, 1])
})

test('a picture of too many bytes is made to fit, first by quality', async () => {
  const png = await (await noise(1400, 1100)).png().toBuffer()
  assert.ok(png.length > IMAGE_BYTES_MAX)
  const read = await readImage(await blockOf(image(dataUri(png))))
  assert.deepEqual([read.format, read.width, read.height], ['jpeg', 1400, 1100])
})

test('a picture that no quality makes small enough loses pixels, and not more than it must', async () => {
  const jpeg = await (await noise(4000, 3000)).jpeg({ quality: 95, chromaSubsampling: '4:4:4' }).toBuffer()
  const read = await readImage(await blockOf(image(dataUri(jpeg))))
  assert.ok(
    read.width < 4000 && read.bytes.length > IMAGE_BYTES_MAX / 2,
    `${read.width} px, ${read.bytes.length} bytes`,
  )
  assert.ok(Math.abs(read.width / read.height - 4 / 3) < 0.01)
})

test('transparency is kept where the model has a format for it', async () => {
  const opaque = await (await noise(1500, 1000)).toColourspace('srgb').png().toBuffer()
  const png = await sharp(opaque).ensureAlpha(0.5).png().toBuffer()
  assert.ok(png.length > IMAGE_BYTES_MAX)
  const read = await readImage(await blockOf(image(dataUri(png))))
  assert.equal(read.hasAlpha, true)
})

test('a picture that is written anew stands upright', async () => {
  const jpeg = await canvas(9000, 20).jpeg().withMetadata({ orientation: 6 }).toBuffer()
  const read = await readImage(await blockOf(image(dataUri(jpeg))))
  assert.deepEqual([read.width, read.height, read.orientation], [18, 8000, undefined])
})

test('an animation within the limits stays one, a larger one becomes its first picture', async () => {
  const small = await animation(20, 3)
  assert.equal((await readImage(await blockOf(image(dataUri(small))))).pages, 3)
  const wide = await animation(8100, 2)
  const read = await readImage(await blockOf(image(dataUri(wide))))
  assert.equal(read.pages ?? 1, 1)
  assert.deepEqual([read.width, read.height], [8000, 8000])
})

test('over 20 images to Claude have 2000 pixels a side each, to others they keep theirs', async () => {
  const png = image(dataUri(await canvas(2100, 10).png().toBuffer()))
  const claude = { ...all(), foundationId: 'anthropic.claude-sonnet-4-5-20250929-v1:0' }
  const copies = (count: number): MediaPart[] => Array.from({ length: count }, () => ({ ...png }))
  const widths = async (parts: MediaPart[], target: ModelTarget): Promise<number[]> => {
    const read = await Promise.all((await blocksOf(parts, target)).map(readImage))
    return [...new Set(read.map(({ width }) => width))]
  }
  assert.deepEqual(await widths(copies(20), claude), [2100])
  assert.deepEqual(await widths(copies(21), claude), [2000])
  const nova = { ...all({ family: 'nova' }), foundationId: 'amazon.nova-pro-v1:0' }
  assert.deepEqual(await widths(copies(21), nova), [2100])
})

test('more images than a model is known to take are refused by the first that is too many', async () => {
  const png = image(dataUri(await canvas(10, 10).png().toBuffer()))
  const llama = { ...all({ family: 'llama' }), foundationId: 'meta.llama3-2-11b-instruct-v1:0' }
  await assertRefused(
    [png, { ...png }],
    { param: 'messages[0].content[1].image_url.url', message: /takes 1 in a request, got 2/ },
    llama,
  )
})

test('images of tool results, of assistants and of system messages are prepared, too', async () => {
  const url = dataUri(await canvas(10, 10).png().toBuffer())
  const parts = [image(url), image(url), image(url)] as const
  const messages: ChatMessage[] = [
    { role: 'system', content: [parts[0]], cacheControl: null },
    { role: 'assistant', content: [parts[1]], toolCalls: [], reasoning: [], cacheControl: null },
    { role: 'tool', content: [parts[2]], toolCallId: 'call_1', cacheControl: null },
  ]
  const blocks = await prepareMedia(chatRequest({ messages }), all(), POLICY)
  for (const part of parts) assert.equal(blocks.get(part)?.image?.format, 'png')
})

/** The header of a PNG that claims 20000 by 20000 pixels, with a good checksum. */
async function bomb(side: number, progressive: boolean): Promise<Buffer> {
  const png = await canvas(1, 1).png({ progressive }).toBuffer()
  const { crc32 } = await import('node:zlib')
  png.writeUInt32BE(side, 16)
  png.writeUInt32BE(side, 20)
  png.writeUInt32BE(crc32(png.subarray(12, 29)), 29)
  return png
}

test('what is no picture is refused by name', async () => {
  const png = await canvas(300, 300).png().toBuffer()
  const jpeg = await (await noise(2400, 1600)).jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).toBuffer()
  const param = `${FIRST}.image_url.url`
  for (const [url, message] of [
    ['data:image/png;base64,', /holds no bytes/],
    ['data:image/png;base64,####', /not valid base64/],
    ['what is this?', /must be a data: URI, base64 or an https: address/],
    ['file:///etc/passwd', /must be a data: URI, base64 or an https: address/],
    ['http://example.com/a.png', /must start with https/],
    [
      dataUri(Buffer.from('hello')),
      /must be an image \(png, jpeg, gif, webp, avif or tiff\), got other bytes/,
    ],
    [dataUri(Buffer.from('%PDF-1.4')), /must be an image .* got pdf/],
    [
      dataUri(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), 'image/svg+xml'),
      /got svg: convert it/,
    ],
    [dataUri(Buffer.from('\0\0\0\x20ftypheic\0\0\0\0', 'latin1')), /got heic: convert it/],
    [dataUri(png.subarray(0, 20)), /broken, or cut off/],
    [dataUri(jpeg.subarray(0, jpeg.length - 1000)), /broken, or cut off/],
    [dataUri(await bomb(20_000, false)), /more than 200 megapixels/],
    // Interlaced: every line of it has to be in memory before the first is written.
    [dataUri(await bomb(9_000, true)), /more than 80 megapixels/],
    [dataUri(await bomb(9_000, false)), /broken, or cut off/],
  ] as const) {
    await assertRefused([image(url)], { param, message })
  }
})

test('after one picture has failed, those behind it are not decoded', async () => {
  const large = image(dataUri(await canvas(9000, 100).png().toBuffer()))
  const parts = [image(dataUri(Buffer.from('no'))), ...Array.from({ length: 6 }, () => ({ ...large }))]
  const before = sharp.counters()
  await assertRefused(parts, { param: `${FIRST}.image_url.url`, message: /other bytes/ })
  await new Promise((resolve) => setTimeout(resolve, 300))
  assert.deepEqual(sharp.counters(), before)
})

test('a model without images, video or audio says what it takes, and nothing is read', async () => {
  const code = 'unsupported'
  const unread = 'https://unread.invalid/a'
  await assertRefused(
    [image(unread)],
    {
      param: `${FIRST}.image_url.url`,
      code,
      message: /"anthropic.claude-3-haiku.*" does not take images: it takes text only\./,
    },
    textOnly,
  )
  await assertRefused(
    [image(unread)],
    {
      param: `${FIRST}.image_url.url`,
      code,
      message: /it takes text and documents \(pdf, txt\)\./,
    },
    chatTarget({ imageTypes: [], documentTypes: ['pdf', 'txt'] }),
  )
  await assertRefused([{ type: 'video', url: unread }], {
    param: `${FIRST}.video_url.url`,
    code,
    message: /does not take video: it takes text, images \(png, jpeg, gif, webp\) and documents/,
  })
  await assertRefused([{ type: 'audio', data: 'UklGRg==', format: 'wav' }], {
    param: `${FIRST}.input_audio.data`,
    code,
    message: /does not take audio/,
  })
})

const PDF = Buffer.from('%PDF-1.4\nsome content')

test('documents get their format by their bytes and a name of their own', async () => {
  const blocks = await blocksOf([
    file(dataUri(PDF, 'text/plain'), 'Q3 report.v2.pdf'),
    file(PDF.toString('base64'), 'q3 report.v2.pdf'),
    file('data:text/csv,a%2Cb', 'table.csv'),
    file(dataUri(Buffer.from('Gr\xfc\xdfe', 'latin1')), 'ä.md'),
  ])
  const pdf = PDF.toString('base64')
  assert.deepEqual(blocks, [
    { document: { format: 'pdf', name: 'Q3 report v2', source: { bytes: pdf } } },
    { document: { format: 'pdf', name: 'q3 report v2 (2)', source: { bytes: pdf } } },
    { document: { format: 'csv', name: 'table', source: { bytes: Buffer.from('a,b').toString('base64') } } },
    { document: { format: 'md', name: 'a', source: { bytes: Buffer.from('Grüße').toString('base64') } } },
  ])
})

test('a picture sent as a file is an image', async () => {
  const png = await canvas(10, 10).png().toBuffer()
  assert.deepEqual(await blockOf(file(dataUri(png, 'image/png'), 'a.pdf')), {
    image: { format: 'png', source: { bytes: png.toString('base64') } },
  })
})

test('SVG sent as a file is text', async () => {
  const block = await blockOf(file('data:image/svg+xml,<svg></svg>', 'logo.svg'))
  assert.equal(block.document?.format, 'txt')
})

test('a model without documents gets plain text as text, under its name', async () => {
  assert.deepEqual(
    await blocksOf(
      [
        file('data:text/csv,a%2Cb%0A1%2C2', 'table.csv'),
        file('data:text/plain,%20', 'blank.txt'),
        file('aGk='),
      ],
      textOnly,
    ),
    [{ text: 'table.csv:\na,b\n1,2' }, { text: 'blank.txt:\n(empty)' }, { text: 'file:\nhi' }],
  )
})

test('plain text goes as txt to a model that takes txt but not its own kind', async () => {
  const target = all({ documentTypes: ['pdf', 'txt'] })
  assert.equal((await blockOf(file('data:text/csv,a', 'a.csv'), target)).document?.format, 'txt')
})

test('files that can not be taken are refused by name', async () => {
  const param = `${FIRST}.file.file_data`
  const large = dataUri(Buffer.alloc(4.5 * 1_048_576 + 1, 'a'))
  await assertRefused([file(null)], { param, message: /got nothing/ })
  await assertRefused([file('')], { param, message: /holds no bytes/ })
  await assertRefused([file(dataUri(Buffer.from([1, 0, 2])))], {
    param,
    message: /must be a document \(pdf, csv/,
  })
  await assertRefused([file(large, 'a.txt')], {
    param,
    message: /of 4718593 bytes: this model takes 4718592/,
  })
  await assertRefused(
    [{ type: 'file', fileName: null, fileData: null, fileId: 'file-123', cacheControl: null }],
    { param: `${FIRST}.file.file_id`, message: /none are stored here: send file_data/ },
  )
  await assertRefused(
    [file(dataUri(PDF))],
    { param, code: 'unsupported', message: /does not take pdf documents: it takes text only/ },
    textOnly,
  )
  const six = Array.from({ length: 6 }, () => file(dataUri(PDF)))
  await assertRefused(six, { param: 'messages[0].content[5].file.file_data', message: /Bedrock takes 5/ })
})

test('the size of a PDF is limited by what its model takes', async () => {
  const pdf = dataUri(Buffer.concat([PDF, Buffer.alloc(5_000_000, ' ')]))
  const by = (family: Capabilities['family'], foundationId: string): ModelTarget => ({
    ...all({ family }),
    foundationId,
  })
  for (const target of [
    by('claude', 'anthropic.claude-sonnet-4-5-20250929-v1:0'),
    by('nova', 'amazon.nova-lite-v1:0'),
  ]) {
    assert.equal((await blockOf(file(pdf), target)).document?.format, 'pdf')
  }
  for (const target of [
    by('claude', 'anthropic.claude-3-7-sonnet-20250219-v1:0'),
    by('llama', 'meta.llama4-scout-17b-instruct-v1:0'),
  ]) {
    await assertRefused([file(pdf)], { param: `${FIRST}.file.file_data`, message: /takes 4718592/ }, target)
  }
})

test('audio goes to a model that takes it, its format told by the bytes before the label', async () => {
  const target = all({ audioTypes: ['mp3', 'wav', 'pcm'] })
  const wav = Buffer.from('RIFF\x10\0\0\0WAVEfmt ', 'latin1').toString('base64')
  const pcm = Buffer.from([1, 0, 2, 0]).toString('base64')
  for (const [data, format, expected] of [
    [wav, 'mp3', 'wav'],
    [`data:audio/mpeg;base64,${wav}`, 'mp3', 'wav'],
    [pcm, 'pcm16', 'pcm'],
    [pcm, 'audio/pcm', 'pcm'],
  ] as const) {
    const block = await blockOf({ type: 'audio', data, format }, target)
    assert.deepEqual(block, {
      audio: { format: expected, source: { bytes: expected === 'wav' ? wav : pcm } },
    })
  }
  const param = `${FIRST}.input_audio.data`
  const flac = Buffer.from('fLaC').toString('base64')
  await assertRefused(
    [{ type: 'audio', data: flac, format: 'flac' }],
    { param, code: 'unsupported', message: /does not take audio as flac: .* audio \(mp3, wav, pcm\)/ },
    target,
  )
})

test('video goes to a model that takes it', async () => {
  const target = all({ videoTypes: ['mp4', 'mov', 'three_gp', 'mpeg'] })
  const ftyp = (brand: string): Buffer => Buffer.from(`\0\0\0\x18ftyp${brand}\0\0\0\0`, 'latin1')
  for (const [bytes, label, format] of [
    [ftyp('isom'), 'video/quicktime', 'mp4'],
    [ftyp('qt  '), 'video/mp4', 'mov'],
    [ftyp('3gp4'), 'video/mp4', 'three_gp'],
    [Buffer.from([0x47, 0x40, 0x00]), 'video/mpeg', 'mpeg'],
    [Buffer.from([1, 2, 3]), 'video/3gpp', 'three_gp'],
  ] as const) {
    const block = await blockOf({ type: 'video', url: dataUri(bytes, label) }, target)
    assert.deepEqual(block, { video: { format, source: { bytes: bytes.toString('base64') } } })
  }
  const param = `${FIRST}.video_url.url`
  const png = dataUri(await canvas(5, 5).png().toBuffer())
  await assertRefused([{ type: 'video', url: png }], { param, message: /must be video \(mp4/ }, target)
  const large = dataUri(Buffer.concat([ftyp('isom'), Buffer.alloc(25 * 1_048_576)]))
  await assertRefused([{ type: 'video', url: large }], { param, message: /Bedrock takes 26214400/ }, target)
})

test('all media together have a limit', async () => {
  const target = all({ family: 'nova', videoTypes: ['mp4'] })
  const clip = dataUri(Buffer.concat([Buffer.from('\0\0\0\x18ftypisom', 'latin1'), Buffer.alloc(15_000_000)]))
  await assertRefused(
    [
      { type: 'video', url: clip },
      { type: 'video', url: clip },
    ],
    { param: 'messages[0].content[1].video_url.url', message: /may have 24 MiB/ },
    target,
  )
})

test('an address is fetched, once for many parts, and what it gives is told by its bytes', async () => {
  const { cert, key } = createSelfSigned()
  const png = await canvas(10, 10).png().toBuffer()
  const hits: string[] = []
  const server = createServer({ cert, key }, (request, reply) => {
    hits.push(request.url ?? '')
    reply.setHeader('content-type', 'text/plain').end(request.url === '/a.png' ? png : PDF)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const url = (path: string): string => `https://localhost:${port}${path}`
  const parts = [
    image(url('/a.png')),
    image(url('/a.png')),
    file(url('/The%20terms.pdf')),
    file(url('/a.png')),
  ]
  try {
    const blocks = await prepareMedia(chatRequest({ messages: [user(...parts)] }), all(), POLICY, {
      rules: { isAllowed: () => true, ports: [port], tls: { ca: cert } },
    })
    const bytes = png.toString('base64')
    const block = { image: { format: 'png', source: { bytes } } }
    assert.deepEqual(
      parts.map((part) => blocks.get(part)),
      [
        block,
        block,
        { document: { format: 'pdf', name: 'The terms', source: { bytes: PDF.toString('base64') } } },
        block,
      ],
    )
    assert.deepEqual(hits.sort(), ['/The%20terms.pdf', '/a.png'])
  } finally {
    server.closeAllConnections()
    server.close()
  }
})

test('a fetch that nobody waits for any more ends at once', async () => {
  const { cert, key } = createSelfSigned()
  const asked = new AbortController()
  const closed: Promise<unknown>[] = []
  const server = createServer({ cert, key }, (request) => {
    closed.push(once(request.socket, 'close'))
    asked.abort()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  try {
    await assert.rejects(
      prepareMedia(
        chatRequest({ messages: [user(image(`https://localhost:${port}/never`))] }),
        all(),
        { ...POLICY, fetchMs: 60_000 },
        { signal: asked.signal, rules: { isAllowed: () => true, ports: [port], tls: { ca: cert } } },
      ),
    )
    assert.equal(closed.length, 1)
    await Promise.all(closed)
  } finally {
    server.closeAllConnections()
    server.close()
  }
})

test('an address inside is refused by the part that names it', async () => {
  await assertRefused([image('https://169.254.169.254/latest/meta-data/')], {
    param: `${FIRST}.image_url.url`,
    message: /no public IP address/,
  })
})

test('whatever a part holds, it becomes a block that the model takes, or a refusal that names it', async () => {
  const pictures = await Promise.all(
    (['png', 'jpeg', 'gif', 'webp', 'avif', 'tiff'] as const).map((format) =>
      canvas(9, 7).toFormat(format).toBuffer(),
    ),
  )
  const starts = [
    '%PDF-1.4',
    'PK\x03\x04word/',
    'PK\x03\x04',
    'ID3\x03',
    'fLaC',
    '\0\0\0\x18ftypisom',
    'BM',
    '<svg ',
    'text',
  ]
  const bytes = fc.oneof(
    fc.constantFrom(...pictures),
    fc
      .tuple(fc.constantFrom(...pictures), fc.nat({ max: 200 }))
      .map(([picture, length]) => picture.subarray(0, length)),
    fc
      .tuple(fc.constantFrom(...starts), fc.uint8Array({ maxLength: 40 }))
      .map(([start, rest]) => Buffer.concat([Buffer.from(start, 'latin1'), rest])),
  )
  const label = fc.constantFrom('image/png', 'text/csv', 'video/mp4', 'audio/wav', 'x')
  const source = fc.oneof(
    fc.tuple(bytes, label).map(([content, type]) => dataUri(content, type)),
    fc.string(),
  )
  const name = fc.option(fc.oneof(fc.string(), fc.constantFrom('a.pdf', 'a.csv', 'a.docx')))
  const part: fc.Arbitrary<MediaPart> = fc.oneof(
    source.map((url) => image(url)),
    fc.tuple(source, name).map(([data, fileName]) => file(data, fileName)),
    source.map((url): MediaPart => ({ type: 'video', url })),
    fc.tuple(source, fc.string()).map(([data, format]): MediaPart => ({ type: 'audio', data, format })),
  )
  const capabilities = fc.record({
    imageTypes: fc.subarray(IMAGES),
    documentTypes: fc.subarray(DOCUMENTS),
    videoTypes: fc.subarray(['mp4', 'mov']),
    audioTypes: fc.subarray(['mp3', 'wav', 'flac']),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 3 }), capabilities, async (parts, can) => {
      try {
        for (const { image: picture, document, video, audio, text } of await blocksOf(parts, all(can))) {
          if (picture !== undefined) assert.ok(can.imageTypes.includes(picture.format))
          if (document !== undefined) assert.ok(can.documentTypes.includes(document.format))
          if (video !== undefined) assert.ok(can.videoTypes.includes(video.format))
          if (audio !== undefined) assert.ok(can.audioTypes.includes(audio.format))
          if (text !== undefined) assert.notEqual(text.trim(), '')
        }
      } catch (error) {
        assert.ok(error instanceof GatewayError, String(error))
        assert.equal(error.status, 400)
        assert.match(error.param ?? '', /^messages\[0\]\.content\[\d\]\./)
      }
    }),
    { numRuns: 400 },
  )
})
