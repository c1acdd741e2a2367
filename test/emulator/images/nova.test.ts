import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  askModel,
  firstImage,
  type ImageCase,
  type Json,
  malformedBy,
  refusalOf,
  testImages,
} from './image-cases.js'
import { readDrawnHash, readDrawnPicture } from './read-drawn-picture.js'
import { hashOfRequest } from './request-hash.js'
import {
  LEFT_EDITED,
  NOTHING_EDITED,
  type PictureOptions,
  RED,
  RIGHT_EDITED,
  testMask,
  testPicture,
} from './test-pictures.js'

const CANVAS = 'amazon.nova-canvas-v1:0'
const TITAN = 'amazon.titan-image-generator-v2:0'

const base64 = async (options?: PictureOptions) => (await testPicture(options)).toString('base64')
const maskOf = async (...options: Parameters<typeof testMask>) =>
  (await testMask(...options)).toString('base64')

function textImage(parameters: Json = {}, imageGenerationConfig?: Json): Json {
  const textToImageParams = { text: 'a red fox', ...parameters }
  const config = imageGenerationConfig === undefined ? {} : { imageGenerationConfig }
  return { taskType: 'TEXT_IMAGE', textToImageParams, ...config }
}

const sized = (width: number, height: number) => textImage({}, { width, height })

const inpainting = (change: () => Promise<Json>) => async () => ({
  taskType: 'INPAINTING',
  inPaintingParams: { image: await base64(), text: 'a blue bird', ...(await change()) },
})

const nova = (name: string, body: ImageCase['body'], message: string | null): ImageCase => ({
  name: `Canvas, ${name}`,
  modelId: CANVAS,
  body,
  message,
})
const titan = (name: string, body: ImageCase['body'], message: string | null): ImageCase => ({
  name: `Titan, ${name}`,
  modelId: TITAN,
  body,
  message,
})

testImages('answerNova', [
  nova('a prompt alone', textImage(), null),
  nova('no task', { textToImageParams: { text: 'a' } }, malformedBy('#: required key [taskType] not found')),
  nova('an unknown task', { taskType: 'PAINT' }, malformedBy('#/taskType: PAINT is not a valid enum value')),
  nova(
    'a task without its parameters',
    { taskType: 'TEXT_IMAGE' },
    malformedBy('#: required key [textToImageParams] not found'),
  ),
  nova(
    'the parameters of another task',
    { ...textImage(), inPaintingParams: {} },
    malformedBy('#: extraneous key [inPaintingParams] is not permitted'),
  ),
  nova('1024 characters', textImage({ text: 'a'.repeat(1024) }), null),
  nova(
    '1025 characters',
    textImage({ text: 'a'.repeat(1025) }),
    malformedBy('#/textToImageParams/text: expected maxLength: 1024, actual: 1025'),
  ),
  nova(
    'an empty prompt',
    textImage({ text: '' }),
    malformedBy('#/textToImageParams/text: expected minLength: 1, actual: 0'),
  ),
  nova(
    'an empty negative text',
    textImage({ negativeText: '' }),
    malformedBy('#/textToImageParams/negativeText: expected minLength: 1, actual: 0'),
  ),
  titan('512 characters', textImage({ text: 'a'.repeat(512) }), null),
  titan(
    '536 characters',
    textImage({ text: 'a'.repeat(536) }),
    malformedBy('#/textToImageParams/text: expected maxLength: 512, actual: 536'),
  ),
  nova('a style', textImage({ style: 'PHOTOREALISM' }), null),
  nova(
    'a style that it has not',
    textImage({ style: 'vivid' }),
    malformedBy('#/textToImageParams/style: vivid is not a valid enum value'),
  ),
  titan(
    'a style',
    textImage({ style: 'PHOTOREALISM' }),
    malformedBy('#/textToImageParams: extraneous key [style] is not permitted'),
  ),
  titan(
    'virtual try-on',
    { taskType: 'VIRTUAL_TRY_ON', virtualTryOnParams: {} },
    malformedBy('#/taskType: VIRTUAL_TRY_ON is not a valid enum value'),
  ),

  nova(
    '5 pictures, the largest seed, the least cfgScale',
    textImage(
      {},
      { numberOfImages: 5, width: 320, height: 320, seed: 2_147_483_646, cfgScale: 1.1, quality: 'premium' },
    ),
    null,
  ),
  nova(
    'what is beyond',
    textImage({}, { numberOfImages: 6, seed: 2_147_483_647, cfgScale: 10.1, quality: 'hd' }),
    malformedBy(
      '#/imageGenerationConfig/numberOfImages: 6 is not less or equal to 5',
      '#/imageGenerationConfig/quality: hd is not a valid enum value',
      '#/imageGenerationConfig/cfgScale: 10.1 is not less or equal to 10',
      '#/imageGenerationConfig/seed: 2147483647 is not less or equal to 2147483646',
    ),
  ),
  nova(
    'what is below',
    textImage({}, { numberOfImages: 0, seed: -1, cfgScale: 1 }),
    malformedBy(
      '#/imageGenerationConfig/numberOfImages: 0 is not greater or equal to 1',
      '#/imageGenerationConfig/cfgScale: 1 is not greater or equal to 1.1',
      '#/imageGenerationConfig/seed: -1 is not greater or equal to 0',
    ),
  ),

  nova('320x1280: one to four', sized(320, 1280), null),
  nova(
    '304 pixels',
    sized(304, 1024),
    malformedBy('#/imageGenerationConfig/width: 304 is not greater or equal to 320'),
  ),
  nova(
    '4112 pixels',
    sized(1024, 4112),
    malformedBy('#/imageGenerationConfig/height: 4112 is not less or equal to 4096'),
  ),
  nova(
    '1000 pixels',
    sized(1000, 1024),
    malformedBy('#/imageGenerationConfig/width: 1000 is not a multiple of 16'),
  ),
  nova(
    'more than one to four',
    sized(320, 1296),
    '400 Bad Request: The aspect ratio of the output image must be between 1:4 and 4:1, got 320x1296.',
  ),
  nova('2048x2032: just less than 4,194,304 pixels', sized(2048, 2032), null),
  nova(
    '2048x2048',
    sized(2048, 2048),
    '400 Bad Request: The total pixel count of the output image must be less than 4,194,304, got 2048x2048.',
  ),
  titan('1173x640', sized(1173, 640), null),
  titan('half a size', sized(384, 576), null),
  titan(
    'a size beside its table',
    sized(1024, 768),
    '400 Bad Request: The image size 1024x768 is not supported.',
  ),

  nova(
    'a control mode without a picture',
    textImage({ controlMode: 'CANNY_EDGE' }),
    '400 Bad Request: If controlMode or controlStrength are provided, then conditionImage must also be provided.',
  ),
  nova(
    'a conditioned picture',
    async () => textImage({ conditionImage: await base64(), controlStrength: 1 }),
    null,
  ),
  nova(
    'colours',
    { taskType: 'COLOR_GUIDED_GENERATION', colorGuidedGenerationParams: { text: 'a', colors: ['#ff9800'] } },
    null,
  ),
  nova(
    'eleven colours, one of them by name',
    {
      taskType: 'COLOR_GUIDED_GENERATION',
      colorGuidedGenerationParams: { text: 'a', colors: [...new Array<string>(10).fill('#FF9800'), 'red'] },
    },
    malformedBy(
      '#/colorGuidedGenerationParams/colors: expected maximum item count: 10, found: 11',
      '#/colorGuidedGenerationParams/colors/10: string [red] does not match pattern ^#[A-Fa-f0-9]{6}$',
    ),
  ),
  nova(
    'a variation of five pictures',
    async () => ({
      taskType: 'IMAGE_VARIATION',
      imageVariationParams: {
        images: new Array(5).fill(await base64({ width: 320, height: 320 })),
        similarityStrength: 0.2,
      },
    }),
    null,
  ),
  nova(
    'a variation of none, hardly similar',
    { taskType: 'IMAGE_VARIATION', imageVariationParams: { images: [], similarityStrength: 0.1 } },
    malformedBy(
      '#/imageVariationParams/images: expected minimum item count: 1, found: 0',
      '#/imageVariationParams/similarityStrength: 0.1 is not greater or equal to 0.2',
    ),
  ),

  nova(
    'a mask prompt',
    inpainting(async () => ({ maskPrompt: 'the sky' })),
    null,
  ),
  nova(
    'a mask',
    inpainting(async () => ({ maskImage: await maskOf() })),
    null,
  ),
  nova(
    'a mask as JPEG',
    inpainting(async () => ({ maskImage: await maskOf({ format: 'jpeg' }) })),
    null,
  ),
  nova(
    'no mask',
    inpainting(async () => ({})),
    '400 Bad Request: You must provide either maskPrompt or maskImage, but not both.',
  ),
  nova(
    'two masks',
    inpainting(async () => ({ maskPrompt: 'the sky', maskImage: await maskOf() })),
    '400 Bad Request: You must provide either maskPrompt or maskImage, but not both.',
  ),
  nova(
    'a mask of another size',
    inpainting(async () => ({ maskImage: await maskOf({ width: 528 }) })),
    '400 Bad Request: The mask image must be as large as the image, 512x512, got 528x512.',
  ),
  nova(
    'a grey mask',
    inpainting(async () => ({ maskImage: await maskOf({ left: 1 }) })),
    '400 Bad Request: The mask image must contain only pure black and pure white pixels.',
  ),
  nova(
    'a mask with alpha',
    inpainting(async () => ({ maskImage: await maskOf({ withAlpha: true }) })),
    '400 Bad Request: The mask image must not have an alpha channel.',
  ),
  nova(
    'a broken picture',
    inpainting(async () => ({
      image: (await testPicture()).subarray(0, 400).toString('base64'),
      maskPrompt: 'the sky',
    })),
    '400 Bad Request: The image is not a valid base64-encoded image.',
  ),
  nova(
    'a data URL',
    inpainting(async () => ({ image: `data:image/png;base64,${await base64()}`, maskPrompt: 'the sky' })),
    '400 Bad Request: The image is not a valid base64-encoded image.',
  ),
  nova(
    'a WebP',
    inpainting(async () => ({ image: await base64({ format: 'webp' }), maskPrompt: 'the sky' })),
    '400 Bad Request: The image must be in JPEG or PNG format, got webp.',
  ),
  nova(
    'an alpha channel that hides nothing',
    inpainting(async () => ({ image: await base64({ opaqueAlpha: true }), maskPrompt: 'the sky' })),
    null,
  ),
  nova(
    'a transparent picture',
    inpainting(async () => ({ image: await base64({ transparentLeft: true }), maskPrompt: 'the sky' })),
    '400 Bad Request: The input image must not contain any transparent or translucent pixels.',
  ),
  nova(
    'a small picture',
    inpainting(async () => ({ image: await base64({ width: 319 }), maskPrompt: 'the sky' })),
    '400 Bad Request: Each side of the input image must be between 320-4096 pixels, inclusive, got 319x512.',
  ),
  titan(
    'a picture of 1408 pixels',
    inpainting(async () => ({ image: await base64({ width: 1408 }), maskPrompt: 'sky' })),
    null,
  ),
  titan(
    'a picture of 1409 pixels',
    inpainting(async () => ({ image: await base64({ width: 1409 }), maskPrompt: 'sky' })),
    '400 Bad Request: The longer side of the input image must be at most 1408 pixels, got 1409.',
  ),
  titan(
    'outpainting without a text',
    async () => ({ taskType: 'OUTPAINTING', outPaintingParams: { image: await base64(), maskPrompt: 'a' } }),
    malformedBy('#/outPaintingParams: required key [text] not found'),
  ),
  nova(
    'a background to remove, with a configuration',
    async () => ({
      taskType: 'BACKGROUND_REMOVAL',
      backgroundRemovalParams: { image: await base64() },
      imageGenerationConfig: { numberOfImages: 1 },
    }),
    malformedBy('#: extraneous key [imageGenerationConfig] is not permitted'),
  ),
  nova(
    'try-on with the mask of another type',
    async () => ({
      taskType: 'VIRTUAL_TRY_ON',
      virtualTryOnParams: {
        sourceImage: await base64(),
        referenceImage: await base64(),
        maskType: 'PROMPT',
        garmentBasedMask: { garmentClass: 'UPPER_BODY' },
      },
    }),
    '400 Bad Request: promptBasedMask must be provided for maskType PROMPT.',
  ),
])

test('answerNova: each picture of a call says prompt, seed and place, in the size that was asked', async () => {
  const asked = textImage({}, { numberOfImages: 3, width: 640, height: 384, seed: 7 })
  const { images } = await askModel(CANVAS, asked)
  assert.equal(images.length, 3)
  for (const [index, image] of images.entries()) {
    const read = await readDrawnPicture(Buffer.from(image, 'base64'))
    assert.deepEqual([read.format, read.width, read.height], ['png', 640, 384])
    assert.equal(read.hash, hashOfRequest({ taskType: 'TEXT_IMAGE', prompt: 'a red fox', seed: 7, index }))
  }
})

test('answerNova: without a seed the hash has the default of the model', async () => {
  for (const [modelId, seed] of [
    [CANVAS, 12],
    [TITAN, 42],
  ] as const) {
    const hash = await readDrawnHash(firstImage(await askModel(modelId, textImage())))
    assert.equal(hash, hashOfRequest({ taskType: 'TEXT_IMAGE', prompt: 'a red fox', seed, index: 0 }))
  }
})

for (const modelId of [CANVAS, TITAN]) {
  test(`answerNova: inpainting edits what is black, outpainting what is white: ${modelId}`, async () => {
    const parameters = { image: await base64(), maskImage: await maskOf(), text: 'a bird', returnMask: true }
    const inpainted = await askModel(modelId, { taskType: 'INPAINTING', inPaintingParams: parameters })
    const outpainted = await askModel(modelId, { taskType: 'OUTPAINTING', outPaintingParams: parameters })
    const inside = await readDrawnPicture(firstImage(inpainted))
    const outside = await readDrawnPicture(firstImage(outpainted))
    assert.deepEqual(inside.edited, LEFT_EDITED)
    assert.deepEqual(outside.edited, RIGHT_EDITED)
    assert.deepEqual(inside.rimColour(5, 15), RED)
    assert.deepEqual(outside.rimColour(5, 0), RED)
    for (const answer of [inpainted, outpainted]) {
      assert.equal(
        await refusalOf(modelId, {
          taskType: 'INPAINTING',
          inPaintingParams: { ...parameters, maskImage: answer.maskImage },
        }),
        null,
      )
    }
    assert.equal(inpainted.maskImage, outpainted.maskImage)
  })
}

test('answerNova: a removed background is a PNG with alpha that kept the picture', async () => {
  const body = {
    taskType: 'BACKGROUND_REMOVAL',
    backgroundRemovalParams: { image: await base64({ width: 640 }) },
  }
  const read = await readDrawnPicture(firstImage(await askModel(TITAN, body)))
  assert.deepEqual([read.format, read.hasAlpha, read.width, read.height], ['png', true, 640, 512])
  assert.deepEqual(read.edited, NOTHING_EDITED)
  assert.deepEqual(read.rimColour(8, 8), RED)
  assert.equal(read.hash, hashOfRequest({ taskType: 'BACKGROUND_REMOVAL', prompt: '', seed: 42, index: 0 }))
})

test('answerNova: filtered output is status 200 with an error, whole or in part', async () => {
  const asked = textImage({}, { numberOfImages: 3, width: 320, height: 320 })
  const all = await askModel(CANVAS, asked, { filtered: { how: 'output' } })
  assert.deepEqual(all, {
    images: [],
    error: 'All of the generated images have been blocked by our content filters.',
  })
  const some = await askModel(CANVAS, asked, { filtered: { how: 'output', images: [1] } })
  assert.equal(some.error, 'Some of the generated images have been blocked by our content filters.')
  const hashes = await Promise.all(some.images.map((image) => readDrawnHash(Buffer.from(image, 'base64'))))
  const expected = [0, 2].map((index) =>
    hashOfRequest({ taskType: 'TEXT_IMAGE', prompt: 'a red fox', seed: 12, index }),
  )
  assert.deepEqual(hashes, expected)
})

test('answerNova: a filtered prompt or input is a 400, for the words that are blocked', async () => {
  const message = async (how: 'prompt' | 'input', words: readonly string[]) =>
    (await refusalOf(CANVAS, textImage(), { filtered: { how, words } }))?.message ?? null
  const start = 'This request has been blocked by our content filters. Please adjust your'
  assert.equal(await message('prompt', ['FOX']), `${start} text prompt to submit a new request.`)
  assert.equal(await message('input', ['fox']), `${start} input image to submit a new request.`)
  assert.equal(await message('prompt', ['wolf']), null)
})
