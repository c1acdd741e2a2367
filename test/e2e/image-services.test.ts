import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import OpenAI from 'openai'
import { hashOfRequest } from '../emulator/images/request-hash.js'
import { LEFT_EDITED, NOTHING_EDITED, testPicture } from '../emulator/images/test-pictures.js'
import {
  type EditParams,
  editPicture,
  type ImageGateway,
  readPicture,
  startImageGateway,
} from './image-gateway.js'

interface Service {
  /** The middle of its id. */
  readonly name: string
  /** As its pictures say it. */
  readonly taskType: string
  /** What it needs beside a picture and a prompt. */
  readonly params?: EditParams & Readonly<Record<string, unknown>>
  /** It takes a mask. */
  readonly masked?: boolean
  readonly pictures?: number
  /** Makes no use of the prompt, or of the seed, that clients always send. */
  readonly promptless?: boolean
  readonly seedless?: boolean
  /** Of the answer, for a picture of 512x512. */
  readonly size?: string
  readonly edited?: readonly string[]
  /** Numbers of its own, and a value of each that it takes. */
  readonly numbers?: Readonly<Record<string, number>>
}

/** Rows 4 to 11, columns 4 to 11: what the emulated services find by words. */
const MIDDLE_EDITED = Array.from({ length: 16 }, (_, row) =>
  row >= 4 && row < 12 ? '....########....' : '................',
)

const SERVICES: readonly Service[] = [
  {
    name: 'stable-image-inpaint',
    taskType: 'inpaint',
    masked: true,
    edited: LEFT_EDITED,
    numbers: { grow_mask: 9 },
  },
  {
    name: 'stable-image-erase-object',
    taskType: 'erase-object',
    masked: true,
    promptless: true,
    edited: LEFT_EDITED,
    numbers: { grow_mask: 9 },
  },
  {
    name: 'stable-outpaint',
    taskType: 'outpaint',
    params: { left: 512 },
    size: '1024x512',
    edited: LEFT_EDITED,
    numbers: { creativity: 0.9 },
  },
  {
    name: 'stable-image-search-replace',
    taskType: 'search-replace',
    params: { search_prompt: 'the car' },
    edited: MIDDLE_EDITED,
    numbers: { grow_mask: 9 },
  },
  {
    name: 'stable-image-search-recolor',
    taskType: 'search-recolor',
    params: { select_prompt: 'the car' },
    edited: MIDDLE_EDITED,
    numbers: { grow_mask: 9 },
  },
  { name: 'stable-image-remove-background', taskType: 'remove-background', promptless: true, seedless: true },
  { name: 'stable-image-control-sketch', taskType: 'control-sketch', numbers: { control_strength: 0.3 } },
  {
    name: 'stable-image-control-structure',
    taskType: 'control-structure',
    numbers: { control_strength: 0.3 },
  },
  {
    name: 'stable-image-style-guide',
    taskType: 'style-guide',
    params: { size: '1792x1024' },
    size: '1344x768',
    numbers: { fidelity: 0.2 },
  },
  {
    name: 'stable-style-transfer',
    taskType: 'style-transfer',
    pictures: 2,
    numbers: { style_strength: 0.5, composition_fidelity: 0.5, change_strength: 0.5 },
  },
  {
    name: 'stable-creative-upscale',
    taskType: 'creative-upscale',
    size: '2048x2048',
    numbers: { creativity: 0.2 },
  },
  {
    name: 'stable-conservative-upscale',
    taskType: 'conservative-upscale',
    size: '2048x2048',
    numbers: { creativity: 0.2 },
  },
  {
    name: 'stable-fast-upscale',
    taskType: 'fast-upscale',
    promptless: true,
    seedless: true,
    size: '1024x1024',
  },
]

const idOf = ({ name }: Service): string => `stability.${name}-v1:0`
const PROMPT = 'a red boat'

/** As an operator who comes from LiteLLM has it. */
const LITE_LLM = [
  'model_list:',
  ...SERVICES.map(
    (service) =>
      `  - { model_name: my-${service.name}, litellm_params: { model: bedrock/us.${idOf(service)}, aws_region_name: us-west-2 } }`,
  ),
].join('\n')

let gateway: ImageGateway
before(async () => {
  gateway = await startImageGateway({
    configuration: LITE_LLM,
    emulator: {
      regions: ['us-east-1', 'us-west-2'],
      models: { 'us-east-1': [] },
      profiles: { 'us-east-1': [] },
    },
    environment: { BEDROCKD_REGIONS: 'us-west-2,us-east-1' },
  })
})
after(() => gateway?.close())
beforeEach(() => gateway.reset())

async function run(service: Service, model: string, more: object = {}): Promise<OpenAI.ImagesResponse> {
  const picture = await testPicture()
  const image = new Array<Buffer>(service.pictures ?? 1).fill(picture)
  const files = {
    image: image.length === 1 ? picture : image,
    ...(service.masked === true ? { mask: await testPicture({ transparentLeft: true }) } : {}),
  }
  return await editPicture(gateway, files, { model, seed: 4, ...service.params, ...more })
}

for (const service of SERVICES) {
  test(`${service.name} answers to its bare id, its profile and a LiteLLM alias`, async () => {
    const {
      taskType,
      promptless = false,
      seedless = false,
      size = '512x512',
      edited = NOTHING_EDITED,
    } = service
    const drawn = await readPicture(await run(service, idOf(service)))
    const hash = hashOfRequest({
      taskType,
      prompt: promptless ? '' : PROMPT,
      seed: seedless ? 0 : 4,
      index: 0,
    })
    assert.equal(drawn.hash, hash)
    assert.equal(`${drawn.width}x${drawn.height}`, size)
    assert.deepEqual(drawn.edited, edited)
    assert.equal(drawn.format, 'png')
    const names = [`us.${idOf(service)}`, `bedrock/us-west-2/us.${idOf(service)}`, `my-${service.name}`]
    await Promise.all(names.map((name) => run(service, name)))
    assert.deepEqual(
      gateway.calls().map(({ modelId, region }) => `${region}/${modelId}`),
      new Array<string>(4).fill(`us-west-2/us.${idOf(service)}`),
    )
  })

  test(`${service.name}: its own numbers, style and format reach it`, async () => {
    const { numbers = {}, taskType } = service
    const reply = await run(service, idOf(service), {
      ...numbers,
      style_preset: 'Pixel Art',
      output_format: 'webp',
    })
    assert.equal((await readPicture(reply)).format, 'webp')
    const body = gateway.lastBody()
    for (const [name, value] of Object.entries(numbers))
      assert.equal(body[name], value, `${taskType} ${name}`)
    assert.equal(body['output_format'], 'webp')
    for (const [name] of Object.entries(numbers)) {
      await assert.rejects(
        run(service, idOf(service), { [name]: 21 }),
        (error) => error instanceof OpenAI.BadRequestError && error.param === name,
        name,
      )
    }
  })

  test(`${service.name} makes no picture of words alone`, async () => {
    const response = await gateway.post('/v1/images/generations', { model: idOf(service), prompt: PROMPT })
    assert.equal(response.status, 400)
    assert.match(response.statusText, /^image must be a picture/)
    const { error } = (await response.json()) as { error: { param: string; message: string } }
    assert.equal(error.param, 'image')
    assert.match(error.message, /\/v1\/images\/edits/)
    assert.equal(gateway.calls().length, 0)
  })
}

test('a background that was removed is transparent, also as WebP', async () => {
  const [service] = SERVICES.filter(({ name }) => name === 'stable-image-remove-background')
  assert.ok(service)
  for (const output_format of ['png', 'webp']) {
    const reply = await run(service, idOf(service), { background: 'transparent', output_format })
    assert.equal((await readPicture(reply)).hasAlpha, true, output_format)
    assert.equal(reply.background, 'transparent')
  }
})

test('a client with a prompt alone replaces and recolours', async () => {
  const picture = await testPicture()
  for (const [prompt, said] of [
    ['car => boat', { search_prompt: 'car', prompt: 'boat' }],
    ['Replace the car with a boat', { search_prompt: 'the car', prompt: 'a boat' }],
  ] as const) {
    const model = 'stability.stable-image-search-replace-v1:0'
    await editPicture(gateway, { image: picture }, { model, prompt })
    const { search_prompt, prompt: sent } = gateway.lastBody()
    assert.deepEqual({ search_prompt, prompt: sent }, said)
  }
  const model = 'stability.stable-image-search-recolor-v1:0'
  await editPicture(gateway, { image: picture }, { model, prompt: 'pink jacket' })
  const { select_prompt } = gateway.lastBody()
  assert.equal(select_prompt, 'pink jacket')
})

test('a client with a size alone paints around a picture', async () => {
  const model = 'stability.stable-outpaint-v1:0'
  const reply = await editPicture(gateway, { image: await testPicture() }, { model, size: '1024x1536' })
  const { width, height } = await readPicture(reply)
  assert.deepEqual([width, height], [1024, 1536])
  for (const size of [undefined, '256x256'] as const) {
    await assert.rejects(
      editPicture(
        gateway,
        { image: await testPicture() },
        { model, ...(size === undefined ? {} : { size }) },
      ),
      (error) => error instanceof OpenAI.BadRequestError && error.param === 'left',
    )
  }
})

test('what a service needs and did not get is named', async () => {
  const image = await testPicture()
  for (const [name, param, extra] of [
    ['stable-image-search-replace', 'search_prompt', {}],
    ['stable-style-transfer', 'image[1]', {}],
    ['stable-image-inpaint', 'prompt', { prompt: '' }],
  ] as const) {
    await assert.rejects(
      editPicture(gateway, { image }, { model: `stability.${name}-v1:0`, ...extra }),
      (error) => error instanceof OpenAI.BadRequestError && error.param === param,
      name,
    )
  }
  assert.equal(gateway.calls().length, 0)
})
