import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildCatalogue } from '../catalogue.js'
import { askModel, firstImage, type ImageCase, type Json, malformedBy, testImages } from './image-cases.js'
import { readDrawnPicture } from './read-drawn-picture.js'
import { hashOfRequest } from './request-hash.js'
import { ASPECT_SIZES, STABILITY_MODELS, stabilityModel } from './stability-schema.js'
import {
  LEFT_EDITED,
  NOTHING_EDITED,
  type PictureOptions,
  RED,
  RIGHT_EDITED,
  testMask,
  testPicture,
} from './test-pictures.js'

const id = (name: string, version = 'v1:0') => `stability.${name}-${version}`
const CORE = id('stable-image-core', 'v1:1')
const ULTRA = id('stable-image-ultra', 'v1:1')
const SD35 = id('sd3-5-large')
const INPAINT = id('stable-image-inpaint')
const ERASE = id('stable-image-erase-object')
const OUTPAINT = id('stable-outpaint')
const CREATIVE = id('stable-creative-upscale')
const FAST = id('stable-fast-upscale')

const base64 = async (options?: PictureOptions) => (await testPicture(options)).toString('base64')
const withImage = (rest: Json, options?: PictureOptions) => async () => ({
  image: await base64(options),
  ...rest,
})

const rule = (modelId: string, name: string, body: ImageCase['body'], message: string | null): ImageCase => ({
  name: `${modelId}, ${name}`,
  modelId,
  body,
  message,
})

const PROMPT = { prompt: 'a red fox' }

testImages('answerStability', [
  rule(CORE, 'a prompt alone', PROMPT, null),
  rule(CORE, 'an empty prompt: "Minimum 0"', { prompt: '' }, null),
  rule(CORE, 'no prompt', {}, malformedBy('#: required key [prompt] not found')),
  rule(CORE, '10000 characters', { prompt: 'a'.repeat(10_000), negative_prompt: 'b'.repeat(10_000) }, null),
  rule(
    CORE,
    '10001 characters',
    { prompt: 'a'.repeat(10_001), negative_prompt: 'b'.repeat(10_001) },
    malformedBy(
      '#/prompt: expected maxLength: 10000, actual: 10001',
      '#/negative_prompt: expected maxLength: 10000, actual: 10001',
    ),
  ),
  rule(CORE, 'the largest seed', { ...PROMPT, seed: 4_294_967_294 }, null),
  rule(
    CORE,
    'a larger seed',
    { ...PROMPT, seed: 4_294_967_295 },
    malformedBy('#/seed: 4294967295 is not less or equal to 4294967294'),
  ),
  rule(
    CORE,
    'sizes, formats, styles and modes that it has not',
    {
      ...PROMPT,
      aspect_ratio: '4:3',
      output_format: 'jpg',
      style_preset: 'vivid',
      mode: 'image-to-image',
      width: 1024,
    },
    malformedBy(
      '#: extraneous key [width] is not permitted',
      '#/output_format: jpg is not a valid enum value',
      '#/style_preset: vivid is not a valid enum value',
      '#/aspect_ratio: 4:3 is not a valid enum value',
      '#/mode: image-to-image is not a valid enum value',
    ),
  ),
  rule(CORE, 'a picture', withImage(PROMPT), malformedBy('#: extraneous key [image] is not permitted')),
  rule(ULTRA, 'a picture and a strength', withImage({ ...PROMPT, strength: 0.5 }), null),
  rule(
    SD35,
    'a picture and the borders of strength',
    withImage({ ...PROMPT, mode: 'image-to-image', strength: 1 }),
    null,
  ),
  rule(
    SD35,
    'image-to-image without picture and strength',
    { ...PROMPT, mode: 'image-to-image' },
    malformedBy('#: required key [image] not found', '#: required key [strength] not found'),
  ),
  rule(
    SD35,
    'image-to-image with an aspect ratio',
    withImage({ ...PROMPT, mode: 'image-to-image', strength: 0, aspect_ratio: '1:1' }),
    malformedBy('#: extraneous key [aspect_ratio] is not permitted'),
  ),
  rule(
    SD35,
    'a strength above 1',
    withImage({ ...PROMPT, strength: 1.1 }),
    malformedBy('#/strength: 1.1 is not less or equal to 1'),
  ),

  rule(INPAINT, 'a picture of 64x160 pixels', withImage(PROMPT, { width: 64, height: 160 }), null),
  rule(
    INPAINT,
    'a side of 63 pixels',
    withImage(PROMPT, { width: 63, height: 100 }),
    malformedBy('#/image: every side of the image must be at least 64 pixels, got 63x100'),
  ),
  rule(
    INPAINT,
    'narrower than 1 to 2.5',
    withImage(PROMPT, { width: 64, height: 161 }),
    malformedBy('#/image: the image aspect ratio must be between 1:2.5 and 2.5:1, got 64x161'),
  ),
  rule(
    INPAINT,
    'more than 9,437,184 pixels',
    withImage(PROMPT, { width: 3072, height: 3073 }),
    malformedBy('#/image: the total pixel count cannot exceed 9437184 pixels, got 3072x3073'),
  ),
  rule(INPAINT, 'a JPEG', withImage(PROMPT, { format: 'jpeg' }), null),
  rule(
    INPAINT,
    'a GIF',
    withImage(PROMPT, { format: 'gif' }),
    malformedBy('#/image: supported formats: jpeg, png, webp, got gif'),
  ),
  rule(
    INPAINT,
    'no picture',
    { ...PROMPT, image: 'AAAA' },
    malformedBy('#/image: not a valid base64-encoded image'),
  ),
  rule(
    INPAINT,
    'no mask but bytes',
    withImage({ ...PROMPT, mask: 'AAAA' }),
    malformedBy('#/mask: not a valid base64-encoded image'),
  ),
  rule(INPAINT, 'grow_mask 20', withImage({ ...PROMPT, grow_mask: 20 }), null),
  rule(
    INPAINT,
    'grow_mask 21',
    withImage({ ...PROMPT, grow_mask: 21 }),
    malformedBy('#/grow_mask: 21 is not less or equal to 20'),
  ),
  rule(ERASE, 'a picture alone', withImage({}), null),
  rule(ERASE, 'a prompt', withImage(PROMPT), malformedBy('#: extraneous key [prompt] is not permitted')),
  rule(OUTPAINT, 'one side', withImage({ left: 2000, creativity: 0.1 }, { width: 64, height: 64 }), null),
  rule(
    OUTPAINT,
    'no side',
    withImage({ left: 0 }),
    malformedBy(
      '#: at least one outpaint direction: (left, right, up, or down) must be supplied with a non-zero value',
    ),
  ),
  rule(
    OUTPAINT,
    'too far, too tame',
    withImage({ left: 2001, creativity: 0.05 }),
    malformedBy(
      '#/creativity: 0.05 is not greater or equal to 0.1',
      '#/left: 2001 is not less or equal to 2000',
    ),
  ),
  rule(
    id('stable-image-search-replace'),
    'nothing to search',
    withImage(PROMPT),
    malformedBy('#: required key [search_prompt] not found'),
  ),
  rule(
    id('stable-image-search-recolor'),
    'nothing to select',
    withImage(PROMPT),
    malformedBy('#: required key [select_prompt] not found'),
  ),
  rule(
    id('stable-image-remove-background'),
    'a seed',
    withImage({ seed: 1 }),
    malformedBy('#: extraneous key [seed] is not permitted'),
  ),
  rule(
    id('stable-image-control-sketch'),
    'control_strength 1.5',
    withImage({ ...PROMPT, control_strength: 1.5 }),
    malformedBy('#/control_strength: 1.5 is not less or equal to 1'),
  ),
  rule(
    id('stable-image-style-guide'),
    'fidelity -1',
    withImage({ ...PROMPT, fidelity: -1 }),
    malformedBy('#/fidelity: -1 is not greater or equal to 0'),
  ),
  rule(
    id('stable-style-transfer'),
    'one picture of two',
    async () => ({ init_image: await base64() }),
    malformedBy('#: required key [style_image] not found'),
  ),
  rule(
    id('stable-style-transfer'),
    'a style picture that is too small',
    async () => ({ init_image: await base64(), style_image: await base64({ width: 32, height: 32 }) }),
    malformedBy('#/style_image: every side of the image must be at least 64 pixels, got 32x32'),
  ),
  rule(
    CREATIVE,
    'a megapixel',
    withImage({ ...PROMPT, creativity: 0.5 }, { width: 1024, height: 1024 }),
    null,
  ),
  rule(
    CREATIVE,
    'more than a megapixel',
    withImage(PROMPT, { width: 1024, height: 1025 }),
    malformedBy('#/image: the total pixel count cannot exceed 1048576 pixels, got 1024x1025'),
  ),
  rule(
    CREATIVE,
    'creativity 0.6',
    withImage({ ...PROMPT, creativity: 0.6 }),
    malformedBy('#/creativity: 0.6 is not less or equal to 0.5'),
  ),
  rule(FAST, '32x32', withImage({}, { width: 32, height: 32 }), null),
  rule(
    FAST,
    '31x64',
    withImage({}, { width: 31, height: 64 }),
    malformedBy('#/image: every side of the image must be at least 32 pixels, got 31x64'),
  ),
  rule(
    FAST,
    '1537 pixels',
    withImage({}, { width: 1537, height: 64 }),
    malformedBy('#/image: every side of the image must be at most 1536 pixels, got 1537x64'),
  ),
])

test('stabilityModel: every Stability model of the catalogue has its rules, and all rules are used', () => {
  const ids = buildCatalogue('us-west-2').models.map(({ modelId }) => modelId)
  const models = ids.filter((modelId) => modelId.startsWith('stability.')).map(stabilityModel)
  assert.equal(models.length, 16)
  assert.deepEqual(new Set(models), new Set(STABILITY_MODELS))
})

test('answerStability: the picture says what was asked, in the format and the aspect that were asked', async () => {
  for (const [aspect_ratio, size] of Object.entries(ASPECT_SIZES)) {
    for (const output_format of ['png', 'jpeg', 'webp']) {
      const answer = await askModel(CORE, { ...PROMPT, aspect_ratio, output_format, seed: 9 })
      const read = await readDrawnPicture(firstImage(answer))
      assert.deepEqual([read.format, read.width, read.height], [output_format, ...size])
      assert.equal(
        read.hash,
        hashOfRequest({ taskType: 'text-to-image', prompt: 'a red fox', seed: 9, index: 0 }),
      )
      assert.deepEqual([answer.seeds, answer.finish_reasons], [[9], [null]])
    }
  }
})

test('answerStability: seed 0 asks for a random one', async () => {
  const { seeds } = await askModel(CORE, { ...PROMPT, seed: 0 })
  assert((seeds?.[0] ?? 0) > 0)
})

test('answerStability: white is edited, black is kept, and a mask of another size is scaled', async () => {
  for (const modelId of [INPAINT, ERASE]) {
    const mask = (await testMask({ width: 128, height: 96 })).toString('base64')
    const body = { image: await base64({ width: 640 }), mask, ...(modelId === INPAINT ? PROMPT : {}) }
    const read = await readDrawnPicture(firstImage(await askModel(modelId, body)))
    assert.deepEqual(read.edited, RIGHT_EDITED)
    assert.deepEqual(read.rimColour(3, 0), RED)
    assert.deepEqual([read.width, read.height], [640, 512])
  }
})

test('answerStability: without a mask what is transparent is edited; with one it wins', async () => {
  const image = await base64({ transparentLeft: true })
  const edited = async (body: Json) =>
    (await readDrawnPicture(firstImage(await askModel(INPAINT, body)))).edited
  assert.deepEqual(await edited({ ...PROMPT, image }), LEFT_EDITED)
  assert.deepEqual(
    await edited({ ...PROMPT, image, mask: (await testMask()).toString('base64') }),
    RIGHT_EDITED,
  )
  assert.deepEqual(await edited({ ...PROMPT, image: await base64() }), NOTHING_EDITED)
})

test('answerStability: outpainting grows the picture and keeps it where it was', async () => {
  const body = { image: await base64(), left: 512, up: 0, prompt: 'a forest' }
  const read = await readDrawnPicture(firstImage(await askModel(OUTPAINT, body)))
  assert.deepEqual([read.width, read.height], [1024, 512])
  assert.deepEqual(read.edited, LEFT_EDITED)
  assert.deepEqual(read.rimColour(8, 12), RED)
  assert.equal(read.hash, hashOfRequest({ taskType: 'outpaint', prompt: 'a forest', seed: 0, index: 0 }))
})

test('answerStability: upscaling makes it larger, up to four megapixels', async () => {
  const sizeOf = async (modelId: string, body: Json) => {
    const read = await readDrawnPicture(firstImage(await askModel(modelId, body)))
    assert(read.rimColour(0, 0).every((value, index) => Math.abs(value - (RED[index] ?? 0)) < 3))
    return [read.width, read.height]
  }
  const image = await base64({ width: 512, height: 256 })
  assert.deepEqual(await sizeOf(FAST, { image }), [1024, 512])
  assert.deepEqual(await sizeOf(CREATIVE, { image, ...PROMPT }), [2896, 1448])
  assert.deepEqual(await sizeOf(id('stable-conservative-upscale'), { image, ...PROMPT }), [2896, 1448])
})

test('answerStability: the other services answer in the size of their kind', async () => {
  const image = await base64({ width: 640 })
  const read = async (name: string, body: Json) =>
    await readDrawnPicture(firstImage(await askModel(id(name), body)))
  const removed = await read('stable-image-remove-background', { image })
  assert.deepEqual([removed.hasAlpha, removed.format, removed.width], [true, 'png', 640])
  const replaced = await read('stable-image-search-replace', { image, ...PROMPT, search_prompt: 'fox' })
  assert.deepEqual([replaced.edited[0], replaced.edited[8]], ['................', '....########....'])
  const recoloured = await read('stable-image-search-recolor', { image, ...PROMPT, select_prompt: 'fox' })
  assert.equal(
    recoloured.hash,
    hashOfRequest({ taskType: 'search-recolor', prompt: 'a red fox', seed: 0, index: 0 }),
  )
  for (const name of ['stable-image-control-sketch', 'stable-image-control-structure']) {
    assert.equal((await read(name, { image, ...PROMPT })).width, 640)
  }
  assert.equal((await read('stable-style-transfer', { init_image: image, style_image: image })).width, 640)
  assert.equal(
    (await read('stable-image-style-guide', { image, ...PROMPT, aspect_ratio: '16:9' })).width,
    1344,
  )
})

test('answerStability: what is filtered is status 200 with nothing but finish_reasons', async () => {
  const reasons = {
    prompt: 'Filter reason: prompt',
    input: 'Filter reason: input image',
    output: 'Filter reason: output image',
    inference: 'Inference error',
  } as const
  for (const [how, reason] of Object.entries(reasons)) {
    const answer = await askModel(SD35, PROMPT, { filtered: { how: how as keyof typeof reasons } })
    assert.deepEqual(answer, { finish_reasons: [reason] })
  }
  const other = await askModel(SD35, PROMPT, { filtered: { how: 'prompt', words: ['wolf'] } })
  assert.deepEqual(other.finish_reasons, [null])
})
