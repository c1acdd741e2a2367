import assert from 'node:assert/strict'
import { test } from 'node:test'
import sharp from 'sharp'
import { type Drawing, drawPicture } from './draw-picture.js'
import { middleArea } from './edited-area.js'
import { PAINT } from './grid.js'
import { readDrawnHash, readDrawnPicture } from './read-drawn-picture.js'
import { hashOfRequest } from './request-hash.js'
import { testPicture } from './test-pictures.js'

const request = { taskType: 'TEXT_IMAGE', prompt: 'a red fox', seed: 12, index: 0 }
const hash = hashOfRequest(request)

function drawing(change: Partial<Drawing> = {}): Drawing {
  const plain = { below: null, edited: null, removesBackground: false, noise: false }
  return { width: 512, height: 512, hash, format: 'png', ...plain, ...change }
}

test('hashOfRequest: every part of the request changes it', () => {
  const others = [
    { ...request, taskType: 'inpaint' },
    { ...request, prompt: 'a red fox ' },
    { ...request, seed: 13 },
    { ...request, index: 1 },
  ]
  assert.equal(new Set([request, ...others].map(hashOfRequest)).size, 5)
  assert.match(hash, /^[0-9a-f]{64}$/)
})

for (const format of ['png', 'jpeg', 'webp'] as const) {
  test(`drawPicture: the hash is read back from ${format}, of any size and with noise`, async () => {
    for (const [width, height] of [
      [64, 64],
      [321, 512],
      [1344, 768],
      [2048, 2032],
    ] as const) {
      for (const noise of [false, true]) {
        const bytes = await drawPicture(drawing({ width, height, format, noise }))
        const read = await readDrawnPicture(bytes)
        assert.deepEqual([read.width, read.height, read.format], [width, height, format])
        assert.equal(read.hash, hash, `${width}x${height} ${noise}`)
      }
    }
  })
}

test('drawPicture: hash and edited area survive another encoding and another size', async () => {
  const edited = middleArea({ width: 1024, height: 1024 }, { inside: true })
  const bytes = await drawPicture(drawing({ width: 1024, height: 1024, edited }))
  const changed = [
    await sharp(bytes).jpeg({ quality: 80 }).toBuffer(),
    await sharp(bytes).webp({ quality: 75 }).toBuffer(),
    await sharp(bytes).resize(512, 512).jpeg({ quality: 85 }).toBuffer(),
    await sharp(bytes).resize(1792, 1024, { fit: 'fill' }).png().toBuffer(),
  ]
  const row = '....########....'
  const none = '................'
  const expected = Array.from({ length: 16 }, (_, index) => (index >= 4 && index < 12 ? row : none))
  for (const picture of [bytes, ...changed]) {
    const read = await readDrawnPicture(picture)
    assert.equal(read.hash, hash)
    assert.deepEqual(read.edited, expected)
  }
})

test('drawPicture: what was not edited shows the picture below', async () => {
  const size = { width: 320, height: 320 }
  const rgb = await sharp(await testPicture(size))
    .raw()
    .toBuffer()
  const edited = middleArea(size, { inside: true })
  const read = await readDrawnPicture(
    await drawPicture(drawing({ ...size, below: { ...size, rgb }, edited })),
  )
  assert.deepEqual(read.rimColour(0, 0), [200, 40, 30])
  assert.deepEqual(read.rimColour(7, 7), PAINT)
})

test('drawPicture: a removed background is transparent around the middle, and the hash outlives a white ground', async () => {
  const bytes = await drawPicture(drawing({ removesBackground: true }))
  assert.equal((await readDrawnPicture(bytes)).hasAlpha, true)
  const { data } = await sharp(bytes).ensureAlpha().raw().toBuffer({ resolveWithObject: true })
  const alphaAt = (x: number, y: number) => data[(y * 512 + x) * 4 + 3]
  assert.equal(alphaAt(0, 0), 0)
  assert.equal(alphaAt(16, 16), 255)
  assert.equal(alphaAt(256, 256), 255)
  assert.equal(await readDrawnHash(await sharp(bytes).flatten({ background: '#fff' }).png().toBuffer()), hash)
  const jpeg = await readDrawnPicture(await drawPicture(drawing({ removesBackground: true, format: 'jpeg' })))
  assert.deepEqual([jpeg.hasAlpha, jpeg.hash], [false, hash])
})

test('drawPicture: noise makes a megapixel as large as a photograph, and leaves hash and edited area readable', async () => {
  const size = { width: 1024, height: 1024 }
  const edited = middleArea(size, { inside: false })
  const bytes = await drawPicture(drawing({ ...size, noise: true, edited }))
  assert(bytes.length > 2_000_000, String(bytes.length))
  const read = await readDrawnPicture(bytes)
  assert.equal(read.hash, hash)
  assert.equal(read.edited[0], '################')
  assert.equal(read.edited[8], '####........####')
})

test('readDrawnHash: throws for a picture that was not drawn here', async () => {
  await assert.rejects(
    readDrawnHash(await testPicture({ colour: [128, 128, 128] })),
    /neither black nor white/,
  )
})

test('readDrawnHash: a picture that was mirrored or cropped is not the same', async () => {
  const bytes = await drawPicture(drawing())
  assert.notEqual(await readDrawnHash(await sharp(bytes).flop().toBuffer()), hash)
  const cropped = await sharp(bytes).extract({ left: 0, top: 0, width: 256, height: 512 }).toBuffer()
  const read = await readDrawnHash(cropped).catch(() => null)
  assert.notEqual(read, hash)
})
