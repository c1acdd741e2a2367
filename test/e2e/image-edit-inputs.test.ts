import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import OpenAI from 'openai'
import sharp from 'sharp'
import { LEFT_EDITED, testPicture } from '../emulator/images/test-pictures.js'
import { editPicture, type ImageGateway, readPicture, startImageGateway } from './image-gateway.js'

const CANVAS = 'amazon.nova-canvas-v1:0'
const TITAN = 'amazon.titan-image-generator-v2:0'
const SD35 = 'stability.sd3-5-large-v1:0'
const INPAINT = 'stability.stable-image-inpaint-v1:0'

let gateway: ImageGateway
before(async () => {
  gateway = await startImageGateway()
})
after(() => gateway?.close())
beforeEach(() => gateway.reset())

const edit = (
  model: string,
  files: Parameters<typeof editPicture>[1],
  extra: Parameters<typeof editPicture>[2] = {},
): Promise<OpenAI.ImagesResponse> => editPicture(gateway, files, { model, ...extra })

/** What a client may send as its picture. */
interface Input {
  readonly name: string
  readonly make: () => Promise<Buffer>
  /** Default: one of each family. */
  readonly models?: readonly string[]
}

const INPUTS: readonly Input[] = [
  { name: 'a JPEG', make: () => testPicture({ format: 'jpeg' }) },
  { name: 'a WebP', make: () => testPicture({ format: 'webp' }) },
  { name: 'a GIF', make: () => testPicture({ format: 'gif' }) },
  { name: 'a PNG with alpha, opaque', make: () => testPicture({ opaqueAlpha: true }) },
  { name: 'a PNG with 16 bits a colour', make: () => deepPicture() },
  {
    name: 'a grey PNG',
    make: async () =>
      sharp(await testPicture())
        .greyscale()
        .png()
        .toBuffer(),
  },
  {
    name: 'a CMYK JPEG',
    make: async () =>
      sharp(await testPicture())
        .toColourspace('cmyk')
        .jpeg()
        .toBuffer(),
  },
  {
    name: 'a picture of 4000x3000',
    make: () => testPicture({ width: 4000, height: 3000, format: 'jpeg' }),
    models: [CANVAS],
  },
  { name: 'a picture of one pixel', make: () => testPicture({ width: 1, height: 1 }) },
]

function deepPicture(): Promise<Buffer> {
  const raw = { width: 512, height: 512, channels: 3 as const }
  return sharp(new Uint16Array(512 * 512 * 3).fill(30_000), { raw })
    .toColourspace('rgb16')
    .png()
    .toBuffer()
}

for (const { name, make, models = [CANVAS, SD35, INPAINT] } of INPUTS) {
  test(`${name} can be edited, its shape kept`, async () => {
    const image = await make()
    const { width, height } = await sharp(image).metadata()
    for (const model of models) {
      const drawn = await readPicture(await edit(model, { image }, maskWords(model)))
      assert.ok(Math.abs(drawn.width / drawn.height - width / height) < 0.01, model)
    }
  })
}

/** Nova and Titan need words for a mask where there is none. */
function maskWords(model: string): Readonly<Record<string, unknown>> {
  return model.startsWith('amazon.') ? { mask_prompt: 'the boat' } : {}
}

test('a phone picture is turned upright, and its mask covers what it shows', async () => {
  // As it lies in the file: 3200 wide. Turned right, its upper half is the file's left one.
  const lying = await halvesOf({ width: 3200, height: 2400 })
  const image = await sharp(lying).withMetadata({ orientation: 6 }).jpeg({ quality: 95 }).toBuffer()
  const mask = await testPicture({ width: 300, height: 400, transparentLeft: true })
  for (const model of [CANVAS, INPAINT]) {
    const drawn = await readPicture(await edit(model, { image, mask }))
    assert.ok(drawn.height > drawn.width, `${drawn.width}x${drawn.height}`)
    assert.deepEqual(drawn.edited, LEFT_EDITED)
    const [upper, lower] = [drawn.rimColour(1, 12), drawn.rimColour(14, 12)]
    assert.ok(upper[0] > 180 && upper[2] < 80, `above is red, got ${upper.join()}`)
    assert.ok(lower[2] > 180 && lower[0] < 80, `below is blue, got ${lower.join()}`)
  }
})

/** Red on the left, blue on the right. */
async function halvesOf({ width, height }: { width: number; height: number }): Promise<Buffer> {
  const half = { width: width / 2, height, channels: 3 as const }
  const red = await sharp({ create: { ...half, background: '#f00000' } })
    .png()
    .toBuffer()
  return await sharp({ create: { width, height, channels: 3, background: '#0000f0' } })
    .composite([{ input: red, left: 0, top: 0 }])
    .png()
    .toBuffer()
}

test('a picture wider than the model takes is refused by the field, or taken', async () => {
  const image = await testPicture({ width: 3000, height: 100 })
  for (const model of [CANVAS, TITAN, INPAINT]) {
    await assert.rejects(
      edit(model, { image }, maskWords(model)),
      (error) =>
        error instanceof OpenAI.BadRequestError && error.param === 'image' && /3000x100/.test(error.message),
      model,
    )
  }
  await readPicture(await edit(SD35, { image }))
})
