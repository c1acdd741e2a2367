import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, suite, test } from 'node:test'
import type OpenAI from 'openai'
import sharp from 'sharp'
import type { StreamInfo } from '../../src/admin/types.js'
import { type Emulator, type RecordedRequest, startEmulator } from '../emulator/emulator.js'
import { readDrawnHash, readDrawnPicture } from '../emulator/images/read-drawn-picture.js'
import { hashOfRequest } from '../emulator/images/request-hash.js'
import { schemaProblems } from '../openai/schema.js'
import { openaiDir, skipWithout } from '../shared.js'
import { eventually, postChat, readError, within } from './chat.js'
import { createSdk } from './chat-client.js'
import { type Daemon, startDaemon } from './daemon.js'
import { imagesOf, markdownImages, parseDataUrl, readImageStream, type WithImages } from './image-chat.js'
import { openRaw, rawChat } from './raw-client.js'

const CORE = 'stability.stable-image-core-v1:1'
const CANVAS = 'amazon.nova-canvas-v1:0'
const UPSCALE = 'us.stability.stable-fast-upscale-v1:0'
const PROMPT = 'a cat on a mat'
const MESSAGES = [{ role: 'user', content: PROMPT }] as const

const ALIASES = `
aliases:
  painter: { model: ${CORE}, parameters: { negative_prompt: rain, output_format: jpeg, seed: 12, temperature: 0.5 } }
  describer: { model: ${CORE}, parameters: { image_output: markdown } }
  strict: { model: ${CORE}, drop_params: false }
`

const hashOf = (seed: number, prompt = PROMPT): string =>
  hashOfRequest({ taskType: 'text-to-image', prompt, seed, index: 0 })

async function picture(side: number): Promise<string> {
  const bytes = await sharp({ create: { width: side, height: side, channels: 3, background: '#208040' } })
    .png()
    .toBuffer()
  return `data:image/png;base64,${bytes.toString('base64')}`
}

suite('image models in a chat', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bedrockd-test-'))
  let emulator: Emulator
  let daemon: Daemon
  let sdk: OpenAI

  before(async () => {
    writeFileSync(join(folder, 'aliases.yaml'), ALIASES)
    emulator = await startEmulator()
    daemon = await startDaemon({
      emulator,
      environment: { BEDROCKD_PING_SECONDS: '1', BEDROCKD_CONFIG: `${folder}/aliases.yaml` },
    })
    sdk = createSdk(daemon.url)
  })
  after(async () => {
    await daemon?.kill()
    await emulator?.close()
    rmSync(folder, { recursive: true, force: true })
  })
  afterEach(() => emulator.reset())

  const calls = (): readonly RecordedRequest[] =>
    emulator.requests.filter(({ operation }) => operation === 'InvokeModel')
  const lastBody = (): Readonly<Record<string, unknown>> =>
    (calls().at(-1)?.body ?? {}) as Readonly<Record<string, unknown>>
  const streams = async (): Promise<readonly StreamInfo[]> =>
    ((await daemon.admin('/streams')) as { streams: StreamInfo[] }).streams
  const chat = (extra: Readonly<Record<string, unknown>> = {}, init: RequestInit = {}): Promise<Response> =>
    postChat(daemon.url, { model: CORE, messages: MESSAGES, ...extra }, init)

  function ask(extra: object): Promise<OpenAI.ChatCompletion> {
    const body = { model: CORE, messages: MESSAGES, ...extra }
    return sdk.chat.completions.create(body as unknown as OpenAI.ChatCompletionCreateParamsNonStreaming)
  }

  test('the OpenAI SDK gets a picture beside an empty text', { skip: skipWithout(openaiDir) }, async () => {
    const completion = await ask({ seed: 7 })
    assert.deepEqual(schemaProblems('CreateChatCompletionResponse', completion), [])
    const [choice, ...others] = completion.choices
    assert.equal(others.length, 0)
    assert.equal(choice?.finish_reason, 'stop')
    assert.equal(choice.message.content, '')
    assert.equal(completion.usage?.total_tokens, 0)
    assert.equal(completion.model, CORE)
    const [image] = imagesOf(completion.choices)
    assert.equal(image?.type, 'image_url')
    const { format, bytes } = parseDataUrl(image.image_url.url)
    assert.equal(format, 'png')
    assert.equal(await readDrawnHash(bytes), hashOf(7))
  })

  test('the OpenAI SDK reads a stream of two pictures, each a delta of its own', async () => {
    const body = { model: CORE, messages: MESSAGES, n: 2, seed: 20, stream: true } as object
    const stream = await sdk.chat.completions.create(body as OpenAI.ChatCompletionCreateParamsStreaming)
    const hashes: string[] = []
    const finishReasons: string[] = []
    for await (const { choices } of stream) {
      for (const { delta, finish_reason } of choices) {
        if (finish_reason !== null) finishReasons.push(finish_reason)
        const { images = [] } = delta as WithImages
        assert.ok(images.length <= 1)
        for (const { image_url } of images)
          hashes.push(await readDrawnHash(parseDataUrl(image_url.url).bytes))
      }
    }
    assert.deepEqual(hashes.sort(), [hashOf(20), hashOf(21)].sort())
    assert.deepEqual(finishReasons, ['stop'])
  })

  test('n pictures come in order in one message, which has them in full quality', async () => {
    emulator.set({ noise: true })
    const { choices } = await ask({ n: 2, seed: 30 })
    const images = imagesOf(choices)
    const pictures = images.map(({ image_url }) => parseDataUrl(image_url.url))
    assert.deepEqual(await Promise.all(pictures.map(({ bytes }) => readDrawnHash(bytes))), [
      hashOf(30),
      hashOf(31),
    ])
    for (const { bytes } of pictures) assert.ok(bytes.length > 500_000, `only ${bytes.length} bytes`)
  })

  test('Open WebUI gets every line of a stream of large pictures, and each is what its label says', async () => {
    emulator.set({ noise: true })
    const usage = { stream_options: { include_usage: true } }
    const reading = await readImageStream(await chat({ stream: true, n: 3, seed: 50, ...usage }))
    const order = reading.order.filter((kind) => kind !== 'ping')
    assert.deepEqual(order, ['role', 'images', 'images', 'images', 'finish', 'usage', 'done'])
    assert.equal(reading.chunks.at(-1)?.usage?.total_tokens, 0)
    const hashes: string[] = []
    for (const url of reading.urls) {
      const { format, bytes } = parseDataUrl(url)
      assert.ok(bytes.length <= 96_000)
      const drawn = await readDrawnPicture(bytes)
      assert.equal(drawn.format, format)
      hashes.push(drawn.hash)
    }
    assert.deepEqual(hashes.sort(), [50, 51, 52].map((seed) => hashOf(seed)).sort())
  })

  test("every chunk has OpenAI's shape, and no usage comes unasked", {
    skip: skipWithout(openaiDir),
  }, async () => {
    for (const image_output of ['images', 'markdown', 'markdown-url']) {
      const reading = await readImageStream(await chat({ stream: true, image_output }))
      for (const chunk of reading.chunks) {
        assert.deepEqual(schemaProblems('CreateChatCompletionStreamResponse', chunk), [])
      }
      assert.ok(!reading.order.includes('usage'))
    }
  })

  test('a client that asks for markdown gets the picture in the text, in full quality, streamed or not', async () => {
    emulator.set({ noise: true })
    const { choices } = await ask({ image_output: 'markdown', n: 2, seed: 60 })
    assert.deepEqual(imagesOf(choices), [])
    const reading = await readImageStream(
      await chat({ stream: true, n: 2, seed: 60, extra_body: { image_output: 'markdown' } }),
    )
    assert.deepEqual(reading.urls, [])
    assert.ok(reading.order.filter((kind) => kind === 'text').length > 20)
    assert.ok(reading.lineBytesMax < 65_536)
    for (const text of [choices[0]?.message.content ?? '', reading.text]) {
      const pictures = markdownImages(text).map(parseDataUrl)
      const hashes = await Promise.all(pictures.map(({ bytes }) => readDrawnHash(bytes)))
      assert.deepEqual(hashes.sort(), [hashOf(60), hashOf(61)].sort())
      for (const { bytes } of pictures) assert.ok(bytes.length > 500_000)
    }
  })

  test('markdown with links leads to the pictures', async () => {
    const { choices } = await ask({ image_output: 'markdown-url', n: 2, seed: 70 })
    const reading = await readImageStream(
      await chat({ stream: true, n: 2, seed: 70, image_output: 'markdown-url' }),
    )
    for (const text of [choices[0]?.message.content ?? '', reading.text]) {
      const files = await Promise.all(markdownImages(text).map((url) => fetch(url)))
      const hashes = files.map(async (file) => readDrawnHash(Buffer.from(await file.arrayBuffer())))
      assert.deepEqual(await Promise.all(hashes), [hashOf(70), hashOf(71)])
    }
  })

  test('the last user message alone is the prompt, its texts joined', async () => {
    const messages = [
      { role: 'system', content: 'You paint.' },
      { role: 'user', content: 'a dog' },
      { role: 'assistant', content: 'Here it is.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'a cat' },
          { type: 'text', text: 'on a mat' },
        ],
      },
    ]
    await ask({ messages })
    assert.equal(lastBody()['prompt'], 'a cat\non a mat')
  })

  test('a history that is too large for the event loop is read in a worker', async () => {
    const messages = [
      { role: 'user', content: 'word '.repeat(100_000) },
      { role: 'assistant', content: 'Yes.' },
      ...MESSAGES,
    ]
    const { choices } = await ask({ messages, seed: 8, image_output: 'markdown' })
    const [url] = markdownImages(choices[0]?.message.content ?? '')
    assert.equal(await readDrawnHash(parseDataUrl(url).bytes), hashOf(8))
  })

  test('an attached picture is edited, and an old one is not sent', async () => {
    const old = { type: 'image_url', image_url: { url: await picture(400) } }
    const attached = { type: 'image_url', image_url: { url: await picture(512) } }
    const messages = [
      { role: 'user', content: [{ type: 'text', text: 'look' }, old] },
      { role: 'assistant', content: 'Nice.' },
      { role: 'user', content: [{ type: 'text', text: 'more flowers' }, attached] },
    ]
    const { choices } = await ask({ model: CANVAS, messages })
    const [image] = imagesOf(choices)
    await readDrawnHash(parseDataUrl(image?.image_url.url).bytes)
    const { taskType, imageVariationParams: said } = lastBody() as {
      taskType: string
      imageVariationParams: { text: string; images: string[] }
    }
    assert.equal(taskType, 'IMAGE_VARIATION')
    assert.equal(said.text, 'more flowers')
    assert.equal(said.images.length, 1)
    const { width } = await sharp(Buffer.from(said.images[0] ?? '', 'base64')).metadata()
    assert.equal(width, 512)
  })

  test("OpenAI's names stand for a model that edits where a picture is attached", async () => {
    const content = [
      { type: 'text', text: 'more flowers' },
      { type: 'image_url', image_url: { url: await picture(512) } },
    ]
    await ask({ model: 'gpt-image-1', messages: [{ role: 'user', content }] })
    assert.equal(calls().at(-1)?.modelId, CANVAS)
    await ask({ model: 'gpt-image-1' })
    assert.equal(calls().at(-1)?.modelId, CORE)
  })

  const user = (content: unknown): object => ({ messages: [{ role: 'user', content }] })
  for (const { name, body, param, code = 'invalid_request' } of [
    { name: 'no text', body: user('  '), param: 'messages' },
    { name: 'no user message', body: { messages: [{ role: 'system', content: 'a' }] }, param: 'messages' },
    { name: 'no messages', body: { messages: [] }, param: 'messages' },
    { name: 'a prompt that is too long', body: user('word '.repeat(3_000)), param: 'messages' },
    {
      name: 'no picture for a model that edits',
      body: { model: UPSCALE },
      param: 'messages',
      code: 'unsupported',
    },
    {
      name: 'a picture for a model that does not edit',
      body: user([{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }]),
      param: 'model',
      code: 'unsupported',
    },
    {
      name: 'a broken picture',
      body: {
        model: CANVAS,
        ...user([
          { type: 'text', text: 'more' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
        ]),
      },
      param: 'messages[0].content[1].image_url.url',
    },
    {
      name: 'sound',
      body: user([{ type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } }]),
      param: 'messages[0].content[0]',
    },
    { name: 'a wrong size', body: { size: 'large' }, param: 'size' },
    { name: 'too many pictures', body: { n: 11 }, param: 'n' },
    { name: 'a wrong wish', body: { image_output: 'html' }, param: 'image_output' },
    {
      name: 'a parameter that a strict name refuses',
      body: { model: 'strict', temperature: 0.5 },
      param: 'temperature',
      code: 'unsupported',
    },
  ] as const) {
    test(`${name}: a 400 that names ${param}, before Bedrock is asked`, async () => {
      const before = calls().length
      for (const stream of [false, true]) {
        const error = await readError(await chat({ ...body, stream }), 400)
        assert.equal(error.param, param, error.message)
        assert.equal(error.code, code)
      }
      assert.equal(calls().length, before)
    })
  }

  test('what no picture has is left out and named; what asks for nothing is not', async () => {
    const tools = [{ type: 'function', function: { name: 'f', parameters: { type: 'object' } } }]
    const chatOnly = { temperature: 0.2, max_tokens: 50, stop: ['x'], tools, reasoning_effort: 'high' }
    const nothing = {
      top_p: 1,
      frequency_penalty: 0,
      tool_choice: 'auto',
      user: 'u',
      response_format: { type: 'text' },
    }
    const response = await chat({ ...chatOnly, ...nothing })
    assert.equal(response.status, 200)
    const dropped = response.headers.get('x-bedrockd-dropped-params')?.split(', ') ?? []
    assert.deepEqual(dropped.sort(), Object.keys(chatOnly).sort())
    assert.equal((await chat({ model: 'strict', ...nothing })).status, 200)
  })

  test('parameters of images come from the body, from extra_body or from the alias', async () => {
    const { choices } = await ask({ model: 'painter', extra_body: { size: '1024x1024' }, seed: 13 })
    const [image] = imagesOf(choices)
    const { format, bytes } = parseDataUrl(image?.image_url.url)
    assert.equal(format, 'jpeg')
    assert.equal(await readDrawnHash(bytes), hashOf(13))
    assert.equal(lastBody()['negative_prompt'], 'rain')
    const described = await ask({ model: 'describer', seed: 14 })
    const [url] = markdownImages(described.choices[0]?.message.content ?? '')
    assert.equal(await readDrawnHash(parseDataUrl(url).bytes), hashOf(14))
    assert.equal(described.model, 'describer')
  })

  for (const stream of [false, true]) {
    for (const model of [CORE, CANVAS]) {
      test(`what the content filter of ${model} holds back is a 400 (stream: ${stream})`, async () => {
        for (const how of ['prompt', 'output'] as const) {
          emulator.set({ filtered: { how } })
          const error = await readError(await chat({ model, stream, n: 2 }), 400)
          assert.equal(error.code, 'content_policy_violation')
          assert.equal(error.param, 'messages')
          assert.ok(!error.message.includes(PROMPT))
        }
      })
    }
  }

  test('a slow picture is waited for with pings, after a role chunk that opens the stream', async () => {
    emulator.set({ headersDelayMs: 3_500 })
    const { order } = await readImageStream(await chat({ stream: true }))
    assert.deepEqual(order.slice(0, 3), ['role', 'ping', 'ping'])
    assert.deepEqual(order.slice(-3), ['images', 'finish', 'done'])
  })

  test('a failure after the first ping is the last event of the stream', async () => {
    emulator.set({ headersDelayMs: 2_500, filtered: { how: 'prompt' } })
    const { order, error } = await readImageStream(await chat({ stream: true }))
    assert.deepEqual(order.slice(0, 2), ['role', 'ping'])
    assert.deepEqual(order.slice(-2), ['error', 'done'])
    assert.equal(error?.code, 'content_policy_violation')
  })

  test('a failure before the first ping is a status of its own', async () => {
    emulator.set({ failWith: { status: 403, type: 'AccessDeniedException', message: 'No access.' } })
    const error = await readError(await chat({ stream: true }), 403)
    assert.equal(error.code, 'access_denied')
  })

  for (const stream of [false, true]) {
    test(`bedrockctl counts such a chat, and a client that goes away aborts its calls (stream: ${stream})`, async () => {
      emulator.set({ headersDelayMs: 30_000 })
      const before = calls().length
      const client = await openRaw(daemon.port)
      client.socket.write(rawChat({ model: CORE, messages: MESSAGES, n: 2, stream }))
      await eventually(() => calls().length === before + 2, 'the calls')
      const [info] = await eventually(async () => {
        const found = await streams()
        return found.length === 1 && found
      }, 'the stream in the list')
      assert.equal(info?.model, CORE)
      assert.equal(info.events, 0)
      client.socket.destroy()
      const under = calls().slice(before)
      await eventually(() => under.every(({ aborted }) => aborted), 'the aborts')
      await eventually(async () => (await streams()).length === 0, 'the end of the stream')
    })
  }

  test('a client that reads slowly gets every byte of a text with pictures', async () => {
    emulator.set({ noise: true })
    const response = await chat({ stream: true, n: 3, seed: 80, image_output: 'markdown' })
    const parts: Uint8Array[] = []
    // The socket's buffers fill up meanwhile: the pictures have some megabytes.
    await new Promise((resolve) => setTimeout(resolve, 2_000))
    for await (const part of response.body ?? []) parts.push(part)
    const { text } = await readImageStream(new Response(Buffer.concat(parts), { headers: response.headers }))
    const hashes = markdownImages(text).map((url) => readDrawnHash(parseDataUrl(url).bytes))
    assert.deepEqual((await Promise.all(hashes)).sort(), [80, 81, 82].map((seed) => hashOf(seed)).sort())
  })

  test('image models stay out of the list of chats', async () => {
    const { data } = (await (await fetch(`${daemon.url}/v1/models`)).json()) as { data: { id: string }[] }
    const ids = data.map(({ id }) => id)
    assert.ok(ids.length > 10)
    for (const id of [CORE, CANVAS, UPSCALE, 'painter', 'describer']) assert.ok(!ids.includes(id), id)
  })

  test('BEDROCKD_IMAGES_IN_CHAT=false: a 400 that names the endpoint', async (t) => {
    const other = await startDaemon({ emulator, environment: { BEDROCKD_IMAGES_IN_CHAT: 'false' } })
    t.after(() => other.kill())
    const attached = [{ type: 'image_url', image_url: { url: await picture(512) } }]
    for (const content of [PROMPT, 'word '.repeat(100_000), attached]) {
      const body = { model: CORE, messages: [{ role: 'user', content }] }
      const error = await readError(await postChat(other.url, body), 400)
      assert.equal(error.param, 'model')
      assert.match(error.message, /\/v1\/images\/generations/)
    }
  })

  for (const stream of [false, true]) {
    test(`a shutdown that can't wait tells the client (stream: ${stream})`, async (t) => {
      const own = await startEmulator()
      t.after(() => own.close())
      const environment = {
        BEDROCKD_PING_SECONDS: '1',
        BEDROCKD_DRAIN_SECONDS: '3',
        BEDROCKD_DRAIN_DELAY_SECONDS: '0',
      }
      const other = await startDaemon({ emulator: own, environment })
      t.after(() => other.kill())
      own.set({ headersDelayMs: 30_000 })
      const asked = postChat(other.url, { model: CORE, messages: MESSAGES, stream })
      await eventually(() => own.requests.some(({ operation }) => operation === 'InvokeModel'), 'the call')
      other.process.kill('SIGTERM')
      const response = await asked
      if (stream) assert.equal((await readImageStream(response)).error?.code, 'draining')
      else assert.equal((await readError(response, 503)).code, 'draining')
      assert.equal(await within(other.exited, 20_000, 'bedrockd did not end'), 0)
    })
  }
})
