import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { InvokeModelCommand } from '@aws-sdk/client-bedrock-runtime'
import { type Emulator, startEmulator } from '../emulator.js'
import { runtimeClient } from '../sdk-clients.js'
import { readDrawnHash, readDrawnPicture } from './read-drawn-picture.js'
import { hashOfRequest } from './request-hash.js'
import { RIGHT_EDITED, testMask, testPicture } from './test-pictures.js'

const CANVAS = 'amazon.nova-canvas-v1:0'
const CORE = 'stability.stable-image-core-v1:1'
const INPAINT = 'stability.stable-image-inpaint-v1:0'
let emulator: Emulator

before(async () => {
  emulator = await startEmulator()
})
afterEach(() => emulator.reset())
after(() => emulator.close())

interface ImageAnswer {
  readonly images?: readonly string[]
  readonly error?: string
  readonly finish_reasons?: readonly (string | null)[]
}

async function invoke(modelId: string, body: object): Promise<ImageAnswer> {
  const command = new InvokeModelCommand({
    modelId,
    body: JSON.stringify(body),
    contentType: 'application/json',
    accept: 'application/json',
  })
  const reply = await runtimeClient(emulator).send(command)
  assert.equal(reply.contentType, 'application/json')
  return JSON.parse(reply.body.transformToString()) as ImageAnswer
}

async function refusal(sent: Promise<unknown>): Promise<string> {
  try {
    await sent
  } catch (error) {
    assert(error instanceof Error)
    return `${error.name}: ${error.message}`
  }
  throw new assert.AssertionError({ message: 'the call succeeded' })
}

const fox = { taskType: 'TEXT_IMAGE', textToImageParams: { text: 'a red fox' } }

test('InvokeModel: the SDK gets the pictures that it asked for', async () => {
  const imageGenerationConfig = { numberOfImages: 2, width: 512, height: 512, seed: 3 }
  const { images = [] } = await invoke(CANVAS, { ...fox, imageGenerationConfig })
  const hashes = await Promise.all(images.map((image) => readDrawnHash(Buffer.from(image, 'base64'))))
  const asked = { taskType: 'TEXT_IMAGE', prompt: 'a red fox', seed: 3 }
  assert.deepEqual(
    hashes,
    [0, 1].map((index) => hashOfRequest({ ...asked, index })),
  )
  assert.equal(emulator.requests.at(-1)?.operation, 'InvokeModel')
})

test('InvokeModel: a refusal comes as a ValidationException in the words of Bedrock', async () => {
  assert.equal(
    await refusal(invoke(CORE, { prompt: 'a', size: '1024x1024' })),
    'ValidationException: Malformed input request: #: extraneous key [size] is not permitted, please reformat your input and try again.',
  )
})

test('InvokeModel: an image service answers by its profile, and not by its own id', async () => {
  const body = {
    prompt: 'a red fox',
    image: (await testPicture()).toString('base64'),
    mask: (await testMask()).toString('base64'),
    output_format: 'webp',
  }
  assert.match(await refusal(invoke(INPAINT, body)), /with on-demand throughput isn’t supported/)
  const { images = [] } = await invoke(`us.${INPAINT}`, body)
  const read = await readDrawnPicture(Buffer.from(images[0] ?? '', 'base64'))
  assert.deepEqual([read.format, read.edited], ['webp', RIGHT_EDITED])
})

test('InvokeModel: scripted replies filter one call and then no more', async () => {
  emulator.set({ replies: [{ filtered: { how: 'output' } }, { filtered: { how: 'prompt' } }] })
  const blocked = {
    images: [],
    error: 'All of the generated images have been blocked by our content filters.',
  }
  assert.deepEqual(await invoke(CANVAS, fox), blocked)
  assert.deepEqual(await invoke(CORE, { prompt: 'a' }), { finish_reasons: ['Filter reason: prompt'] })
  assert.deepEqual((await invoke(CORE, { prompt: 'a' })).finish_reasons, [null])
})

test('InvokeModel: throttling, then a picture', async () => {
  emulator.set({ replies: [{ throttle: true }] })
  assert.match(await refusal(invoke(CORE, { prompt: 'a' })), /^ThrottlingException: /)
  assert.equal((await invoke(CORE, { prompt: 'a' })).images?.length, 1)
})

test('POST /_emulator/behaviour: a filter is set from outside the process', async () => {
  const reply = await fetch(`${emulator.url}/_emulator/behaviour`, {
    method: 'POST',
    body: JSON.stringify({ filtered: { how: 'input' }, noise: true }),
  })
  assert.equal(reply.status, 204)
  assert.match(await refusal(invoke(CANVAS, fox)), /Please adjust your input image/)
})
