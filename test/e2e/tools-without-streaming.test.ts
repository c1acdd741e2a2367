import assert from 'node:assert/strict'
import { after, afterEach, before, suite, test } from 'node:test'
import { buildCatalogue } from '../emulator/catalogue.js'
import { type Emulator, type RecordedRequest, startEmulator } from '../emulator/emulator.js'
import { bedrockctl } from './bedrockctl.js'
import { assertComplete, postChat, readError, readStream } from './chat.js'
import { ask, createSdk } from './chat-client.js'
import { type Daemon, startDaemon } from './daemon.js'

const TOOLS = [{ type: 'function', function: { name: 'weather', parameters: { type: 'object' } } }]
const USER = { role: 'user', content: 'Weather in Paris and Rome?' }
const CONTENT = [
  { text: 'I look.' },
  { toolUse: { toolUseId: 'a', name: 'weather', input: { city: 'Paris' } } },
  { toolUse: { toolUseId: 'b', name: 'weather', input: {} } },
]
/** On no row of the table of families; numbered models are the emulator's own. */
const UNKNOWN_MODELS = ['emulated.chat-001-v1:0', 'emulated.chat-002-v1:0'] as const
/** earendil-works/pi#3739. */
const REFUSAL = {
  failWith: {
    status: 400,
    type: 'ValidationException',
    message: "This model doesn't support tool use in streaming mode.",
  },
} as const

suite('models that stream no tools', () => {
  let emulator: Emulator
  let daemon: Daemon

  before(async () => {
    const builtIn = buildCatalogue('us-east-1').models.length
    emulator = await startEmulator({ modelsCount: builtIn + UNKNOWN_MODELS.length })
    daemon = await startDaemon({ emulator })
  })
  after(async () => {
    await daemon?.kill()
    await emulator?.close()
  })
  afterEach(() => emulator.reset())

  /** Asks for a stream with tools, has the calls answered, and returns the calls of Bedrock that both took. */
  async function takeToolRound(model: string): Promise<readonly (readonly [string, number])[]> {
    const seen = emulator.requests.length
    const said = await ask(createSdk(daemon.url), { model, messages: [USER], tools: TOOLS }, true)
    assert.deepEqual([said.text, said.finishReason], ['I look.', 'tool_calls'])
    assert.deepEqual(said.calls, [
      { id: 'a', name: 'weather', arguments: '{"city":"Paris"}' },
      { id: 'b', name: 'weather', arguments: '{}' },
    ])
    assert.ok(said.usage.completion_tokens > 0)
    return emulator.requests.slice(seen).flatMap(toOutcome)
  }

  for (const model of ['us.meta.llama4-maverick-17b-instruct-v1:0', 'mistral.mistral-large-2402-v1:0']) {
    test(`${model} is asked for the whole reply, which comes as a stream`, async () => {
      emulator.set({ content: CONTENT })
      assert.deepEqual(await takeToolRound(model), [['Converse', 200]])
    })

    test(`${model} streams where there are no tools`, async () => {
      const seen = emulator.requests.length
      const reply = await postChat(daemon.url, { model, stream: true })
      assertComplete(await readStream(reply), { usage: false })
      assert.deepEqual(emulator.requests.slice(seen).flatMap(toOutcome), [['ConverseStream', 200]])
    })
  }

  test('a failure of the whole reply is a status of its own', async () => {
    emulator.set({ throttle: true })
    const options = { model: 'mistral.mistral-large-2402-v1:0', tools: TOOLS, stream: true }
    await readError(await postChat(daemon.url, options), 429)
  })

  test('a choice that is there is said at once, while another one is still awaited', async () => {
    emulator.set({ replies: [{ content: CONTENT }, { content: CONTENT, headersDelayMs: 60_000 }] })
    const model = 'mistral.mistral-large-2402-v1:0'
    const reply = await postChat(daemon.url, { model, tools: TOOLS, stream: true, n: 2 })
    assert.ok(reply.body)
    let text = ''
    const decoder = new TextDecoder()
    for await (const chunk of reply.body as AsyncIterable<Uint8Array>) {
      text += decoder.decode(chunk, { stream: true })
      if (text.includes('I look.')) break
    }
    assert.match(text, /I look\./)
    assert.doesNotMatch(text, /\[DONE\]/)
    const line = await daemon.waitForLine(({ model: logged, status }) => logged === model && status === 499)
    assert.ok(Number(line['firstByteMs']) > 0)
  })

  test('an unknown one is asked again, learned, and asked for the whole reply the next time', async () => {
    const [model] = UNKNOWN_MODELS
    emulator.set({ content: CONTENT, replies: [REFUSAL] })
    assert.deepEqual(await takeToolRound(model), [
      ['ConverseStream', 400],
      ['Converse', 200],
    ])
    assert.match(await bedrockctl(daemon, 'models', '--lessons'), /emulated\.chat-001-v1:0 +streaming_tools/)
    assert.deepEqual(await takeToolRound(model), [['Converse', 200]])

    const seen = emulator.requests.length
    const reply = await postChat(daemon.url, { model, stream: true })
    assertComplete(await readStream(reply), { usage: false })
    assert.deepEqual(emulator.requests.slice(seen).flatMap(toOutcome), [['ConverseStream', 200]])
  })

  test('an unknown one is asked again for each of several choices', async () => {
    const [, model] = UNKNOWN_MODELS
    // Both are there before one is refused and comes again.
    emulator.set({ content: CONTENT, headersDelayMs: 200, replies: [REFUSAL, REFUSAL] })
    const seen = emulator.requests.length
    const reply = await postChat(daemon.url, { model, tools: TOOLS, stream: true, n: 2 })
    const { finishReasons } = await readStream(reply)
    assert.deepEqual(finishReasons, ['tool_calls', 'tool_calls'])
    const outcomes = emulator.requests.slice(seen).flatMap(toOutcome)
    assert.equal(outcomes.filter(([operation]) => operation === 'Converse').length, 2)
  })
})

function toOutcome({ operation, status }: RecordedRequest): readonly (readonly [string, number])[] {
  return operation.startsWith('Converse') ? [[operation, status]] : []
}
