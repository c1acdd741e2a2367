import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import OpenAI, { toFile } from 'openai'
import { readDrawnHash } from '../emulator/images/read-drawn-picture.js'
import { hashOfRequest } from '../emulator/images/request-hash.js'
import { testPicture } from '../emulator/images/test-pictures.js'
import { schemaProblems } from '../openai/schema.js'
import { openaiDir, skipWithout } from '../shared.js'
import { readError } from './chat.js'
import { type ImageGateway, startImageGateway, toBytes } from './image-gateway.js'

const CANVAS = 'amazon.nova-canvas-v1:0'
const CORE = 'stability.stable-image-core-v1:1'
const SD35 = 'stability.sd3-5-large-v1:0'
const PROMPT = 'a boat'
const PING_MS = 200
const skip = skipWithout(openaiDir)

let gateway: ImageGateway
before(async () => {
  gateway = await startImageGateway({ environment: { BEDROCKD_PING_SECONDS: String(PING_MS / 1000) } })
})
after(() => gateway?.close())
beforeEach(() => gateway.reset())

interface Reading {
  readonly types: readonly string[]
  /** Sorted: pictures come as they are made. */
  readonly hashes: readonly string[]
}

async function read(
  stream: AsyncIterable<OpenAI.ImageGenStreamEvent | OpenAI.ImageEditStreamEvent>,
  schema: string,
): Promise<Reading> {
  const types: string[] = []
  const hashes: string[] = []
  for await (const event of stream) {
    assert.deepEqual(schemaProblems(schema, event), [])
    types.push(event.type)
    hashes.push(await readDrawnHash(toBytes(event.b64_json)))
  }
  return { types, hashes: hashes.sort() }
}

const hashOf = (taskType: string, seed: number, index = 0): string =>
  hashOfRequest({ taskType, prompt: PROMPT, seed, index })

for (const { model, task, editTask, perCall } of [
  { model: CANVAS, task: 'TEXT_IMAGE', editTask: 'IMAGE_VARIATION', perCall: true },
  { model: SD35, task: 'text-to-image', editTask: 'image-to-image', perCall: false },
]) {
  const expected = (taskType: string): readonly string[] =>
    [0, 1, 2].map((at) => (perCall ? hashOf(taskType, 30, at) : hashOf(taskType, 30 + at))).sort()

  test(`three pictures of ${model} are three events`, { skip }, async () => {
    const params = { model, prompt: PROMPT, n: 3, stream: true, partial_images: 2, seed: 30 } as const
    const reading = await read(await gateway.client.images.generate(params), 'ImageGenCompletedEvent')
    assert.deepEqual(reading.types, new Array<string>(3).fill('image_generation.completed'))
    assert.deepEqual(reading.hashes, expected(task))
  })

  test(`three edits of ${model} are three events`, { skip }, async () => {
    const image = await toFile(await testPicture(), 'a.png', { type: 'image/png' })
    const params = { model, image, prompt: PROMPT, n: 3, stream: true, seed: 30 } as const
    const reading = await read(await gateway.client.images.edit(params), 'ImageEditCompletedEvent')
    assert.deepEqual(reading.types, new Array<string>(3).fill('image_edit.completed'))
    assert.deepEqual(reading.hashes, expected(editTask))
  })

  test(`what the filter leaves of three pictures of ${model} is streamed`, { skip }, async () => {
    // Of one call its second picture, of three calls the second.
    const filtered = { how: 'output', images: [1] } as const
    gateway.emulator.set({ replies: perCall ? [{ filtered }] : [{}, { filtered }, {}] })
    const params = { model, prompt: PROMPT, n: 3, stream: true, seed: 30 } as const
    const { types } = await read(await gateway.client.images.generate(params), 'ImageGenCompletedEvent')
    assert.equal(types.length, 2)
  })
}

test('a link can not be streamed: the picture itself is', { skip }, async () => {
  const params = { model: CORE, prompt: PROMPT, response_format: 'url', stream: true } as const
  const { types } = await read(await gateway.client.images.generate(params), 'ImageGenCompletedEvent')
  assert.equal(types.length, 1)
  assert.deepEqual(gateway.linkFiles(), [])
})

test('a picture that is held back after a ping is the last event', async () => {
  gateway.emulator.set({ headersDelayMs: 3 * PING_MS, filtered: { how: 'output' } })
  const stream = await gateway.client.images.generate({ model: CORE, prompt: PROMPT, n: 2, stream: true })
  await assert.rejects(
    async () => {
      for await (const event of stream) assert.fail(event.type)
    },
    (error) => error instanceof OpenAI.APIError && error.code === 'content_policy_violation',
  )
})

test('what is wrong with a request is a status, also where a stream is asked for', async () => {
  for (const extra of [{ size: 'abc' }, { n: 0 }, { model: 'nowhere' }, { prompt: '' }]) {
    const response = await gateway.post('/v1/images/generations', {
      model: CORE,
      prompt: PROMPT,
      stream: true,
      ...extra,
    })
    const [param = ''] = Object.keys(extra)
    assert.match(response.statusText, /^[ -~]{8,100}$/)
    assert.equal((await readError(response, param === 'model' ? 404 : 400)).param, param)
  }
  assert.equal(gateway.calls().length, 0)
})

test('stream: false, as a word and as null, is a whole reply', async () => {
  for (const stream of [false, 'false', null, '']) {
    const response = await gateway.post('/v1/images/generations', { model: CORE, prompt: PROMPT, stream })
    assert.equal(response.headers.get('content-type'), 'application/json')
    await response.body?.cancel()
  }
})

test('an event stream is one for whoever reads it line by line', async () => {
  const body = { model: CORE, prompt: PROMPT, n: 2, stream: 'true' }
  const response = await gateway.post('/v1/images/generations', body)
  assert.match(response.headers.get('content-type') ?? '', /^text\/event-stream/)
  assert.equal(response.headers.get('cache-control'), 'no-cache')
  const blocks = (await response.text()).split('\n\n')
  assert.equal(blocks.pop(), '')
  assert.equal(blocks.pop(), 'data: [DONE]')
  const events = blocks.filter((block) => block !== ': ping')
  assert.equal(events.length, 2)
  for (const event of events) assert.match(event, /^event: image_generation\.completed\ndata: \{.+\}$/)
})
