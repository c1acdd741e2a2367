import assert from 'node:assert/strict'
import { test } from 'node:test'
import sharp, { type Sharp } from 'sharp'
import type { InputImageRules } from '../../src/translate/image-models/types.js'
import { ImageFailure } from '../../workers/decode-image.js'
import { fitImage } from '../../workers/fit-image.js'

const RULES: InputImageRules = {
  formats: ['png', 'jpeg', 'webp'],
  alpha: true,
  sideMin: 64,
  sideMax: 1024,
  pixelsMin: 4096,
  pixelsMax: 1_048_576,
  aspectMax: 2.5,
  countMax: 1,
}
const ANY = { rules: RULES, bytesMax: 10_000_000 }

function blue(width: number, height: number, channels: 3 | 4 = 3): Sharp {
  return sharp({ create: { width, height, channels, background: { r: 0, g: 0, b: 255, alpha: 0.25 } } })
}

function noise(width: number, height: number): Sharp {
  let state = 7
  const pixels = Uint8Array.from({ length: width * height * 3 }, () => {
    state = Math.imul(state, 1_664_525) + 1_013_904_223
    return state >>> 24
  })
  return sharp(pixels, { raw: { width, height, channels: 3 } })
}

test('what the model takes stays byte for byte', async () => {
  for (const bytes of [
    await blue(100, 80).png().toBuffer(),
    await blue(100, 80, 4).png().toBuffer(),
    await blue(100, 80).jpeg().toBuffer(),
    await blue(100, 80).webp().toBuffer(),
  ]) {
    const fitted = await fitImage(bytes, ANY)
    assert.equal(fitted.bytes, bytes)
    assert.deepEqual([fitted.width, fitted.height], [100, 80])
  }
})

test('a picture in another format becomes one that the model takes', async () => {
  for (const bytes of [
    await blue(100, 80).gif().toBuffer(),
    await blue(100, 80).tiff().toBuffer(),
    await blue(100, 80).avif().toBuffer(),
  ]) {
    const { format, bytes: made, ...size } = await fitImage(bytes, ANY)
    assert.equal((await sharp(made).metadata()).format, format)
    assert.deepEqual(size, { width: 100, height: 80 })
  }
  const webp = await blue(100, 80).webp().toBuffer()
  const rules: InputImageRules = { ...RULES, formats: ['png', 'jpeg'] }
  assert.equal((await fitImage(webp, { ...ANY, rules })).format, 'jpeg')
})

test('small pictures are made larger and large ones smaller', async () => {
  const small = await fitImage(await blue(1, 1).png().toBuffer(), ANY)
  assert.deepEqual([small.width, small.height], [64, 64])
  const large = await fitImage(await blue(3000, 1500).png().toBuffer(), ANY)
  assert.deepEqual([large.width, large.height], [1024, 512])
  for (const { bytes, width, height } of [small, large]) {
    const metadata = await sharp(bytes).metadata()
    assert.deepEqual([metadata.width, metadata.height], [width, height])
  }
})

test('a picture that lies on its side is turned upright', async () => {
  const { width, height, bytes } = await fitImage(
    await blue(200, 100).withMetadata({ orientation: 6 }).jpeg().toBuffer(),
    ANY,
  )
  assert.deepEqual([width, height], [100, 200])
  const metadata = await sharp(bytes).metadata()
  assert.deepEqual([metadata.width, metadata.height, metadata.orientation ?? 1], [100, 200, 1])
})

test('16 bits, grey and CMYK become 8 bits of red, green and blue', async () => {
  for (const bytes of [
    await blue(100, 80).toColourspace('rgb16').png().toBuffer(),
    await blue(100, 80).toColourspace('b-w').png().toBuffer(),
    await blue(100, 80).toColourspace('cmyk').jpeg().toBuffer(),
  ]) {
    const { depth, space } = await sharp((await fitImage(bytes, ANY)).bytes).metadata()
    assert.deepEqual({ depth, space }, { depth: 'uchar', space: 'srgb' })
  }
})

test('transparency is kept for a model that takes it, and white for one that does not', async () => {
  const bytes = await blue(2000, 2000, 4).png().toBuffer()
  const kept = await sharp((await fitImage(bytes, ANY)).bytes).stats()
  assert.equal(kept.channels[3]?.mean, 64)
  const rules = { ...RULES, alpha: false }
  const flat = await sharp((await fitImage(bytes, { ...ANY, rules })).bytes).stats()
  assert.deepEqual(
    flat.channels.map(({ mean }) => Math.round(mean)),
    [191, 191, 255],
  )
})

test('a picture with too many bytes is packed harder, then made smaller', async () => {
  const bytes = await noise(800, 800).png().toBuffer()
  const packed = await fitImage(bytes, { rules: RULES, bytesMax: 1_000_000 })
  assert.equal(packed.format, 'jpeg')
  assert.deepEqual([packed.width, packed.height], [800, 800])
  assert.ok(packed.bytes.length <= 1_000_000)
  const smaller = await fitImage(bytes, { rules: RULES, bytesMax: 50_000 })
  assert.ok(smaller.bytes.length <= 50_000)
  assert.ok(smaller.width < 800 && smaller.width === smaller.height)
  const { width } = await sharp(smaller.bytes).metadata()
  assert.equal(width, smaller.width)
})

test('a picture is not made smaller than the model takes', async () => {
  const bytes = await noise(800, 800).png().toBuffer()
  await assert.rejects(fitImage(bytes, { rules: { ...RULES, sideMin: 600 }, bytesMax: 50_000 }), (error) => {
    assert.ok(error instanceof ImageFailure)
    assert.match(error.message, /small enough/)
    return true
  })
})

test('proportions that the model does not take are a failure', async () => {
  const bytes = await blue(260, 100).png().toBuffer()
  await assert.rejects(fitImage(bytes, ANY), (error) => {
    assert.ok(error instanceof ImageFailure)
    assert.match(error.message, /more than 2.5 times the shorter one.*260x100/)
    return true
  })
})

test('a picture that is cut off is a failure, even where it would stay as it is', async () => {
  const pictures = [
    await noise(300, 300).png().toBuffer(),
    await noise(300, 300).jpeg().toBuffer(),
    await noise(300, 300).webp().toBuffer(),
  ]
  for (const bytes of pictures) {
    for (const share of [0.3, 0.6, 0.95]) {
      const cut = bytes.subarray(0, Math.floor(bytes.length * share))
      await assert.rejects(fitImage(cut, ANY), ImageFailure)
    }
  }
})

test('a picture whose checksums are wrong is written anew', async () => {
  const bytes = Buffer.from(await noise(100, 80).png().toBuffer())
  const checksum = bytes.indexOf('IEND') - 8
  bytes.writeUInt32BE((bytes.readUInt32BE(checksum) ^ 1) >>> 0, checksum)
  await assert.rejects(sharp(bytes, { failOn: 'error' }).raw().toBuffer())
  const fitted = await fitImage(bytes, ANY)
  const made = await sharp(fitted.bytes, { failOn: 'error' }).raw().toBuffer()
  assert.ok(made.equals(await noise(100, 80).raw().toBuffer()))
})

test('a small file with very many pixels is refused before it is decoded', async () => {
  const bytes = Buffer.from(await blue(64, 64).png().toBuffer())
  bytes.writeUInt32BE(30_000, 16)
  bytes.writeUInt32BE(30_000, 20)
  await assert.rejects(fitImage(bytes, ANY), ImageFailure)
})
