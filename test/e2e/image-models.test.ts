import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import type OpenAI from 'openai'
import { hashOfRequest } from '../emulator/images/request-hash.js'
import {
  type ImageGateway,
  readPicture,
  readPictures,
  startImageGateway,
  toDroppedParams,
} from './image-gateway.js'

const PROMPT = 'a lighthouse in the fog'

interface Generator {
  readonly id: string
  /** As its pictures say it. */
  readonly taskType: string
  /** Calls for three pictures. */
  readonly callsOfThree: number
  /** What it makes of a wanted size. */
  readonly sizes: Readonly<Record<string, string>>
  /** Of `quality: hd, style: vivid, background: transparent` together. */
  readonly dropped: readonly string[]
}

const STABILITY_SIZES = {
  '256x256': '1024x1024',
  '512x512': '1024x1024',
  '1024x1792': '768x1344',
  '1792x1024': '1344x768',
  auto: '1024x1024',
}
const STABILITY = { taskType: 'text-to-image', callsOfThree: 3, sizes: STABILITY_SIZES } as const

const GENERATORS: readonly Generator[] = [
  {
    id: 'amazon.nova-canvas-v1:0',
    taskType: 'TEXT_IMAGE',
    callsOfThree: 1,
    sizes: {
      '256x256': '320x320',
      '512x512': '512x512',
      '1024x1792': '1024x1792',
      '1792x1024': '1792x1024',
      auto: '1024x1024',
    },
    dropped: ['style', 'background'],
  },
  {
    id: 'amazon.titan-image-generator-v2:0',
    taskType: 'TEXT_IMAGE',
    callsOfThree: 1,
    sizes: {
      '256x256': '512x512',
      '512x512': '512x512',
      '1024x1792': '768x1408',
      '1792x1024': '1152x640',
      auto: '1024x1024',
    },
    dropped: ['style', 'background'],
  },
  { id: 'stability.sd3-5-large-v1:0', ...STABILITY, dropped: ['quality', 'style', 'background'] },
  { id: 'stability.stable-image-core-v1:1', ...STABILITY, dropped: ['quality', 'style', 'background'] },
  { id: 'stability.stable-image-ultra-v1:1', ...STABILITY, dropped: ['quality', 'style', 'background'] },
]

let gateway: ImageGateway
before(async () => {
  gateway = await startImageGateway()
})
after(() => gateway?.close())
beforeEach(() => gateway.reset())

for (const { id, taskType, callsOfThree, sizes, dropped } of GENERATORS) {
  const hashOf = (seed: number, index = 0): string => hashOfRequest({ taskType, prompt: PROMPT, seed, index })

  /** Parameters that the SDK passes on although its types have them not are `extra`. */
  const generate = (params: Partial<OpenAI.ImageGenerateParamsNonStreaming> = {}, extra: object = {}) =>
    gateway.client.images.generate({ model: id, prompt: PROMPT, ...params, ...extra })

  test(`${id}: the size is the nearest that it makes`, async () => {
    for (const [size, made] of Object.entries(sizes)) {
      const { width, height, format } = await readPicture(await generate({ size }))
      assert.equal(`${width}x${height}`, made, size)
      assert.equal(format, 'png')
    }
  })

  test(`${id}: three pictures are different ones, in order`, async () => {
    const pictures = await readPictures(await generate({ n: 3 }, { seed: 5 }))
    const expected =
      callsOfThree === 1 ? [0, 1, 2].map((index) => hashOf(5, index)) : [5, 6, 7].map((seed) => hashOf(seed))
    assert.deepEqual(
      pictures.map(({ hash }) => hash),
      expected,
    )
    assert.equal(gateway.calls().length, callsOfThree)
  })

  test(`${id}: without a seed the same prompt gives another picture`, async () => {
    await Promise.all([generate(), generate()])
    const seeds = gateway.calls().map(({ body }) => seedOf(body))
    if (seeds[0] !== undefined) assert.notEqual(seeds[0], seeds[1])
    else assert.ok(id.startsWith('stability.'), 'without a seed its pictures are always the same')
  })

  test(`${id}: seed and negative_prompt reach the model, and so they do in extra_body`, async () => {
    for (const extra of [
      { seed: 77, negative_prompt: 'blurred' },
      { extra_body: { seed: 77, negative_prompt: 'blurred' } },
    ]) {
      const { hash } = await readPicture(await generate({}, extra))
      assert.equal(hash, hashOf(77))
      assert.ok(JSON.stringify(gateway.calls().at(-1)?.body).includes('"blurred"'))
    }
  })

  for (const output_format of ['png', 'jpeg', 'webp'] as const) {
    test(`${id}: output_format ${output_format}`, async () => {
      const reply = await generate({ output_format })
      assert.equal((await readPicture(reply)).format, output_format)
      assert.equal(reply.output_format, output_format)
    })
  }

  test(`${id}: output_compression makes it smaller`, async () => {
    gateway.emulator.set({ noise: true })
    const lengths: number[] = []
    for (const output_compression of [100, 20]) {
      const reply = await generate({ output_format: 'jpeg', output_compression, size: '512x512' })
      lengths.push(reply.data?.[0]?.b64_json?.length ?? 0)
    }
    const [full = 0, pressed = 0] = lengths
    assert.ok(pressed > 0 && pressed < full / 2, `${full} → ${pressed}`)
  })

  test(`${id}: what it has no counterpart for is left out and named`, async () => {
    const response = await gateway.post('/v1/images/generations', {
      model: id,
      prompt: PROMPT,
      quality: 'hd',
      style: 'vivid',
      background: 'transparent',
      user: 'somebody',
      moderation: 'low',
    })
    assert.equal(response.status, 200, await response.clone().text())
    assert.deepEqual([...toDroppedParams(response)].sort(), [...dropped].sort())
    const { background } = (await response.json()) as { background?: string }
    assert.equal(background, undefined)
  })
}

function seedOf(body: unknown): number | undefined {
  const { seed, imageGenerationConfig } = body as {
    readonly seed?: number
    readonly imageGenerationConfig?: { readonly seed?: number }
  }
  return seed ?? imageGenerationConfig?.seed
}

test("Nova Canvas's own words: quality and style", async () => {
  const response = await gateway.post('/v1/images/generations', {
    model: 'amazon.nova-canvas-v1:0',
    prompt: PROMPT,
    quality: 'hd',
    style: 'photorealism',
  })
  assert.equal(response.status, 200)
  assert.deepEqual(toDroppedParams(response), [])
  const [call] = gateway.calls()
  assert.ok(call)
  const { imageGenerationConfig, textToImageParams } = call.body as {
    imageGenerationConfig: { quality: string }
    textToImageParams: { style: string }
  }
  assert.equal(imageGenerationConfig.quality, 'premium')
  assert.equal(textToImageParams.style, 'PHOTOREALISM')
})

test("a Stability model's own words: aspect_ratio", async () => {
  const response = await gateway.post('/v1/images/generations', {
    model: 'stability.stable-image-core-v1:1',
    prompt: PROMPT,
    aspect_ratio: '21:9',
  })
  const { width, height } = await readPicture((await response.json()) as object)
  assert.deepEqual([width, height], [1536, 640])
})
