import assert from 'node:assert/strict'
import { test } from 'node:test'
import sharp from 'sharp'
import {
  type EncodedImage,
  type ReadImagesOptions,
  type ReadImagesResult,
  readImages,
} from '../../workers/read-images.js'

type Wish = Omit<ReadImagesOptions, 'parts'>

const AS_IT_CAME: Wish = {
  outputFormat: 'png',
  outputCompression: null,
  bytesMax: null,
  encoding: 'base64',
  guarded: false,
}

/** Reads a reply that came in two parts. */
function read(value: unknown, wish: Partial<Wish> = {}): Promise<ReadImagesResult> {
  const bytes = Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
  return readImages({ ...AS_IT_CAME, ...wish, parts: [bytes.subarray(0, 5), bytes.subarray(5)] })
}

function imagesOf(result: ReadImagesResult): readonly EncodedImage[] {
  assert.equal(result.type, 'images')
  return result.type === 'images' ? result.images : []
}

async function firstOf(result: Promise<ReadImagesResult>): Promise<EncodedImage> {
  const [image] = imagesOf(await result)
  assert.ok(image !== undefined)
  return image
}

function noise(width: number, height: number) {
  let state = 7
  const pixels = Uint8Array.from({ length: width * height * 3 }, () => {
    state = Math.imul(state, 1_664_525) + 1_013_904_223
    return state >>> 24
  })
  return sharp(pixels, { raw: { width, height, channels: 3 } })
}

const text = ({ bytes }: EncodedImage) => Buffer.from(bytes).toString('latin1')

test('a picture in the wanted format is passed on as it came, with its size', async () => {
  const png = await noise(30, 20).png().toBuffer()
  const image = await firstOf(read({ images: [png.toString('base64')] }))
  assert.deepEqual(
    { ...image, bytes: text(image) },
    {
      format: 'png',
      width: 30,
      height: 20,
      bytes: png.toString('base64'),
    },
  )
  const file = await firstOf(read({ images: [png.toString('base64')] }, { encoding: 'file' }))
  assert.ok(png.equals(file.bytes))
})

test('a picture that is passed on is not decoded: only its header has to be whole', async () => {
  const png = (await noise(300, 200).png().toBuffer()).subarray(0, 30_000)
  const image = await firstOf(read({ images: [png.toString('base64')] }))
  assert.equal(text(image), png.toString('base64'))
})

test('several pictures keep their order, and what was filtered is said', async () => {
  const pictures = await Promise.all([10, 20].map(async (side) => noise(side, side).png().toBuffer()))
  const images = pictures.map((bytes) => bytes.toString('base64'))
  const result = await read({ images, error: 'Some were held back.' })
  assert.deepEqual(
    imagesOf(result).map(({ width }) => width),
    [10, 20],
  )
  assert.ok(result.type === 'images' && result.filtered === 'Some were held back.')
})

test('a reply that holds only why there is none has no pictures', async () => {
  const filtered = await read({ finish_reasons: ['Filter reason: prompt'] })
  assert.ok(filtered.type === 'images' && !filtered.failed)
  assert.deepEqual(filtered.images, [])
  assert.match(filtered.filtered ?? '', /prompt/)
  const failed = await read({ finish_reasons: ['Inference error'], images: [], seeds: [] })
  assert.ok(failed.type === 'images' && failed.failed)
})

test('another format is written anew, transparency white in JPEG', async () => {
  const clear = await sharp({
    create: { width: 16, height: 16, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } },
  })
    .png()
    .toBuffer()
  const reply = { images: [clear.toString('base64')] }
  const jpeg = await firstOf(read(reply, { outputFormat: 'jpeg', encoding: 'file' }))
  assert.equal(jpeg.format, 'jpeg')
  const { channels } = await sharp(jpeg.bytes).stats()
  assert.deepEqual(
    channels.map(({ mean }) => mean),
    [255, 255, 255],
  )
  const webp = await firstOf(read(reply, { outputFormat: 'webp', encoding: 'file' }))
  assert.deepEqual([webp.format, (await sharp(webp.bytes).metadata()).hasAlpha], ['webp', true])
})

test('output_compression is the quality: less of it is smaller, 0 is taken, and PNG has none', async () => {
  const jpeg = (await noise(200, 200).jpeg({ quality: 100 }).toBuffer()).toString('base64')
  const sizes: number[] = []
  for (const outputCompression of [0, 50, 90]) {
    const image = await firstOf(read({ images: [jpeg] }, { outputFormat: 'jpeg', outputCompression }))
    sizes.push(image.bytes.length)
  }
  assert.deepEqual(
    sizes,
    sizes.toSorted((one, other) => one - other),
  )
  assert.equal(new Set(sizes).size, 3)
  const same = await firstOf(read({ images: [jpeg] }, { outputFormat: 'jpeg', outputCompression: 100 }))
  assert.equal(text(same), jpeg)
  const png = (await noise(20, 20).png().toBuffer()).toString('base64')
  assert.equal(text(await firstOf(read({ images: [png] }, { outputCompression: 10 }))), png)
})

test('a picture over bytesMax is made smaller, in a format that fits', async () => {
  const png = (await noise(800, 600).png().toBuffer()).toString('base64')
  for (const bytesMax of [96_000, 4_096]) {
    const image = await firstOf(read({ images: [png] }, { bytesMax, encoding: 'file' }))
    assert.ok(image.bytes.length <= bytesMax)
    const { format, width, height } = await sharp(image.bytes).metadata()
    assert.deepEqual([format, width, height], [image.format, image.width, image.height])
    assert.equal(format, 'jpeg')
  }
})

test('what is no reply, or holds no picture, is malformed', async () => {
  const png = await noise(30, 20).png().toBuffer()
  const cut = png.subarray(0, 900).toString('base64')
  for (const value of [
    'not JSON at all',
    '[]',
    {},
    { images: 'x' },
    { images: ['!!!! no base64 !!!!'] },
    { images: [Buffer.from('no picture').toString('base64')] },
    { images: [png.subarray(0, 12).toString('base64')] },
  ]) {
    assert.deepEqual(await read(value), { type: 'malformed' }, JSON.stringify(value))
  }
  assert.deepEqual(await read({ images: [cut] }, { outputFormat: 'jpeg' }), { type: 'malformed' })
})

test('a picture that no guardrail has looked at is not given out where one must', async () => {
  const images = [(await noise(10, 10).png().toBuffer()).toString('base64')]
  assert.deepEqual(await read({ images }, { guarded: true }), { type: 'unwatched' })
  const action = 'amazon-bedrock-guardrailAction'
  assert.equal(imagesOf(await read({ images, [action]: 'NONE' }, { guarded: true })).length, 1)
  const stopped = await read({ images, [action]: 'INTERVENED' }, { guarded: true })
  assert.deepEqual(stopped, {
    type: 'images',
    images: [],
    filtered: 'Blocked by the guardrail',
    failed: false,
  })
})
