import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, suite, test } from 'node:test'
import sharp from 'sharp'
import { type Emulator, type RecordedRequest, startEmulator } from '../emulator/emulator.js'
import { postChat, readError } from './chat.js'
import { type Daemon, startDaemon } from './daemon.js'
import { readImageStream } from './image-chat.js'

const CORE = 'stability.stable-image-core-v1:1'
const CANVAS = 'amazon.nova-canvas-v1:0'
const BLOCKED = 'a picture of the Weather'
const CLIENTS = { guardrailIdentifier: 'client1', guardrailVersion: '7', trace: 'enabled' }
const ID = 'x-amzn-bedrock-guardrailidentifier'

const ALIASES = `
aliases:
  guarded: { model: ${CORE}, guardrail: { id: alias1, version: "3" } }
`

/** Who is asked for a picture, whatever else is said. */
type Ask = (extra?: Readonly<Record<string, unknown>>) => Promise<Response>

suite('guardrails of image models', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bedrockd-test-'))
  let emulator: Emulator
  let free: Daemon
  let required: Daemon
  let photo: Buffer

  before(async () => {
    writeFileSync(join(folder, 'aliases.yaml'), ALIASES)
    emulator = await startEmulator()
    const environment = {
      BEDROCKD_CONFIG: `${folder}/aliases.yaml`,
      BEDROCKD_GUARDRAIL_ID: 'setting1',
      BEDROCKD_GUARDRAIL_VERSION: '2',
    }
    free = await startDaemon({ emulator, environment })
    required = await startDaemon({
      emulator,
      environment: { ...environment, BEDROCKD_GUARDRAIL_REQUIRED: 'true' },
    })
    photo = await sharp({ create: { width: 512, height: 512, channels: 3, background: '#208040' } })
      .png()
      .toBuffer()
  })
  after(async () => {
    await free?.kill()
    await required?.kill()
    await emulator?.close()
    rmSync(folder, { recursive: true, force: true })
  })
  beforeEach(() => {
    emulator.set({ guardrail: { blockedWords: ['weather'], message: 'No.' } })
  })
  afterEach(() => emulator.reset())

  const calls = (): readonly RecordedRequest[] =>
    emulator.requests.filter(({ operation }) => operation === 'InvokeModel')

  function post(url: string, body: object): Promise<Response> {
    return fetch(url, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
      signal: AbortSignal.timeout(40_000),
    })
  }

  function edit(daemon: Daemon, extra: Readonly<Record<string, unknown>>): Promise<Response> {
    const form = new FormData()
    form.set('image', new Blob([photo], { type: 'image/png' }), 'photo.png')
    const fields = { model: CANVAS, prompt: 'more flowers', ...extra }
    for (const [name, value] of Object.entries(fields)) {
      form.set(name, typeof value === 'string' ? value : JSON.stringify(value))
    }
    return fetch(`${daemon.url}/v1/images/edits`, {
      method: 'POST',
      body: form,
      signal: AbortSignal.timeout(40_000),
    })
  }

  const contentOf = (prompt: unknown, picture: boolean): unknown =>
    picture
      ? [
          { type: 'text', text: prompt },
          {
            type: 'image_url',
            image_url: { url: `data:image/png;base64,${photo.toString('base64')}` },
          },
        ]
      : prompt
  const chat = (
    daemon: Daemon,
    model: string,
    { prompt = 'a cat', ...extra }: Readonly<Record<string, unknown>>,
  ): Promise<Response> => {
    const messages = [{ role: 'user', content: contentOf(prompt, model === CANVAS) }]
    return postChat(daemon.url, { model, messages, ...extra })
  }

  const waysOf = (daemon: () => Daemon): readonly (readonly [name: string, ask: Ask])[] => [
    [
      'a generation',
      (extra) =>
        post(`${daemon().url}/v1/images/generations`, { model: CORE, prompt: 'a cat', n: 2, ...extra }),
    ],
    ['an edit', (extra = {}) => edit(daemon(), extra)],
    ['a chat', (extra = {}) => chat(daemon(), CORE, extra)],
    ['a chat with a picture', (extra = {}) => chat(daemon(), CANVAS, extra)],
  ]

  for (const [name, ask] of waysOf(() => free)) {
    test(`${name} is watched by the operator's guardrail`, async () => {
      const before = calls().length
      const response = await ask()
      assert.equal(response.status, 200, await response.text())
      const made = calls().slice(before)
      assert.ok(made.length > 0)
      for (const { headers } of made) {
        assert.equal(headers[ID], 'setting1')
        assert.equal(headers['x-amzn-bedrock-guardrailversion'], '2')
      }
    })

    test(`${name} that the guardrail stops is a refusal of the content`, async () => {
      const error = await readError(await ask({ prompt: BLOCKED }), 400)
      assert.equal(error.code, 'content_policy_violation')
      assert.match(error.message, /guardrail/)
    })

    test(`${name} may name a guardrail of its own`, async () => {
      const response = await ask({ guardrailConfig: CLIENTS })
      assert.equal(response.status, 200, await response.text())
      const { headers } = calls().at(-1) ?? assert.fail('no call')
      assert.equal(headers[ID], 'client1')
      assert.equal(headers['x-amzn-bedrock-guardrailversion'], '7')
      assert.equal(headers['x-amzn-bedrock-trace'], 'ENABLED')
    })

    test(`${name} that names no guardrail that there can be is refused before Bedrock is asked`, async () => {
      const before = calls().length
      const guardrailConfig = { guardrailIdentifier: 'Not\r\nan: id', guardrailVersion: '1' }
      const error = await readError(await ask({ guardrailConfig }), 400)
      assert.equal(error.param, 'guardrailConfig.guardrailIdentifier')
      assert.equal(calls().length, before)
    })
  }

  for (const [name, ask] of waysOf(() => required)) {
    test(`${name} can't have another guardrail than the operator's where that is required`, async () => {
      const response = await ask({ guardrailConfig: CLIENTS })
      assert.equal(response.status, 200, await response.text())
      assert.equal(response.headers.get('x-bedrockd-dropped-params'), 'guardrailConfig')
      assert.equal(calls().at(-1)?.headers[ID], 'setting1')
    })
  }

  test("an alias's guardrail goes before the setting", async () => {
    for (const send of [
      () => post(`${free.url}/v1/images/generations`, { model: 'guarded', prompt: 'a cat' }),
      () => chat(free, 'guarded', {}),
    ]) {
      const response = await send()
      assert.equal(response.status, 200, await response.text())
      assert.equal(calls().at(-1)?.headers[ID], 'alias1')
    }
  })

  test('a guardrail that is not in the region of the model is named', async () => {
    emulator.set({ guardrail: null })
    for (const [, ask] of waysOf(() => free)) {
      const error = await readError(await ask(), 400)
      assert.equal(error.code, 'invalid_request')
      assert.equal(error.param, 'guardrailConfig')
      assert.match(error.message, /region of the model/)
    }
  })

  test('a stream that the guardrail stops brings no picture', async () => {
    const images = await post(`${free.url}/v1/images/generations`, {
      model: CORE,
      prompt: BLOCKED,
      stream: true,
    })
    assert.equal((await readError(images, 400)).code, 'content_policy_violation')
    // Once a ping has opened the stream, its last event says so.
    emulator.set({ headersDelayMs: 300 })
    const pinging = await startDaemon({
      emulator,
      environment: { BEDROCKD_GUARDRAIL_ID: 'setting1', BEDROCKD_PING_SECONDS: '0.1' },
    })
    try {
      const reading = await readImageStream(await chat(pinging, CORE, { prompt: BLOCKED, stream: true }))
      assert.equal(reading.error?.code, 'content_policy_violation')
      assert.deepEqual(reading.urls, [])
    } finally {
      await pinging.kill()
    }
  })
})
