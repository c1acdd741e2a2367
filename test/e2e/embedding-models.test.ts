import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, suite, test } from 'node:test'
import { buildCatalogue } from '../emulator/catalogue.js'
import { type Emulator, startEmulator } from '../emulator/emulator.js'
import { eventually, readError } from './chat.js'
import { type Daemon, startDaemon } from './daemon.js'

const REGION = 'us-east-1'
const TITAN = 'amazon.titan-embed-text-v2:0'
const COHERE_V4 = 'cohere.embed-v4:0'
const RERANK = 'cohere.rerank-v3-5:0'
const PROFILE = `arn:aws:bedrock:${REGION}:123456789012:application-inference-profile/0a1b2c3d4e5f`
const UNSEEN_PROFILE = `arn:aws:bedrock:${REGION}:123456789012:application-inference-profile/ffffffffffff`

const CONFIG = `
aliases:
  documents: { model: ${COHERE_V4} }
  easy: { model: ${TITAN}, drop_params: true }
  easy-ranks: { model: ${RERANK}, drop_params: true }
model_list:
  - model_name: lite
    litellm_params: { model: bedrock/${TITAN} }
    model_info: { mode: embedding }
  - model_name: lite-arn
    litellm_params: { model: "bedrock/arn:aws:bedrock:${REGION}::foundation-model/cohere.embed-english-v3" }
`

suite('embedding and rerank models by their names, with a gateway that drops no parameter', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bedrockd-test-'))
  let emulator: Emulator
  let daemon: Daemon

  before(async () => {
    writeFileSync(join(folder, 'bedrockd.yaml'), CONFIG)
    const { profiles } = buildCatalogue(REGION)
    const profile = {
      inferenceProfileId: '0a1b2c3d4e5f',
      inferenceProfileArn: PROFILE,
      inferenceProfileName: 'team-documents',
      type: 'APPLICATION' as const,
      status: 'ACTIVE',
      models: [{ modelArn: `arn:aws:bedrock:${REGION}::foundation-model/${COHERE_V4}` }],
    }
    emulator = await startEmulator({ profiles: { [REGION]: [...profiles, profile] } })
    daemon = await startDaemon({
      emulator,
      environment: {
        BEDROCKD_CONFIG: join(folder, 'bedrockd.yaml'),
        BEDROCKD_DROP_PARAMS: 'false',
        BEDROCKD_EMBEDDING_CALLS_MAX: '1',
        BEDROCKD_EMBEDDING_WAIT_SECONDS: '1',
      },
    })
  })
  after(async () => {
    await daemon?.kill()
    await emulator?.close()
    rmSync(folder, { recursive: true, force: true })
  })
  afterEach(() => emulator.reset())

  const post = (path: string, body: object): Promise<Response> =>
    fetch(`${daemon.url}/v1/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(30_000),
    })
  const embed = (more: object): Promise<Response> => post('embeddings', { input: 'Hello', ...more })
  const rank = (more: object): Promise<Response> =>
    post('rerank', { model: RERANK, query: 'a', documents: ['a', 'b'], ...more })

  for (const [name, length, asked] of [
    ['documents', 1536, COHERE_V4],
    ['lite', 1024, TITAN],
    ['lite-arn', 1024, 'cohere.embed-english-v3'],
    [`bedrock/${TITAN}`, 1024, TITAN],
    ['global.cohere.embed-v4:0', 1536, 'global.cohere.embed-v4:0'],
    [PROFILE, 1536, PROFILE],
  ] as const) {
    test(`${name} is a model that makes embeddings`, async () => {
      const response = await embed({ model: name })
      const reply = (await response.json()) as { model: string; data: { embedding: number[] }[] }
      assert.equal(response.status, 200, JSON.stringify(reply))
      assert.equal(reply.data[0]?.embedding.length, length)
      assert.equal(reply.model, name)
      assert.equal(emulator.requests.at(-1)?.modelId, asked)
    })
  }

  test("a name of OpenAI's that nothing stands in for is refused by the name of the setting", async () => {
    const { message, param } = await readError(await embed({ model: 'text-embedding-3-small' }), 404)
    assert.match(message, /set DEFAULT_EMBEDDING_MODEL .*\/v1\/models\?type=embedding/)
    assert.equal(param, 'model')
    const ranks = await readError(await rank({ model: 'rerank-english-v3.0' }), 404)
    assert.match(ranks.message, /set BEDROCKD_DEFAULT_RERANK_MODEL .*\/v1\/models\?type=rerank/)
    const unknown = await readError(await embed({ model: 'nowhere' }), 404)
    assert.match(unknown.message, /\/v1\/models\?type=embedding lists/)
  })

  test('a model for something else is refused by the endpoint that it has', async () => {
    const chat = await post('chat/completions', {
      model: 'documents',
      messages: [{ role: 'user', content: 'Hi' }],
    })
    assert.match((await readError(chat, 400)).message, /use \/v1\/embeddings/)
    assert.match((await readError(await rank({ model: TITAN }), 400)).message, /use \/v1\/embeddings/)
    assert.match((await readError(await embed({ model: RERANK }), 400)).message, /use \/v1\/rerank/)
    const marengo = await readError(await embed({ model: 'twelvelabs.marengo-embed-2-7-v1:0' }), 400)
    assert.match(marengo.message, /Titan, Cohere and Nova/)
  })

  test('a profile that no refresh listed is not said to chat', async () => {
    const { message, param } = await readError(await embed({ model: UNSEEN_PROFILE }), 400)
    assert.match(message, /bedrock:ListInferenceProfiles/)
    assert.equal(param, 'model')
  })

  test('a parameter that the model does not see is refused by its name, small or large the request', async () => {
    const large = Array.from({ length: 60 }, () => 'filler '.repeat(1_000))
    for (const input of ['Hello', large]) {
      const plain = { model: TITAN, input, user: 'u', encoding_format: 'base64', truncate: 'END' }
      assert.equal((await embed(plain)).status, 200)
      assert.equal((await readError(await embed({ ...plain, speed: 1 }), 400)).param, 'speed')
      // Titan makes one vector, whatever it is for.
      assert.equal((await readError(await embed({ ...plain, input_type: 'query' }), 400)).param, 'input_type')
    }
    assert.equal((await embed({ model: COHERE_V4, input_type: 'query' })).status, 200)
    assert.equal((await readError(await rank({ speed: 1 }), 400)).param, 'speed')
  })

  test('the word of an alias goes before the setting, and the reply names what was left out', async () => {
    const dropped = await embed({ model: 'easy', speed: 1, input_type: 'query' })
    assert.equal(dropped.status, 200)
    assert.equal(dropped.headers.get('x-bedrockd-dropped-params'), 'speed, input_type')
    const ranked = await rank({ model: 'easy-ranks', speed: 1 })
    assert.equal(ranked.headers.get('x-bedrockd-dropped-params'), 'speed')
  })

  test('what is too long is said in words that fit', async () => {
    const message = 'Input is too long for requested model.'
    emulator.set({ failWith: { status: 400, type: 'ValidationException', message } })
    const embedding = await readError(await embed({ model: COHERE_V4 }), 400)
    const ranking = await readError(await rank({}), 400)
    assert.deepEqual([embedding.code, embedding.param], ['context_length_exceeded', 'input'])
    assert.deepEqual([ranking.code, ranking.param], ['context_length_exceeded', 'documents'])
    for (const error of [embedding, ranking]) assert.doesNotMatch(error.message, /conversation|max_tokens/)
  })

  test('who waited too long is told what to change, whoever was in the way', async () => {
    emulator.set({ headersDelayMs: 1_500 })
    const before = emulator.requests.length
    const first = embed({ model: TITAN })
    await eventually(() => emulator.requests.length > before, 'the first call')
    const crowded = await embed({ model: TITAN })
    assert.ok(Number(crowded.headers.get('retry-after')) > 0)
    assert.match((await readError(crowded, 429)).message, /BEDROCKD_EMBEDDING_CALLS_MAX/)
    assert.equal((await first).status, 200)
    emulator.reset()
    emulator.set({ throttle: true })
    const throttled = await embed({ model: TITAN })
    assert.ok(Number(throttled.headers.get('retry-after')) > 0)
    assert.match(
      (await readError(throttled, 429)).message,
      /BEDROCKD_EMBEDDING_WAIT_SECONDS\): AWS throttles this model/,
    )
  })
})
