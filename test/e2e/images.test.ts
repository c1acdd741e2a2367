import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, suite, test } from 'node:test'
import OpenAI, { toFile } from 'openai'
import sharp from 'sharp'
import type { Status } from '../../src/admin/types.js'
import { type Emulator, type RecordedRequest, startEmulator } from '../emulator/emulator.js'
import { readDrawnHash, readDrawnPicture } from '../emulator/images/read-drawn-picture.js'
import { hashOfRequest } from '../emulator/images/request-hash.js'
import { schemaProblems } from '../openai/schema.js'
import { openaiDir, openwebuiDir, skipWithout } from '../shared.js'
import { eventually, readError } from './chat.js'
import { type Daemon, startDaemon } from './daemon.js'

const KEY = 'client-key-1'
const CORE = 'stability.stable-image-core-v1:1'
const CANVAS = 'amazon.nova-canvas-v1:0'
const PROMPT = 'a cat on a mat'

const ALIASES = `
aliases:
  img-model: { model: ${CORE} }
  edit-model: { model: ${CANVAS} }
`

/** What Open WebUI sent to both endpoints: JSON, and a form with its bytes as Latin-1. */
const CAPTURED = join(openwebuiDir, 'requests.jsonl')
interface Captured {
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
}
function captured(path: string): Captured {
  const lines = readFileSync(CAPTURED, 'utf8').trim().split('\n')
  const found = lines.map((line) => JSON.parse(line) as Captured).find((request) => request.path === path)
  return found ?? assert.fail(`no captured request of ${path}`)
}

const hashOf = (seed: number, prompt = PROMPT): string =>
  hashOfRequest({ taskType: 'text-to-image', prompt, seed, index: 0 })

const toBytes = (base64: string | undefined): Buffer => Buffer.from(base64 ?? '', 'base64')

suite('images', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bedrockd-test-'))
  let emulator: Emulator
  let daemon: Daemon
  let client: OpenAI

  before(async () => {
    writeFileSync(join(folder, 'aliases.yaml'), ALIASES)
    emulator = await startEmulator()
    daemon = await startDaemon({
      emulator,
      environment: { BEDROCKD_API_KEYS: KEY, BEDROCKD_CONFIG: `${folder}/aliases.yaml` },
    })
    client = new OpenAI({ baseURL: `${daemon.imagesUrl}/v1`, apiKey: KEY, maxRetries: 0, timeout: 40_000 })
  })
  after(async () => {
    await daemon?.kill()
    await emulator?.close()
    rmSync(folder, { recursive: true, force: true })
  })
  afterEach(() => emulator.reset())

  const calls = (): readonly RecordedRequest[] =>
    emulator.requests.filter(({ operation }) => operation === 'InvokeModel')

  function post(path: string, body: unknown, init: RequestInit = {}): Promise<Response> {
    return fetch(`${daemon.url}${path}`, {
      method: 'POST',
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(40_000),
      ...init,
      headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json', ...init.headers },
    })
  }
  const generate = (extra: object = {}, init: RequestInit = {}): Promise<Response> =>
    post('/v1/images/generations', { model: 'dall-e-3', prompt: PROMPT, ...extra }, init)

  test('the OpenAI SDK gets a PNG as base64, of a model that stands in for dall-e-3', async () => {
    const extra = { seed: 7 } as object
    const reply = await client.images.generate({ model: 'dall-e-3', prompt: PROMPT, ...extra })
    assert.equal(reply.data?.length, 1)
    const drawn = await readDrawnPicture(toBytes(reply.data?.[0]?.b64_json))
    assert.equal(drawn.format, 'png')
    assert.equal(drawn.hash, hashOf(7))
    assert.equal(calls().at(-1)?.modelId, CORE)
    assert.equal(reply.output_format, 'png')
  })

  test("a reply has OpenAI's shape", { skip: skipWithout(openaiDir) }, async () => {
    for (const response_format of ['b64_json', 'url']) {
      const response = await generate({ size: '1024x1024', response_format })
      assert.equal(response.status, 200)
      assert.equal(response.headers.get('content-type'), 'application/json')
      const reply = (await response.json()) as { size?: string }
      assert.deepEqual(schemaProblems('ImagesResponse', reply), [])
      assert.equal(reply.size, '1024x1024')
    }
  })

  test('several pictures of a model that makes one are different ones, in order', async () => {
    const before = calls().length
    const extra = { seed: 100 } as object
    const reply = await client.images.generate({ model: CORE, prompt: PROMPT, n: 3, ...extra })
    const hashes = await Promise.all(
      (reply.data ?? []).map(({ b64_json }) => readDrawnHash(toBytes(b64_json))),
    )
    assert.deepEqual(hashes, [hashOf(100), hashOf(101), hashOf(102)])
    assert.equal(calls().length - before, 3)
  })

  test('a link leads to the picture without a key', async () => {
    const extra = { seed: 8 } as object
    const reply = await client.images.generate({ prompt: PROMPT, response_format: 'url', ...extra })
    const url = reply.data?.[0]?.url ?? assert.fail('no url')
    assert.equal(reply.data?.[0]?.b64_json, undefined)
    const file = await fetch(url)
    assert.equal(file.headers.get('content-type'), 'image/png')
    assert.equal(await readDrawnHash(Buffer.from(await file.arrayBuffer())), hashOf(8))
  })

  test('the OpenAI SDK reads a stream: one event for each picture', {
    skip: skipWithout(openaiDir),
  }, async () => {
    const extra = { seed: 20 } as object
    const stream = await client.images.generate({ prompt: PROMPT, n: 2, stream: true, ...extra })
    const hashes: string[] = []
    for await (const event of stream) {
      assert.deepEqual(schemaProblems('ImageGenCompletedEvent', event), [])
      hashes.push(await readDrawnHash(toBytes(event.b64_json)))
    }
    assert.deepEqual(hashes.sort(), [hashOf(20), hashOf(21)].sort())
  })

  test('a client that reads a stream of large pictures slowly gets every byte of each', async () => {
    emulator.set({ noise: true })
    const response = await generate({ n: 4, seed: 50, stream: true })
    const chunks: Uint8Array[] = []
    // The socket's buffers fill up meanwhile: a megapixel of noise has 3 MB of base64.
    await new Promise((resolve) => setTimeout(resolve, 2_000))
    for await (const chunk of response.body ?? []) {
      chunks.push(chunk)
      if (chunks.length % 16 === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    }
    const text = Buffer.concat(chunks).toString('latin1')
    assert.ok(text.endsWith('\n\ndata: [DONE]\n\n'))
    assert.ok(text.length > 8_000_000, `only ${text.length} bytes`)
    const events = text.split('\n\n').flatMap((block) => {
      const [, data] = /^event: image_generation\.completed\ndata: (.+)$/.exec(block) ?? []
      return data === undefined ? [] : [JSON.parse(data) as { b64_json: string }]
    })
    const hashes = await Promise.all(events.map(({ b64_json }) => readDrawnHash(toBytes(b64_json))))
    assert.deepEqual(hashes.sort(), [50, 51, 52, 53].map((seed) => hashOf(seed)).sort())
  })

  test('pings keep a stream open while the model works', async () => {
    const patient = await startDaemon({ emulator, environment: { BEDROCKD_PING_SECONDS: '0.2' } })
    try {
      emulator.set({ headersDelayMs: 1_500 })
      const response = await fetch(`${patient.url}/v1/images/generations`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ prompt: PROMPT, stream: true }),
      })
      const text = await response.text()
      assert.ok(text.startsWith(': ping\n\n'))
      assert.match(text, /\n\nevent: image_generation\.completed\n/)
      assert.ok(text.endsWith('data: [DONE]\n\n'))
    } finally {
      await patient.kill()
    }
  })

  test('the OpenAI SDK edits a picture', async () => {
    const below = await sharp({ create: { width: 512, height: 512, channels: 3, background: '#208040' } })
      .png()
      .toBuffer()
    const image = await toFile(below, 'garden.png', { type: 'image/png' })
    const reply = await client.images.edit({ model: 'gpt-image-1', image, prompt: 'more flowers' })
    assert.equal(reply.data?.length, 1)
    await readDrawnHash(toBytes(reply.data?.[0]?.b64_json))
    assert.equal(calls().at(-1)?.modelId, CANVAS)
  })

  test('an edit is streamed, too', { skip: skipWithout(openaiDir) }, async () => {
    const below = await sharp({ create: { width: 512, height: 512, channels: 3, background: '#208040' } })
      .jpeg()
      .toBuffer()
    const image = await toFile(below, 'garden.jpg', { type: 'image/jpeg' })
    const stream = await client.images.edit({ image, prompt: 'more flowers', stream: true })
    const types: string[] = []
    for await (const event of stream) {
      assert.deepEqual(schemaProblems('ImageEditCompletedEvent', event), [])
      types.push(event.type)
    }
    assert.deepEqual(types, ['image_edit.completed'])
  })

  suite('as Open WebUI asks', { skip: skipWithout(CAPTURED) }, () => {
    test('the captured generation', async () => {
      const { body } = captured('/v1/images/generations')
      const response = await post('/v1/images/generations', body)
      const reply = (await response.json()) as { data: { b64_json: string }[] }
      assert.equal(response.status, 200, JSON.stringify(reply).slice(0, 500))
      assert.equal(reply.data.length, 2)
      for (const { b64_json } of reply.data) {
        const { width, height, format } = await readDrawnPicture(toBytes(b64_json))
        assert.deepEqual({ width, height, format }, { width: 1024, height: 1024, format: 'png' })
      }
    })

    test('the captured edit, of a picture of one pixel', async () => {
      const { body, headers } = captured('/v1/images/edits')
      const form = Buffer.from(String(body), 'latin1')
      // The captured picture has a wrong checksum: here is the same without.
      const pixel = await sharp({ create: { width: 1, height: 1, channels: 3, background: '#f00' } })
        .png()
        .toBuffer()
      const start = form.indexOf(pixel.subarray(0, 8))
      const end = form.indexOf('\r\n--', start)
      const response = await post('/v1/images/edits', null, {
        body: Buffer.concat([form.subarray(0, start), pixel, form.subarray(end)]),
        headers: { 'content-type': headers['Content-Type'] ?? '' },
      })
      const reply = (await response.json()) as { data: { b64_json: string }[] }
      assert.equal(response.status, 200, JSON.stringify(reply).slice(0, 500))
      assert.equal(reply.data.length, 1)
      await readDrawnHash(toBytes(reply.data[0]?.b64_json))
    })
  })

  test('pictures are counted by what asked for them, and those that were held back are not', async () => {
    const counters = async (): Promise<readonly number[]> => {
      const { counters: all } = (await daemon.admin('/status')) as Status
      return ['generation', 'edit', 'chat'].map((kind) => all[`images.${kind}`] ?? Number.NaN)
    }
    const before = await counters()
    await (await generate({ n: 2 })).arrayBuffer()
    await (await generate({ n: 2, stream: true, response_format: 'url' })).arrayBuffer()
    const square = { create: { width: 512, height: 512, channels: 3 as const, background: '#208040' } }
    const image = await toFile(await sharp(square).png().toBuffer(), 'garden.png', { type: 'image/png' })
    await client.images.edit({ model: 'gpt-image-1', image, prompt: 'more flowers' })
    for (const stream of [false, true]) {
      const messages = [{ role: 'user', content: PROMPT }]
      await (await post('/v1/chat/completions', { model: CORE, n: 3, messages, stream })).arrayBuffer()
    }
    emulator.set({ filtered: { how: 'output' } })
    assert.equal((await generate()).status, 400)
    const counted = await eventually(async () => {
      const now = (await counters()).map((count, index) => count - (before[index] ?? 0))
      return now[2] === 6 && now
    }, 'the pictures of both chats')
    assert.deepEqual(counted, [4, 1, 6])
  })

  test('a client that goes away aborts every call', async () => {
    emulator.set({ headersDelayMs: 30_000 })
    const before = calls().length
    const leaving = new AbortController()
    const asked = generate({ n: 3 }, { signal: leaving.signal })
    await eventually(() => calls().length === before + 3, 'the calls')
    leaving.abort()
    await assert.rejects(asked)
    await eventually(
      () =>
        calls()
          .slice(before)
          .every(({ aborted }) => aborted),
      'the aborts',
    )
    await daemon.waitForLine(
      (line) => line['clientGone'] === true && line['path'] === '/v1/images/generations',
    )
  })

  test('a client that goes away while its edit is read leaves nothing behind', async () => {
    const form = new FormData()
    form.set('prompt', 'more flowers')
    const noise = { type: 'gaussian' as const, mean: 128, sigma: 60 }
    const large = await sharp({
      create: { width: 1600, height: 1600, channels: 3, noise, background: '#000' },
    })
      .png()
      .toBuffer()
    form.set('image', new Blob([new Uint8Array(large)], { type: 'image/png' }), 'large.png')
    const leaving = new AbortController()
    const asked = fetch(`${daemon.url}/v1/images/edits`, {
      method: 'POST',
      body: form,
      headers: { authorization: `Bearer ${KEY}` },
      signal: leaving.signal,
    })
    setTimeout(() => leaving.abort(), 30)
    await assert.rejects(asked)
    await daemon.waitForLine((line) => line['clientGone'] === true && line['path'] === '/v1/images/edits')
    assert.equal((await generate()).status, 200)
  })

  test('a throttled call is tried again', async () => {
    emulator.set({ replies: [{ throttle: true }, { failWith: serverFault() }] })
    const before = calls().length
    assert.equal((await generate()).status, 200)
    assert.equal(calls().length - before, 3)
  })

  test('throttling that does not pass is a 429, after three more tries', async () => {
    emulator.set({ throttle: true })
    const before = calls().length
    const response = await generate()
    assert.equal((await readError(response, 429)).code, 'rate_limit_exceeded')
    assert.equal(calls().length - before, 4)
  })

  test('one call that is refused ends the others', async () => {
    const refusal = { status: 400, type: 'ValidationException', message: 'No such luck.' }
    emulator.set({ replies: [{ headersDelayMs: 30_000 }, { failWith: refusal }] })
    const before = calls().length
    const error = await readError(await generate({ n: 2 }), 400)
    assert.match(error.message, /No such luck/)
    const delayed = await eventually(
      () =>
        calls()
          .slice(before)
          .find(({ aborted }) => aborted),
      'the abort',
    )
    assert.equal(delayed.status, 0)
  })

  for (const stream of [false, true]) {
    for (const model of [CORE, CANVAS]) {
      for (const how of ['prompt', 'output'] as const) {
        test(`a filtered ${how} of ${model} is a 400 that its reason phrase explains (stream: ${stream})`, async () => {
          emulator.set({ filtered: { how } })
          const response = await generate({ model, n: 2, stream })
          assert.match(response.statusText, /content filter/)
          const error = await readError(response, 400)
          assert.equal(error.code, 'content_policy_violation')
          assert.equal(error.param, 'prompt')
          assert.ok(!error.message.includes(PROMPT))
        })
      }
    }
  }

  test('pictures that passed are sent without those that were held back', async () => {
    emulator.set({ filtered: { how: 'output', images: [1] } })
    const response = await generate({ model: CANVAS, n: 3 })
    assert.equal(((await response.json()) as { data: unknown[] }).data.length, 2)
    emulator.reset()
    emulator.set({ replies: [{ filtered: { how: 'output' } }, {}] })
    const single = await generate({ model: CORE, n: 2 })
    assert.equal(((await single.json()) as { data: unknown[] }).data.length, 1)
  })

  test("an image model's breakdown is tried again", async () => {
    emulator.set({ replies: [{ filtered: { how: 'inference' } }] })
    assert.equal((await generate({ model: CORE })).status, 200)
  })

  test('a failure after the first picture is the last event of the stream', async () => {
    const single = await startDaemon({ emulator, environment: { BEDROCKD_IMAGE_CALLS_MAX: '1' } })
    try {
      // The second call begins when the first has answered, and takes longer than its picture needs.
      const refusal = { status: 400, type: 'ValidationException', message: 'No such luck.' }
      emulator.set({ headersDelayMs: 3_000, replies: [{}, { failWith: refusal }] })
      const sdk = new OpenAI({ baseURL: `${single.url}/v1`, apiKey: 'none', maxRetries: 0 })
      const stream = await sdk.images.generate({ prompt: PROMPT, n: 2, stream: true })
      const types: string[] = []
      await assert.rejects(
        async () => {
          for await (const event of stream) types.push(event.type)
        },
        (error) => error instanceof OpenAI.APIError && /No such luck/.test(error.message),
      )
      assert.deepEqual(types, ['image_generation.completed'])
    } finally {
      await single.kill()
    }
  })

  test('more requests than the setting allows are told to come back', async () => {
    const narrow = await startDaemon({ emulator, environment: { BEDROCKD_IMAGE_REQUESTS_MAX: '1' } })
    try {
      emulator.set({ headersDelayMs: 1_500 })
      const ask = () =>
        fetch(`${narrow.url}/v1/images/generations`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ prompt: PROMPT }),
        })
      const before = calls().length
      const first = ask()
      await eventually(() => calls().length > before, 'the first call')
      const refused = await ask()
      assert.ok(refused.headers.get('retry-after') !== null)
      assert.equal((await readError(refused, 503)).code, 'overloaded')
      assert.equal((await first).status, 200)
      assert.equal((await ask()).status, 200)
    } finally {
      await narrow.kill()
    }
  })

  for (const [name, extra, status, code, param] of [
    ['a chat model', { model: 'amazon.nova-micro-v1:0' }, 400, 'invalid_request', 'model'],
    ['an unknown model', { model: 'nowhere' }, 404, 'model_not_found', 'model'],
    ['no prompt', { prompt: undefined }, 400, 'invalid_request', 'prompt'],
    ['too many pictures', { n: 11 }, 400, 'invalid_request', 'n'],
    ['a size of no form', { size: 'large' }, 400, 'invalid_request', 'size'],
    ['a body that can hold no prompt', { prompt: 'x'.repeat(300_000) }, 413, 'body_too_large', null],
  ] as const) {
    test(`${name} is refused with a reason phrase that names it`, async () => {
      const before = calls().length
      const response = await generate(extra)
      const reason = response.statusText
      const error = await readError(response, status)
      assert.equal(error.code, code)
      assert.equal(error.param, param)
      assert.match(reason, /^[ -~]{8,}$/)
      assert.equal(calls().length, before)
    })
  }

  test('a wrong key says so in the status line', async () => {
    const response = await generate({}, { headers: { authorization: 'Bearer wrong' } })
    assert.equal(response.status, 401)
    assert.equal(response.statusText, 'Invalid API key')
    await response.body?.cancel()
  })

  test('an edit without a picture names the field', async () => {
    const form = new FormData()
    form.set('prompt', 'more flowers')
    const response = await fetch(`${daemon.url}/v1/images/edits`, {
      method: 'POST',
      body: form,
      headers: { authorization: `Bearer ${KEY}` },
    })
    assert.equal((await readError(response, 400)).param, 'image')
  })

  test('the log names the model and the region, and no word of the prompt', async () => {
    await generate({ prompt: 'a very private wish', seed: 3 })
    const line = await daemon.waitForLine((line) => line['model'] === CORE && line['status'] === 200)
    assert.equal(line['region'], 'us-east-1')
    assert.ok(typeof line['bedrockRequestId'] === 'string')
    assert.ok(!daemon.output().includes('private wish'))
  })
})

function serverFault() {
  return { status: 500, type: 'InternalServerException', message: 'It broke.' }
}
