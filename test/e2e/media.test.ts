import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import sharp from 'sharp'
import { type Emulator, startEmulator } from '../emulator/emulator.js'
import { assertComplete, MODEL, postChat, readError, readStream, within } from './chat.js'
import { type Daemon, startDaemon } from './daemon.js'

const VISION_MODEL = 'amazon.nova-lite-v1:0'
const IMAGE_BYTES_MAX = 3_932_160

let emulator: Emulator
let daemon: Daemon
before(async () => {
  emulator = await startEmulator()
  daemon = await startDaemon({ emulator })
})
after(async () => {
  assert.equal(await daemon.stop(), 0)
  await emulator.close()
})

interface SentImage {
  readonly format: string
  readonly source: { readonly bytes: string }
}

function askAbout(url: string, extra: Readonly<Record<string, unknown>> = {}): Promise<Response> {
  return postChat(daemon.url, {
    model: VISION_MODEL,
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is it?' },
          { type: 'image_url', image_url: { url } },
        ],
      },
    ],
    ...extra,
  })
}

/** What the last request to the model for images said. */
function lastContent(): readonly { readonly image?: SentImage }[] {
  const last = emulator.requests.filter(({ modelId }) => modelId === VISION_MODEL).at(-1)
  assert.ok(last !== undefined)
  const { messages } = last.body as { messages: { content: { image?: SentImage }[] }[] }
  return messages.flatMap(({ content }) => content)
}

function lastImage(): SentImage {
  const [found, ...others] = lastContent().flatMap(({ image }) => image ?? [])
  assert.ok(found !== undefined && others.length === 0)
  return found
}

const toUri = (bytes: Buffer, format: string): string =>
  `data:image/${format};base64,${bytes.toString('base64')}`

/** A PNG of just over 10 MB that no compression makes smaller. */
async function largePng(): Promise<Buffer> {
  const [width, height] = [2000, 1700]
  const raw = Buffer.alloc(width * height * 3)
  let state = 1
  for (let index = 0; index < raw.length; index += 1) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    raw[index] = state >>> 24
  }
  return sharp(raw, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer()
}

test('an image reaches Bedrock byte for byte, as what it is', async () => {
  const jpeg = await sharp({ create: { width: 640, height: 480, channels: 3, background: 'teal' } })
    .jpeg()
    .toBuffer()
  const reply = await askAbout(toUri(jpeg, 'png'))
  assert.equal(reply.status, 200, await reply.text())
  assert.deepEqual(lastImage(), { format: 'jpeg', source: { bytes: jpeg.toString('base64') } })
})

test('an image of 9000 pixels arrives scaled down', async () => {
  const png = await sharp({ create: { width: 9000, height: 900, channels: 3, background: 'teal' } })
    .png()
    .toBuffer()
  const reply = await askAbout(toUri(png, 'png'))
  assert.equal(reply.status, 200, await reply.text())
  const { format, source } = lastImage()
  const read = await sharp(Buffer.from(source.bytes, 'base64')).metadata()
  assert.deepEqual([read.format, read.width, read.height], [format, 8000, 800])
})

test('an address inside is a 400 that names the part', async () => {
  const sent = emulator.requests.length
  for (const url of ['https://169.254.169.254/latest/meta-data/iam/', 'https://localhost/a.png']) {
    const error = await readError(await askAbout(url), 400)
    assert.equal(error.code, 'invalid_request')
    assert.equal(error.param, 'messages[0].content[1].image_url.url')
    assert.match(error.message, /no public IP address/)
  }
  assert.equal(emulator.requests.length, sent)
})

test('an image for a model that reads text only is a 400 that names the model', async () => {
  const error = await readError(await askAbout('data:image/png;base64,AAAA', { model: MODEL }), 400)
  assert.equal(error.code, 'unsupported')
  assert.match(error.message, /"amazon\.nova-micro-v1:0" does not take images: it takes text only/)
})

test('a document reaches Bedrock with a name that it takes', async () => {
  const pdf = Buffer.from('%PDF-1.4\nnothing').toString('base64')
  const reply = await postChat(daemon.url, {
    model: VISION_MODEL,
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Sum it up.' },
          { type: 'file', file: { filename: 'a.b_c.pdf', file_data: `data:application/pdf;base64,${pdf}` } },
        ],
      },
    ],
  })
  assert.equal(reply.status, 200, await reply.text())
  assert.deepEqual(lastContent()[1], {
    document: { format: 'pdf', name: 'a b c', source: { bytes: pdf } },
  })
})

test('images of ten megabytes are scaled down while streams go on', async () => {
  const png = await largePng()
  assert.ok(png.length > 10_000_000)
  const uri = toUri(png, 'png')
  emulator.set({ eventsPerSecond: 50 })
  try {
    const streams = [1, 2, 3].map(() => postChat(daemon.url, { stream: true }))
    const asked = [askAbout(uri), askAbout(uri)]
    // A stream that starts meanwhile is answered before the images are done, however long those take.
    const order: string[] = []
    const pictures = Promise.all(asked).then((replies) => {
      order.push('images')
      return replies
    })
    const meanwhile = within(postChat(daemon.url, { stream: true }), 20_000, 'no stream meanwhile').then(
      (reply) => {
        order.push('stream')
        return reply
      },
    )
    for (const stream of [...streams, meanwhile]) {
      assertComplete(await readStream(await stream, 30_000), { usage: false })
    }
    for (const reply of await pictures) assert.equal(reply.status, 200, await reply.text())
    assert.equal(order[0], 'stream')
  } finally {
    emulator.reset()
  }
  const bytes = Buffer.from(lastImage().source.bytes, 'base64')
  assert.ok(bytes.length <= IMAGE_BYTES_MAX)
})

test('a daemon told to stop while it scales an image ends well', async () => {
  const other = await startDaemon({ emulator, environment: { BEDROCKD_DRAIN_SECONDS: '0' } })
  const png = await sharp({ create: { width: 12_000, height: 9_000, channels: 3, background: 'teal' } })
    .png()
    .toBuffer()
  const asked = fetch(`${other.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      model: VISION_MODEL,
      messages: [{ role: 'user', content: [{ type: 'image_url', image_url: toUri(png, 'png') }] }],
    }),
  }).then(
    (reply) => reply.text(),
    () => '',
  )
  await new Promise((resolve) => setTimeout(resolve, 300))
  const code = await other.stop()
  assert.ok(code === 0 || code === 1, `exit code ${code}`)
  await asked
})
