import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildCatalogue } from '../emulator/catalogue.js'
import type { EmulatorOptions } from '../emulator/emulator.js'
import { testMask, testPicture } from '../emulator/images/test-pictures.js'
import { afterwards } from './afterwards.js'
import { editPicture, type ImageGateway, startImageGateway } from './image-gateway.js'

const CANVAS = 'amazon.nova-canvas-v1:0'
const SD35 = 'stability.sd3-5-large-v1:0'
const CORE = 'stability.stable-image-core-v1:1'
const ULTRA = 'stability.stable-image-ultra-v1:1'
const INPAINT = 'us.stability.stable-image-inpaint-v1:0'

const NAMES = ['dall-e-2', 'dall-e-3', 'gpt-image-1', 'gpt-image-2', 'bedrock/dall-e-3', '', null, undefined]

const FEW_NAMES = ['dall-e-3', undefined]

/** Who makes a picture, an edit and a masked edit for OpenAI's names, and for none. */
interface Case {
  readonly name: string
  readonly lists?: (modelId: string) => boolean
  readonly environment?: Readonly<Record<string, string>>
  readonly configuration?: string
  readonly generation: string
  readonly edit: string
  readonly maskedEdit: string
}

const isStability = (id: string): boolean => id.startsWith('stability.')

const CASES: readonly Case[] = [
  { name: 'where all models are there', generation: CORE, edit: CANVAS, maskedEdit: CANVAS },
  {
    name: 'where there are only Stability models',
    lists: isStability,
    generation: CORE,
    edit: ULTRA,
    maskedEdit: INPAINT,
  },
  {
    name: 'where the settings say so, also by an alias',
    environment: {
      BEDROCKD_DEFAULT_IMAGE_MODEL: 'painter',
      BEDROCKD_DEFAULT_IMAGE_EDIT_MODEL: INPAINT.slice(3),
    },
    configuration: `aliases: { painter: { model: '${SD35}' } }`,
    generation: SD35,
    edit: INPAINT,
    maskedEdit: INPAINT,
  },
  {
    name: 'where the best are denied',
    environment: { BEDROCKD_MODELS_DENY: `${CORE},${CANVAS},${ULTRA}` },
    generation: SD35,
    edit: SD35,
    maskedEdit: INPAINT,
  },
]

function listing(lists: (modelId: string) => boolean): EmulatorOptions {
  const { models, profiles } = buildCatalogue('us-east-1')
  return {
    models: { 'us-east-1': models.filter(({ modelId }) => lists(modelId)) },
    profiles: {
      'us-east-1': profiles.filter(({ models: [first] }) => lists(first?.modelArn.split('/').at(-1) ?? '')),
    },
  }
}

async function makerOf(gateway: ImageGateway, ask: () => Promise<unknown>): Promise<string> {
  gateway.reset()
  await ask()
  const [call, ...others] = gateway.calls()
  assert.deepEqual(others, [])
  return call?.modelId ?? 'nobody'
}

for (const { name, lists, environment = {}, configuration, ...expected } of CASES) {
  test(`OpenAI's names, and none, ${name}`, async (context) => {
    const gateway = await startImageGateway({
      environment,
      ...(lists === undefined ? {} : { emulator: listing(lists) }),
      ...(configuration === undefined ? {} : { configuration }),
    })
    afterwards(context, () => gateway.close())
    const files = { image: await testPicture() }
    const masked = { ...files, mask: await testMask() }
    for (const model of lists === undefined && configuration === undefined ? NAMES : FEW_NAMES) {
      const generate = async () => {
        const response = await gateway.post('/v1/images/generations', { model, prompt: 'a boat' })
        assert.equal(response.status, 200, await response.text())
      }
      assert.equal(await makerOf(gateway, generate), expected.generation, `generation by ${model}`)
    }
    for (const params of [{}, { model: 'gpt-image-2' }]) {
      const edit = () => editPicture(gateway, files, params)
      assert.equal(await makerOf(gateway, edit), expected.edit, `edit by ${params.model}`)
      const maskedEdit = () => editPicture(gateway, masked, params)
      assert.equal(await makerOf(gateway, maskedEdit), expected.maskedEdit, `masked edit by ${params.model}`)
    }
  })
}

for (const [why, options] of [
  ['is listed', { emulator: listing((id) => id.startsWith('amazon.nova-micro')) }],
  ['is allowed', { environment: { BEDROCKD_MODELS_DENY: '*stability*,*canvas*,*titan-image*' } }],
] as const) {
  test(`where no image model ${why}, the refusal names the setting`, async (context) => {
    const gateway = await startImageGateway(options)
    afterwards(context, () => gateway.close())
    const form = new FormData()
    form.set('image', new Blob([new Uint8Array(await testPicture())], { type: 'image/png' }), 'a.png')
    form.set('prompt', 'a boat')
    for (const [path, body, setting] of [
      ['/v1/images/generations', { prompt: 'a boat', model: 'dall-e-3' }, 'BEDROCKD_DEFAULT_IMAGE_MODEL'],
      ['/v1/images/generations', { prompt: 'a boat' }, 'BEDROCKD_DEFAULT_IMAGE_MODEL'],
      ['/v1/images/edits', form, 'BEDROCKD_DEFAULT_IMAGE_EDIT_MODEL'],
    ] as const) {
      const response = await gateway.post(path, body)
      assert.equal(response.status, 404)
      assert.match(response.statusText, new RegExp(`set ${setting}`))
      const { error } = (await response.json()) as { error: { message: string; param: string } }
      assert.equal(error.param, 'model')
      assert.match(error.message, new RegExp(`set ${setting}`))
    }
    assert.equal(gateway.calls().length, 0)
  })
}
