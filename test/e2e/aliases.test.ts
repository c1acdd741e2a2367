import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { type Emulator, startEmulator } from '../emulator/emulator.js'
import { MODEL, postChat, readError } from './chat.js'
import { type Daemon, startDaemon } from './daemon.js'

const OURS = `
aliases:
  brief: { model: ${MODEL}, parameters: { temperature: 0.25, max_tokens: 50, stop: [END] } }
  strict: { model: ${MODEL}, drop_params: false }
`
const LITE_LLM = `
model_list:
  - model_name: nova
    litellm_params: { model: bedrock/${MODEL}, temperature: 0.75, max_completion_tokens: 60 }
router_settings: { model_group_alias: { gpt-4o: nova } }
litellm_settings: { drop_params: true }
`

interface Sent {
  readonly inferenceConfig?: {
    readonly temperature?: number
    readonly maxTokens?: number
    readonly stopSequences?: readonly string[]
  }
}

suite('names with parameters of their own', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bedrockd-test-'))
  let emulator: Emulator
  let daemon: Daemon

  before(async () => {
    writeFileSync(join(folder, 'ours.yaml'), OURS)
    writeFileSync(join(folder, 'lite.yaml'), LITE_LLM)
    emulator = await startEmulator()
    daemon = await startDaemon({
      emulator,
      environment: { BEDROCKD_CONFIG: `${folder}/ours.yaml:${folder}/lite.yaml` },
    })
  })
  after(async () => {
    await daemon?.kill()
    await emulator?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  /** What Bedrock is told when a client asks for this. */
  async function send(
    body: Readonly<Record<string, unknown>>,
  ): Promise<NonNullable<Sent['inferenceConfig']>> {
    const response = await postChat(daemon.url, body)
    const reply = (await response.json()) as { model: string }
    assert.equal(response.status, 200, JSON.stringify(reply))
    assert.equal(reply.model, body['model'])
    const { modelId, body: sent } = emulator.requests.at(-1) ?? assert.fail('nothing was sent')
    assert.equal(modelId, MODEL)
    return (sent as Sent).inferenceConfig ?? {}
  }

  test('the parameters of an alias hold where the client says nothing', async () => {
    assert.deepEqual(await send({ model: 'brief' }), {
      temperature: 0.25,
      maxTokens: 50,
      stopSequences: ['END'],
    })
  })

  test('what the client says goes before, under either name of a parameter', async () => {
    const said = await send({ model: 'brief', temperature: 0.5, max_completion_tokens: 7, stop: null })
    assert.deepEqual(said, { temperature: 0.5, maxTokens: 7, stopSequences: ['END'] })
    assert.equal((await send({ model: 'nova', max_tokens: 7 })).maxTokens, 7)
  })

  test("LiteLLM's parameters hold, too, and so they do under a group alias", async () => {
    for (const model of ['nova', 'gpt-4o']) {
      const { temperature, maxTokens } = await send({ model })
      assert.deepEqual({ temperature, maxTokens }, { temperature: 0.75, maxTokens: 60 })
    }
  })

  test('drop_params of one alias refuses what others leave out', async () => {
    const odd = { parameter_of_nobody: 1 }
    await send({ model: 'brief', ...odd })
    const error = await readError(await postChat(daemon.url, { model: 'strict', ...odd }), 400)
    assert.equal(error.code, 'unsupported')
  })

  test('aliases are listed and found under their names', async () => {
    const response = await fetch(`${daemon.url}/v1/models`)
    const { data } = (await response.json()) as { data: { id: string }[] }
    for (const name of ['brief', 'strict', 'nova', 'gpt-4o']) {
      assert.ok(
        data.some(({ id }) => id === name),
        name,
      )
      assert.equal((await fetch(`${daemon.url}/v1/models/${name}`)).status, 200)
    }
  })
})
