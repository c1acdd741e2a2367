import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { type TestContext, test } from 'node:test'
import { MessageChannel } from 'node:worker_threads'
import sharp from 'sharp'
import type { TaskRefusal } from '../../src/aws/asking-task.js'
import { type BodiesPool, createBodiesPool } from '../../src/aws/worker-pool.js'
import type { ImageModelQuestion, PreparedImages } from '../../src/images/tasks.js'
import { openwebuiDir, skipWithout } from '../shared.js'
import { chatTarget } from '../translate/chat-target.js'
import { imagePolicy } from '../translate/image-models/image-target.js'
import { FORM_TYPE, type FormPart, formBody } from './multipart-form.js'

const NOVA = 'amazon.nova-canvas-v1:0'
const INPAINT = 'us.stability.stable-image-inpaint-v1:0'
const CORE = 'stability.stable-image-core-v1:1'

interface Sent {
  readonly parts: readonly Uint8Array[]
  readonly contentType: string
  readonly model?: string
}

type Result = PreparedImages | TaskRefusal | { readonly type: 'refused-by-main' }

/** What the pool makes of a body, with the main thread's part played here. */
async function prepare(pool: BodiesPool, { parts, contentType, model = INPAINT }: Sent) {
  const { port1, port2 } = new MessageChannel()
  const asked: ImageModelQuestion[] = []
  port1.on('message', (question: ImageModelQuestion) => {
    asked.push(question)
    const target = { ...chatTarget(), id: model, requested: model, foundationId: model.replace(/^us\./, '') }
    port1.postMessage({ type: 'model', target: { ...target, kind: 'image', dialect: 'invoke' } })
  })
  try {
    const task = { parts, contentType, port: port2, imagesMax: 10, ...imagePolicy() }
    const options = { name: 'prepareImageEdit', transferList: [port2] }
    const result = (await pool.run(task, options)) as Result
    return { result, asked }
  } finally {
    port1.close()
  }
}

function startPool(context: TestContext): BodiesPool {
  const pool = createBodiesPool()
  context.after(() => pool.close())
  return pool
}

function form(parts: readonly FormPart[], model?: string): Sent {
  return { parts: [formBody(parts)], contentType: FORM_TYPE, ...(model === undefined ? {} : { model }) }
}

function json(body: unknown, model?: string): Sent {
  return {
    parts: [Buffer.from(JSON.stringify(body))],
    contentType: 'application/json',
    ...(model === undefined ? {} : { model }),
  }
}

function bodiesOf(result: Result): Record<string, unknown>[] {
  assert.equal(result.type, 'prepared', JSON.stringify(result))
  return (result as PreparedImages).calls.map(({ body, payloadHash }) => {
    assert.ok(body instanceof Uint8Array)
    assert.equal(payloadHash, createHash('sha256').update(body).digest('hex'))
    return JSON.parse(Buffer.from(body).toString('utf8')) as Record<string, unknown>
  })
}

async function refuses(pool: BodiesPool, sent: Sent, param: string | null, message: RegExp): Promise<void> {
  const { result } = await prepare(pool, sent)
  assert.equal(result.type, 'refused', JSON.stringify(result).slice(0, 500))
  assert.equal((result as TaskRefusal).param, param)
  assert.match((result as TaskRefusal).message, message)
}

function red(width: number, height: number) {
  return sharp({ create: { width, height, channels: 4, background: { r: 255, g: 0, b: 0, alpha: 1 } } })
}

async function pngOf(width = 640, height = 640): Promise<Buffer> {
  return red(width, height).removeAlpha().png().toBuffer()
}

/** The left half is transparent. */
async function halfClear(width: number, height: number): Promise<Buffer> {
  const pixels = Uint8Array.from({ length: width * height * 4 }, (_, at) =>
    at % 4 === 3 && (at >> 2) % width < width / 2 ? 0 : 255,
  )
  return sharp(pixels, { raw: { width, height, channels: 4 } })
    .png()
    .toBuffer()
}

const PROMPT: FormPart = { name: 'prompt', value: 'a red fox' }
const file = (name: string, value: Uint8Array): FormPart => ({ name, value, fileName: 'a.png' })

test('a form becomes a call with its picture, and the model is asked for by its name', async (context) => {
  const pool = startPool(context)
  const image = await pngOf()
  const parts = [{ name: 'model', value: 'my-model' }, PROMPT, file('image', image)]
  const { result, asked } = await prepare(pool, form(parts))
  assert.deepEqual(asked, [{ type: 'model', name: 'my-model', masked: false }])
  const [body, ...others] = bodiesOf(result)
  assert.equal(others.length, 0)
  assert.equal(body?.['prompt'], 'a red fox')
  assert.equal(body?.['image'], image.toString('base64'))
  assert.equal(body?.['mask'], undefined)
})

test('several pictures asked for become several calls, all of which move', async (context) => {
  const pool = startPool(context)
  const { result } = await prepare(
    pool,
    form([PROMPT, { name: 'n', value: '3' }, file('image', await pngOf())]),
  )
  assert.equal(bodiesOf(result).length, 3)
})

test('a mask has the picture’s size and each family’s colours', async (context) => {
  const pool = startPool(context)
  const parts = [PROMPT, file('image', await pngOf(640, 320)), file('mask', await halfClear(64, 32))]
  const stability = bodiesOf((await prepare(pool, form(parts))).result)[0]
  const nova = bodiesOf((await prepare(pool, form(parts, NOVA))).result)[0]
  const inPainting = nova?.['inPaintingParams'] as Record<string, unknown>
  for (const [mask, edited] of [
    [stability?.['mask'], 255],
    [inPainting['maskImage'], 0],
  ] as const) {
    const bytes = Buffer.from(String(mask), 'base64')
    const { width, height, hasAlpha } = await sharp(bytes).metadata()
    assert.deepEqual({ width, height, hasAlpha }, { width: 640, height: 320, hasAlpha: false })
    const pixels = await sharp(bytes).extractChannel(0).raw().toBuffer()
    assert.deepEqual(
      [pixels[0], pixels[319], pixels[320], pixels[639]],
      [edited, edited, 255 - edited, 255 - edited],
    )
  }
})

test('a picture that is transparent somewhere is its own mask, and opaque for Nova', async (context) => {
  const pool = startPool(context)
  const parts = [PROMPT, file('image', await halfClear(640, 640))]
  const { result } = await prepare(pool, form(parts, NOVA))
  const params = bodiesOf(result)[0]?.['inPaintingParams'] as Record<string, string>
  const mask = await sharp(Buffer.from(params['maskImage'] ?? '', 'base64'))
    .extractChannel(0)
    .raw()
    .toBuffer()
  assert.deepEqual([mask[0], mask[639]], [0, 255])
  assert.equal((await sharp(Buffer.from(params['image'] ?? '', 'base64')).metadata()).hasAlpha, false)
})

test('JSON with data URIs becomes the same call as a form', async (context) => {
  const pool = startPool(context)
  const base64 = (await pngOf()).toString('base64')
  const uri = `data:image/png;base64,${base64}`
  for (const picture of [
    { images: [{ image_url: uri }] },
    { images: [uri] },
    { image: uri },
    { image: [base64] },
  ]) {
    const { result } = await prepare(pool, json({ model: 'm', prompt: 'a red fox', n: 1, ...picture }))
    assert.equal(bodiesOf(result)[0]?.['image'], base64)
  }
})

test('the form that Open WebUI sends becomes a call: its one pixel is made larger', {
  skip: skipWithout(openwebuiDir),
}, async (context) => {
  const pool = startPool(context)
  const line = readFileSync(resolve(openwebuiDir, 'requests.jsonl'), 'utf8')
    .split('\n')
    .find((text) => text.includes('/v1/images/edits'))
  const { headers, body } = JSON.parse(line ?? '') as { headers: Record<string, string>; body: string }
  const { result } = await prepare(pool, {
    parts: [Buffer.from(body, 'latin1')],
    contentType: headers['Content-Type'] ?? '',
  })
  const image = Buffer.from(String(bodiesOf(result)[0]?.['image']), 'base64')
  const { width, height } = await sharp(image).metadata()
  assert.deepEqual([width, height], [64, 64])
})

test('a data URI where the form has a file is read', async (context) => {
  const pool = startPool(context)
  const base64 = (await pngOf()).toString('base64')
  const { result } = await prepare(
    pool,
    form([PROMPT, { name: 'image', value: `data:image/png;base64,${base64}` }]),
  )
  assert.equal(bodiesOf(result)[0]?.['image'], base64)
})

test('faults are named by their field', async (context) => {
  const pool = startPool(context)
  const good = await pngOf()
  const cut = good.subarray(0, good.length - 40)
  const image = file('image', good)
  const uri = (bytes: Uint8Array) => `data:image/png;base64,${Buffer.from(bytes).toString('base64')}`
  await refuses(pool, form([PROMPT]), 'image', /image must be a picture to edit, got nothing/)
  await refuses(pool, form([PROMPT, file('image', cut)]), 'image', /image is an image that is broken/)
  await refuses(pool, form([PROMPT, file('image', Buffer.from('GIF?'))]), 'image', /must be an image/)
  await refuses(pool, form([PROMPT, image, file('mask', cut)]), 'mask', /mask is an image that is broken/)
  await refuses(pool, form([PROMPT, image, file('mask', good), file('mask', good)]), 'mask', /one picture/)
  await refuses(pool, form([PROMPT, image, image]), 'image[1]', /at most 1, got 2/)
  await refuses(pool, form([PROMPT, image], CORE), 'model', /one that edits/)
  await refuses(pool, form([image]), 'prompt', /prompt/)
  await refuses(pool, form([PROMPT, image, { name: 'n', value: '11' }]), 'n', /between 1 and 10/)
  await refuses(pool, form([PROMPT, file('image', await pngOf(900, 300))]), 'image', /2.5 times/)
  await refuses(pool, json({ prompt: 'x', images: [] }), 'image', /got nothing/)
  const broken = { prompt: 'x', images: [{ image_url: uri(cut) }] }
  await refuses(pool, json(broken), 'images[0].image_url', /broken/)
  const stored = { prompt: 'x', images: [{ file_id: 'file-1' }] }
  await refuses(pool, json(stored), 'images[0].file_id', /stored/)
  const address = { prompt: 'x', images: [{ image_url: 'https://example.com/a.png' }] }
  await refuses(pool, json(address), 'images[0].image_url', /addresses are not fetched/)
  const second = form([PROMPT, file('image[]', good), file('image[]', cut)], NOVA)
  await refuses(pool, second, 'image[1]', /broken/)
  const text = { parts: [Buffer.from('x')], contentType: 'text/plain' }
  await refuses(pool, text, null, /multipart\/form-data or application\/json/)
})

test('pictures that are too large together are packed until the call fits', async (context) => {
  const pool = startPool(context)
  let state = 7
  const noise = Uint8Array.from({ length: 2900 * 2900 * 3 }, () => {
    state = Math.imul(state, 1_664_525) + 1_013_904_223
    return state >>> 24
  })
  const image = await sharp(noise, { raw: { width: 2900, height: 2900, channels: 3 } })
    .png({ compressionLevel: 0 })
    .toBuffer()
  assert.ok(image.length > 25_000_000)
  const { result } = await prepare(pool, form([PROMPT, file('image', image)]))
  const { calls } = result as PreparedImages
  assert.equal(calls.length, 1)
  assert.ok((calls[0]?.body.length ?? Number.NaN) <= 25_000_000)
})

test('a task whose port is closed while it waits for the model ends', async (context) => {
  const pool = startPool(context)
  const { port1, port2 } = new MessageChannel()
  port1.once('message', () => port1.close())
  const parts = [formBody([PROMPT, file('image', await pngOf())])]
  const task = { parts, contentType: FORM_TYPE, port: port2, imagesMax: 1, ...imagePolicy() }
  const result = (await pool.run(task, { name: 'prepareImageEdit', transferList: [port2] })) as Result
  assert.equal(result.type, 'refused')
})
