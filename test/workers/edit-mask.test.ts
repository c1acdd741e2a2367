import assert from 'node:assert/strict'
import { test } from 'node:test'
import sharp, { type Sharp } from 'sharp'
import { toAlphaMask, toMask } from '../../workers/edit-mask.js'

const EDITED = 255
const KEPT = 0

/** The shades of a mask that says `white-edits`, after a look at what every mask must be. */
async function shadesOf(mask: Uint8Array | null): Promise<number[]> {
  assert.ok(mask !== null)
  const { format, channels, depth, space, hasAlpha } = await sharp(mask).metadata()
  assert.deepEqual(
    { format, channels, depth, space, hasAlpha },
    { format: 'png', channels: 3, depth: 'uchar', space: 'srgb', hasAlpha: false },
  )
  const pixels = await sharp(mask).raw().toBuffer()
  const shades: number[] = []
  for (let at = 0; at < pixels.length; at += 3) {
    const [red = -1, green, blue] = pixels.subarray(at, at + 3)
    assert.ok(red === green && green === blue && (red === 0 || red === 255))
    shades.push(red)
  }
  return shades
}

type Channels = 1 | 2 | 3 | 4

function row(values: readonly number[], channels: Channels): Sharp {
  return sharp(Uint8Array.from(values), {
    raw: { width: values.length / channels, height: 1, channels },
  })
}

const size = { width: 4, height: 1 }
const whiteEdits = { size, convention: 'white-edits' } as const
const blackEdits = { size, convention: 'black-edits' } as const

/** Opaque, nearly opaque, nearly transparent, transparent; the colours say the opposite. */
const RGBA = [255, 255, 255, 255, 255, 255, 255, 128, 0, 0, 0, 127, 0, 0, 0, 0]

test('where a mask is transparent is edited: white for one family, black for the other', async () => {
  const mask = await row(RGBA, 4).png().toBuffer()
  assert.deepEqual(await shadesOf(await toMask(mask, whiteEdits)), [KEPT, KEPT, EDITED, EDITED])
  assert.deepEqual(await shadesOf(await toMask(mask, blackEdits)), [255, 255, 0, 0])
})

test('a mask without alpha is edited where it is white', async () => {
  const mask = await row([0, 0, 0, 100, 100, 100, 200, 200, 200, 255, 255, 255], 3).png().toBuffer()
  assert.deepEqual(await shadesOf(await toMask(mask, whiteEdits)), [KEPT, KEPT, EDITED, EDITED])
  assert.deepEqual(await shadesOf(await toMask(mask, blackEdits)), [255, 255, 0, 0])
})

test('a mask with an alpha channel that is opaque everywhere is edited where it is white', async () => {
  const mask = await row([0, 0, 0, 255, 255, 255, 255, 255, 0, 0, 0, 255, 255, 255, 255, 255], 4)
    .png()
    .toBuffer()
  assert.deepEqual(await shadesOf(await toMask(mask, whiteEdits)), [KEPT, EDITED, KEPT, EDITED])
})

test('a mask with a palette is read by its colours, and by their transparency', async () => {
  const plain = await row([0, 0, 0, 255, 255, 255, 0, 0, 0, 255, 255, 255], 3)
    .png({ palette: true })
    .toBuffer()
  assert.equal((await sharp(plain).metadata()).isPalette, true)
  assert.deepEqual(await shadesOf(await toMask(plain, whiteEdits)), [KEPT, EDITED, KEPT, EDITED])
  const clear = await row(
    RGBA.map((value, index) => (index % 4 === 3 ? (value < 128 ? 0 : 255) : value)),
    4,
  )
    .png({ palette: true })
    .toBuffer()
  assert.equal((await sharp(clear).metadata()).isPalette, true)
  assert.deepEqual(await shadesOf(await toMask(clear, whiteEdits)), [KEPT, KEPT, EDITED, EDITED])
})

test('a grey mask with alpha is read by its alpha', async () => {
  const mask = await row([0, 0, 255, 255, 0, 255, 255, 0], 2).toColourspace('b-w').png().toBuffer()
  assert.equal((await sharp(mask).metadata()).channels, 2)
  assert.deepEqual(await shadesOf(await toMask(mask, whiteEdits)), [EDITED, KEPT, KEPT, EDITED])
})

test('a mask of 16 bits is read by their upper half, with alpha and without', async () => {
  const grey = Uint16Array.from([0, 20_000, 40_000, 65_535])
  const plain = await sharp(grey, { raw: { ...size, channels: 1 } })
    .toColourspace('grey16')
    .png()
    .toBuffer()
  assert.equal((await sharp(plain).metadata()).depth, 'ushort')
  assert.deepEqual(await shadesOf(await toMask(plain, whiteEdits)), [KEPT, KEPT, EDITED, EDITED])
  const withAlpha = Uint16Array.from([0, 0, 0, 65_535, 0, 40_000, 0, 20_000])
  const clear = await sharp(withAlpha, { raw: { ...size, channels: 2 } })
    .toColourspace('grey16')
    .png()
    .toBuffer()
  assert.equal((await sharp(clear).metadata()).depth, 'ushort')
  assert.deepEqual(await shadesOf(await toMask(clear, whiteEdits)), [EDITED, KEPT, KEPT, EDITED])
})

test('a mask of one pixel covers the whole picture', async () => {
  const clear = await row([0, 0, 0, 0], 4).png().toBuffer()
  assert.deepEqual(await shadesOf(await toMask(clear, whiteEdits)), [EDITED, EDITED, EDITED, EDITED])
  const black = await row([0], 1).toColourspace('b-w').png().toBuffer()
  assert.deepEqual(await shadesOf(await toMask(black, whiteEdits)), [KEPT, KEPT, KEPT, KEPT])
})

test('a mask of another size is stretched without shades between', async () => {
  const mask = await row([0, 0, 0, 255, 0, 0, 0, 0], 4).png().toBuffer()
  const wide = { size: { width: 300, height: 7 }, convention: 'white-edits' } as const
  const shades = await shadesOf(await toMask(mask, wide))
  assert.deepEqual(shades.slice(0, 300), [
    ...Array.from({ length: 150 }, () => KEPT),
    ...Array.from({ length: 150 }, () => EDITED),
  ])
  assert.equal(shades.length, 2_100)
})

test('a picture is its own mask where it is transparent somewhere, and else is none', async () => {
  const clear = await row(RGBA, 4).png().toBuffer()
  assert.deepEqual(await shadesOf(await toAlphaMask(clear, whiteEdits)), [KEPT, KEPT, EDITED, EDITED])
  assert.deepEqual(await shadesOf(await toAlphaMask(clear, blackEdits)), [255, 255, 0, 0])
  const opaque = await row(RGBA, 4).removeAlpha().png().toBuffer()
  assert.equal(await toAlphaMask(opaque, whiteEdits), null)
  const full = await sharp(opaque).ensureAlpha().png().toBuffer()
  assert.equal(await toAlphaMask(full, whiteEdits), null)
})
