import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import OpenAI from 'openai'
import { hashOfRequest } from '../emulator/images/request-hash.js'
import {
  LEFT_EDITED,
  NOTHING_EDITED,
  type PictureOptions,
  RIGHT_EDITED,
  testMask,
  testPicture,
} from '../emulator/images/test-pictures.js'
import {
  type EditParams,
  editPicture,
  type ImageGateway,
  readPicture,
  readPictures,
  startImageGateway,
} from './image-gateway.js'

const CANVAS = 'amazon.nova-canvas-v1:0'
const TITAN = 'amazon.titan-image-generator-v2:0'
const SD35 = 'stability.sd3-5-large-v1:0'
const ULTRA = 'stability.stable-image-ultra-v1:1'
const INPAINT = 'stability.stable-image-inpaint-v1:0'
const ERASE = 'stability.stable-image-erase-object-v1:0'
const PROMPT = 'a red boat'

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

/** OpenAI's mask: transparent where the picture is edited. */
const openAiMask = (options: PictureOptions = {}): Promise<Buffer> =>
  testPicture({ transparentLeft: true, ...options })

/** Each way to edit what a mask covers. */
const MASKED: readonly (readonly [what: string, model: string, extra: EditParams & { task?: string }])[] = [
  ['Nova Canvas, inpainting', CANVAS, {}],
  ['Nova Canvas, outpainting', CANVAS, { task: 'OUTPAINTING' }],
  ['Titan, inpainting', TITAN, {}],
  ['Titan, outpainting', TITAN, { task: 'OUTPAINTING' }],
  ['Stability inpaint', INPAINT, {}],
  ['Stability erase', ERASE, {}],
]

for (const [what, model, extra] of MASKED) {
  test(`${what}: what is transparent in the mask is edited, and nothing else`, async () => {
    const picture = await testPicture()
    const drawn = await readPicture(await edit(model, { image: picture, mask: await openAiMask() }, extra))
    assert.deepEqual(drawn.edited, LEFT_EDITED)
    assert.deepEqual([drawn.width, drawn.height], [512, 512])
  })

  test(`${what}: a mask without transparency is read as black and white, white is edited`, async () => {
    const picture = await testPicture()
    for (const options of [{}, { withAlpha: true }, { format: 'jpeg' as const }]) {
      const drawn = await readPicture(
        await edit(model, { image: picture, mask: await testMask(options) }, extra),
      )
      assert.deepEqual(drawn.edited, RIGHT_EDITED, JSON.stringify(options))
    }
  })

  test(`${what}: a mask of another size, and of another shape, is stretched over the picture`, async () => {
    const mask = await openAiMask({ width: 256, height: 640 })
    const image = await testPicture({ width: 640, height: 448 })
    const drawn = await readPicture(await edit(model, { image, mask }, extra))
    assert.deepEqual(drawn.edited, LEFT_EDITED)
    assert.deepEqual([drawn.width, drawn.height], [640, 448])
  })
}

for (const [what, model, extra] of MASKED) {
  test(`${what}: without a mask the transparent part of the picture is edited`, async () => {
    const image = await testPicture({ transparentLeft: true })
    assert.deepEqual((await readPicture(await edit(model, { image }, extra))).edited, LEFT_EDITED)
  })
}

for (const [model, taskType] of [
  [CANVAS, 'IMAGE_VARIATION'],
  [TITAN, 'IMAGE_VARIATION'],
  [SD35, 'image-to-image'],
  [ULTRA, 'image-to-image'],
] as const) {
  test(`${model}: an edit without a mask follows the words`, async () => {
    const image = await testPicture()
    const drawn = await readPicture(await edit(model, { image }, { seed: 9 }))
    assert.equal(drawn.hash, hashOfRequest({ taskType, prompt: PROMPT, seed: 9, index: 0 }))
    assert.deepEqual([drawn.width, drawn.height], [512, 512])
  })

  test(`${model}: three at once are different ones, each in the format asked for`, async () => {
    const image = await testPicture()
    const extra = { n: 3, seed: 9, output_format: 'webp' } as const
    const pictures = await readPictures(await edit(model, { image }, extra))
    assert.equal(new Set(pictures.map(({ hash }) => hash)).size, 3)
    assert.deepEqual(
      pictures.map(({ format }) => format),
      ['webp', 'webp', 'webp'],
    )
  })
}

for (const model of [CANVAS, TITAN]) {
  test(`${model}: five pictures under image[] go into one variation, a sixth is refused`, async () => {
    const picture = await testPicture()
    await edit(model, { image: new Array<Buffer>(5).fill(picture) })
    const [call] = gateway.calls()
    assert.ok(call)
    const { imageVariationParams } = call.body as { imageVariationParams: { images: string[] } }
    assert.equal(imageVariationParams.images.length, 5)
    await assert.rejects(
      edit(model, { image: new Array<Buffer>(6).fill(picture) }),
      (error) => error instanceof OpenAI.BadRequestError && error.param === 'image[5]',
    )
  })
}

test('a list of one picture, as Open WebUI sends it, is that picture', async () => {
  for (const [model, edited] of [
    [CANVAS, NOTHING_EDITED],
    [SD35, NOTHING_EDITED],
  ] as const) {
    const drawn = await readPicture(await edit(model, { image: [await testPicture()] }))
    assert.deepEqual(drawn.edited, edited)
  }
})

test('a size that is asked for is that of the answer where the model can', async () => {
  const image = await testPicture()
  const drawn = await readPicture(await edit(CANVAS, { image }, { size: '1024x1536' }))
  assert.deepEqual([drawn.width, drawn.height], [1024, 1536])
})

test('n=0 and other wrong words of a form are refused by name', async () => {
  const image = await testPicture()
  for (const [name, value] of [
    ['n', 0],
    ['n', 11],
    ['size', '0x0'],
    ['output_format', 'gif'],
    ['background', 'pink'],
    ['strength', 2],
  ] as const) {
    await assert.rejects(
      edit(SD35, { image }, { [name]: value }),
      (error) => error instanceof OpenAI.BadRequestError && error.param === name,
      name,
    )
  }
})
