import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { GatewayError } from '../../src/errors.js'
import type { Fields } from '../../src/openai/fields.js'
import type { ImageRequest } from '../../src/openai/image-types.js'
import { parseImageRequest, requireNoPictures } from '../../src/openai/parse-image-request.js'
import { toImageCalls } from '../../src/translate/image-models/to-image-calls.js'
import { openwebuiDir, skipWithout } from '../shared.js'
import { imagePolicy, imageTarget } from '../translate/image-models/image-target.js'

const requestsPath = join(openwebuiDir, 'requests.jsonl')
const skip = skipWithout(requestsPath)

const parse = (body: Fields): ImageRequest => parseImageRequest(body, { imagesMax: 10 })

const NOTHING_SAID: ImageRequest = {
  model: 'dall-e-2',
  prompt: null,
  count: 1,
  size: null,
  quality: null,
  style: null,
  background: null,
  outputFormat: 'png',
  outputCompression: null,
  responseFormat: 'b64_json',
  stream: false,
  seed: null,
  negativePrompt: null,
  guardrail: null,
  others: {},
}

/** A text that stands nowhere in the program: where it shows up, it came from the client. */
const CANARY = 'zq-canary-zq'

function refusalOf(body: Fields): GatewayError | null {
  try {
    parse(body)
    return null
  } catch (error) {
    assert(error instanceof GatewayError, String(error))
    return error
  }
}

test('a request that says nothing gets PNG as b64_json, once', () => {
  assert.deepEqual(parse({}), NOTHING_SAID)
})

test('absent, null and empty are the same', () => {
  const members = Object.fromEntries(
    [
      'model',
      'prompt',
      'n',
      'size',
      'quality',
      'style',
      'background',
      'output_format',
      'output_compression',
      'response_format',
      'stream',
      'seed',
      'negative_prompt',
      'extra_body',
      'steps',
    ].map((name) => [name, null]),
  )
  assert.deepEqual(parse(members), NOTHING_SAID)
  const empty = Object.fromEntries(
    Object.keys(members).flatMap((name) => (name === 'extra_body' ? [] : [[name, '']])),
  )
  assert.deepEqual(parse(empty), NOTHING_SAID)
})

test('JSON and a form say the same: numbers and booleans may be text', () => {
  const said: ImageRequest = {
    ...NOTHING_SAID,
    model: 'm',
    prompt: 'a cat',
    count: 2,
    size: { width: 512, height: 768 },
    quality: 'hd',
    style: 'vivid',
    background: 'transparent',
    outputFormat: 'webp',
    outputCompression: 80,
    responseFormat: 'url',
    stream: true,
    seed: 7,
    negativePrompt: 'dogs',
  }
  const words = {
    model: 'm',
    prompt: 'a cat',
    size: '512x768',
    quality: 'hd',
    style: 'vivid',
    background: 'transparent',
    output_format: 'webp',
    response_format: 'url',
    negative_prompt: 'dogs',
  }
  assert.deepEqual(parse({ ...words, n: 2, output_compression: 80, stream: true, seed: 7 }), said)
  assert.deepEqual(parse({ ...words, n: '2', output_compression: '80', stream: 'true', seed: '7' }), said)
})

test('auto is nothing said', () => {
  assert.deepEqual(parse({ size: 'auto', quality: 'auto', style: 'auto', background: 'auto' }), NOTHING_SAID)
})

test('a size is two sides of a picture with an x between', () => {
  for (const [size, width, height] of [
    ['512x512', 512, 512],
    ['1792X1024', 1792, 1024],
    [' 16 x 16384 ', 16, 16_384],
  ] as const) {
    assert.deepEqual(parse({ size }).size, { width, height }, size)
  }
  for (const size of [
    '512',
    '15x512',
    '512x16385',
    '0x512',
    '512x0',
    '-5x5',
    '512x512x3',
    'large',
    '1e3x5',
    512,
    {},
    [],
  ]) {
    const error = refusalOf({ size })
    assert.equal(error?.param, 'size', String(size))
    assert.match(error.message, /^size must be "auto" or WIDTHxHEIGHT such as 1024x1024/)
  }
})

test('-1 is any seed', () => {
  assert.equal(parse({ seed: -1 }).seed, null)
  assert.equal(parse({ seed: '-1' }).seed, null)
  assert.equal(parse({ seed: 0 }).seed, 0)
})

test('jpg is jpeg', () => {
  assert.equal(parse({ output_format: 'JPG' }).outputFormat, 'jpeg')
})

test('members that change no picture are left out; unknown ones are kept for the model', () => {
  const { others } = parse({
    prompt: 'a cat',
    user: 'me',
    moderation: 'low',
    partial_images: 3,
    input_fidelity: 'high',
    image: CANARY,
    images: [{ image_url: CANARY }],
    mask: { image_url: CANARY },
    creativity: 0.5,
    search_prompt: 'cat',
    steps: null,
  })
  assert.deepEqual(others, { creativity: 0.5, search_prompt: 'cat' })
})

test('members of extra_body count as if they stood beside it, and those that do go first', () => {
  const request = parse({ n: 2, seed: null, extra_body: { n: 3, seed: 5, strength: 0.2, user: 'me' } })
  assert.equal(request.count, 2)
  assert.equal(request.seed, 5)
  assert.deepEqual(request.others, { strength: 0.2 })
})

test('a wrong member is a 400 that names it, what was expected and what came', () => {
  const cases: readonly (readonly [string, unknown, string])[] = [
    ['model', 5, 'model must be a non-empty string, got 5'],
    ['prompt', ['a cat'], 'prompt must be a string, got an array'],
    ['n', 0, 'n must be a whole number between 1 and 10, got 0'],
    ['n', '11', 'n must be a whole number between 1 and 10, got 11'],
    ['n', 1.5, 'n must be a whole number between 1 and 10, got 1.5'],
    ['n', 'two', 'n must be a whole number between 1 and 10, got a string'],
    ['quality', 1, 'quality must be a string, got 1'],
    ['style', {}, 'style must be a string, got an object'],
    ['background', 'blue', 'background must be "transparent", "opaque" or "auto", got a string'],
    ['output_format', 'gif', 'output_format must be "png", "jpeg" or "webp", got a string'],
    ['output_format', 'constructor', 'output_format must be "png", "jpeg" or "webp", got a string'],
    ['output_compression', 101, 'output_compression must be a whole number between 0 and 100, got 101'],
    ['response_format', 'b64', 'response_format must be "b64_json" or "url", got a string'],
    ['stream', 'yes', 'stream must be true or false, got a string'],
    ['seed', -2, 'seed must be a number between 0 and 9007199254740991, got -2'],
    ['seed', 1.5, 'seed must be a whole number, got 1.5'],
    ['negative_prompt', true, 'negative_prompt must be a string, got true'],
    ['extra_body', 'x', 'extra_body must be an object, got a string'],
  ]
  for (const [param, value, message] of cases) {
    const error = refusalOf({ [param]: value })
    assert.deepEqual(
      { status: error?.status, param: error?.param, message: error?.message },
      { status: 400, param, message },
    )
  }
})

const member = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom<unknown>('', CANARY, '1', 0, -1, 1.5, 1e300, true, [], {}, [CANARY], '512x512', 'auto'),
)
const body = fc.record(
  {
    model: member,
    prompt: member,
    n: member,
    size: member,
    quality: member,
    style: member,
    background: member,
    output_format: member,
    output_compression: member,
    response_format: member,
    stream: member,
    seed: member,
    negative_prompt: member,
    extra_body: member,
    steps: member,
  },
  { requiredKeys: [] },
)

test('any body is a request, or a 400 that names one of its fields and repeats nothing of it', () => {
  fc.assert(
    fc.property(body, (each) => {
      const error = refusalOf(each)
      if (error === null) return
      assert.equal(error.status, 400)
      assert.ok(error.param !== null && Object.hasOwn(each, error.param), String(error.param))
      assert.ok(!error.message.includes(CANARY), error.message)
    }),
    { numRuns: 1000 },
  )
})

/** What Open WebUI really sent to an images route. */
function captured(route: string): unknown {
  if (!existsSync(requestsPath)) return null
  const lines = readFileSync(requestsPath, 'utf8').trim().split('\n')
  const sent = lines.map((line) => JSON.parse(line) as { path: string; body: unknown })
  return sent.find(({ path }) => path.endsWith(route))?.body
}

test('the image request that Open WebUI sent is one call of every model that makes pictures', {
  skip,
}, () => {
  const request = parse(captured('/images/generations') as Fields)
  assert.deepEqual(request, {
    ...NOTHING_SAID,
    model: 'img-model',
    prompt: 'a cat',
    count: 2,
    size: { width: 1024, height: 1024 },
  })
  for (const [id, calls] of [
    ['amazon.nova-canvas-v1:0', 1],
    ['stability.stable-image-core-v1:1', 2],
  ] as const) {
    const made = toImageCalls(request, {
      target: imageTarget(id),
      edit: null,
      policy: imagePolicy({ dropParams: false }),
    })
    assert.equal(made.calls.length, calls, id)
    assert.deepEqual(made.dropped, [], id)
  }
})

test('the form fields of the edit that Open WebUI sent are a request', { skip }, () => {
  const form = String(captured('/images/edits'))
  const fields = Object.fromEntries(
    [...form.matchAll(/name="(\w+)"\r\n\r\n([^\r]*)\r\n/g)].map(([, name = '', value = '']) => [name, value]),
  )
  assert.deepEqual(parse(fields), { ...NOTHING_SAID, model: 'edit-model', prompt: 'make red' })
})

test('pictures of a request that can have none are refused by name, wherever they stand', () => {
  for (const param of ['image', 'images', 'image[]', 'mask']) {
    for (const body of [{ [param]: 'iVBORw0KGgo=' }, { extra_body: { [param]: [{ image_url: 'x' }] } }]) {
      assert.throws(() => requireNoPictures(body), { code: 'invalid_request', param })
    }
    for (const nothing of ['', null, []]) requireNoPictures({ [param]: nothing })
  }
})
