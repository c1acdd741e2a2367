import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import OpenAI from 'openai'
import { hashOfRequest } from '../emulator/images/request-hash.js'
import { testPicture } from '../emulator/images/test-pictures.js'
import {
  editPicture,
  type ImageGateway,
  readPicture,
  readPictures,
  startImageGateway,
  toDroppedParams,
} from './image-gateway.js'

const CORE = 'stability.stable-image-core-v1:1'
const SD35 = 'stability.sd3-5-large-v1:0'
const PROMPT = 'a boat'

const CONFIGURATION = `
aliases:
  poster:
    model: ${CORE}
    parameters: { n: 2, size: 1792x1024, output_format: webp, seed: 40, negative_prompt: text, temperature: 0.3 }
  retouch:
    model: ${SD35}
    parameters: { seed: 41, extra_body: { strength: 0.25 } }
  strict: { model: ${CORE}, drop_params: false }
model_list:
  - { model_name: small, litellm_params: { model: bedrock/amazon.nova-canvas-v1:0, size: 320x320 } }
`

let gateway: ImageGateway
before(async () => {
  gateway = await startImageGateway({ configuration: CONFIGURATION })
})
after(() => gateway?.close())
beforeEach(() => gateway.reset())

const hashOf = (taskType: string, seed: number): string =>
  hashOfRequest({ taskType, prompt: PROMPT, seed, index: 0 })

test('the parameters of an alias hold where the client says nothing', async () => {
  const response = await gateway.post('/v1/images/generations', { model: 'poster', prompt: PROMPT })
  assert.equal(response.status, 200)
  assert.deepEqual(toDroppedParams(response), [])
  const pictures = await readPictures((await response.json()) as object)
  assert.deepEqual(
    pictures.map(({ width, height, format, hash }) => ({ width, height, format, hash })),
    [40, 41].map((seed) => ({
      width: 1344,
      height: 768,
      format: 'webp',
      hash: hashOf('text-to-image', seed),
    })),
  )
  assert.equal(gateway.lastBody()['negative_prompt'], 'text')
  const { width, height } = await readPicture(
    await gateway.client.images.generate({ model: 'small', prompt: PROMPT }),
  )
  assert.deepEqual([width, height], [320, 320])
})

test('the client goes before them', async () => {
  const said = { n: 1, size: '1024x1024', output_format: 'png', seed: 7 } as object
  const reply = await gateway.client.images.generate({ model: 'poster', prompt: PROMPT, ...said })
  const { width, height, format, hash } = await readPicture(reply)
  assert.deepEqual([width, height, format, hash], [1024, 1024, 'png', hashOf('text-to-image', 7)])
})

test('they hold for edits, too', async () => {
  const image = await testPicture()
  const reply = await editPicture(gateway, { image }, { model: 'retouch', prompt: PROMPT })
  assert.equal((await readPicture(reply)).hash, hashOf('image-to-image', 41))
  assert.equal(gateway.lastBody()['strength'], 0.25)
  await editPicture(gateway, { image }, { model: 'retouch', prompt: PROMPT, strength: 0.5, seed: 1 })
  const { strength, seed } = gateway.lastBody()
  assert.deepEqual({ strength, seed }, { strength: 0.5, seed: 1 })
})

test('a name that drops nothing refuses what its model has not', async () => {
  await assert.rejects(
    gateway.client.images.generate({ model: 'strict', prompt: PROMPT, style: 'vivid' }),
    (error) => error instanceof OpenAI.BadRequestError && error.param === 'style',
  )
  assert.equal(gateway.calls().length, 0)
})
