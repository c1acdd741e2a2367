import assert from 'node:assert/strict'
import { after, afterEach, before, suite, test } from 'node:test'
import OpenAI from 'openai'
import { type Emulator, type RecordedRequest, startEmulator } from '../emulator/emulator.js'
import { assertComplete, assertFailed, eventually, MODEL, postChat, readError, readStream } from './chat.js'
import { type Daemon, startDaemon } from './daemon.js'

const MESSAGES = [{ role: 'user' as const, content: 'Hello there' }]
const CHOICES_MAX = 4
const USAGE = { inputTokens: 9, outputTokens: 2, totalTokens: 11 }
const THROTTLE = {
  failWith: { status: 429, type: 'ThrottlingException', message: 'Too many requests.' },
} as const

suite('several choices of one chat', () => {
  let emulator: Emulator
  let daemon: Daemon
  let client: OpenAI

  before(async () => {
    emulator = await startEmulator()
    daemon = await startDaemon({
      emulator,
      environment: { BEDROCKD_CHOICES_MAX: String(CHOICES_MAX) },
    })
    client = new OpenAI({ baseURL: `${daemon.url}/v1`, apiKey: 'none', maxRetries: 0, timeout: 20_000 })
  })
  after(async () => {
    await daemon?.kill()
    await emulator?.close()
  })
  afterEach(() => emulator.reset())

  const calls = (): readonly RecordedRequest[] =>
    emulator.requests.filter(({ operation }) => operation.startsWith('Converse'))

  /** The calls since `seen`, once there are three. */
  const threeCalls = (seen: number): Promise<readonly RecordedRequest[]> =>
    eventually(() => calls().length >= seen + 3 && calls().slice(seen), 'three calls')

  /** Which reply becomes which choice is a matter of arrival. */
  const scriptThree = (): void => {
    emulator.set({
      replies: ['One by one', 'Two by two', 'Three by three'].map((text) => ({ text, usage: USAGE })),
    })
  }
  const TEXTS = ['One by one', 'Three by three', 'Two by two']

  test('come whole, each with its index, and cost what three calls cost', async () => {
    scriptThree()
    const seen = calls().length
    const { choices, usage } = await client.chat.completions.create({
      model: MODEL,
      messages: MESSAGES,
      n: 3,
    })
    assert.equal(calls().length, seen + 3)
    assert.deepEqual(
      choices.map(({ index }) => index),
      [0, 1, 2],
    )
    assert.deepEqual(choices.map(({ message }) => message.content).sort(), TEXTS)
    assert.ok(choices.every(({ finish_reason: reason }) => reason === 'stop'))
    assert.deepEqual([usage?.prompt_tokens, usage?.completion_tokens, usage?.total_tokens], [27, 6, 33])
  })

  test('come as one stream, each with its index, and cost what three calls cost', async () => {
    scriptThree()
    const completion = await client.chat.completions
      .stream({ model: MODEL, messages: MESSAGES, n: 3, stream_options: { include_usage: true } })
      .finalChatCompletion()
    const { choices, usage } = completion
    assert.deepEqual(choices.map(({ index }) => index).sort(), [0, 1, 2])
    assert.deepEqual(choices.map(({ message }) => message.content).sort(), TEXTS)
    assert.deepEqual([usage?.prompt_tokens, usage?.completion_tokens, usage?.total_tokens], [27, 6, 33])
  })

  test('say in the stream who they are: role, text and one finish reason each, one usage, one end', async () => {
    scriptThree()
    const options = { n: 3, stream: true, stream_options: { include_usage: true } }
    const { chunks, finishReasons, order } = await readStream(await postChat(daemon.url, options))
    const said = chunks.flatMap(
      ({ choices = [] }) =>
        choices as readonly { index: number; delta: { role?: string }; finish_reason: string | null }[],
    )
    for (const index of [0, 1, 2]) {
      const own = said.filter((choice) => choice.index === index)
      assert.equal(own[0]?.delta.role, 'assistant')
      assert.deepEqual(
        own.flatMap(({ finish_reason: reason }) => reason ?? []),
        ['stop'],
      )
      assert.equal(own.at(-1)?.finish_reason, 'stop')
    }
    assert.equal(finishReasons.length, 3)
    assert.deepEqual(order.slice(-2), ['usage', 'done'])
    assert.equal(order.filter((kind) => kind === 'usage').length, 1)
  })

  test('with tools are calls of their own, each with ids of its own', async () => {
    const ids = ['a', 'b', 'c']
    emulator.set({
      replies: ids.map((toolUseId) => ({
        content: [{ toolUse: { toolUseId, name: 'f', input: { of: toolUseId } } }],
      })),
    })
    const tools = [{ type: 'function' as const, function: { name: 'f' } }]
    const { choices } = await client.chat.completions
      .stream({ model: MODEL, messages: MESSAGES, tools, n: 3 })
      .finalChatCompletion()
    const said = choices.flatMap(({ message }) => message.tool_calls ?? [])
    assert.deepEqual(said.map(({ id }) => id).sort(), ids)
    assert.ok(choices.every(({ finish_reason: reason }) => reason === 'tool_calls'))
    for (const call of said) {
      assert.ok(call.type === 'function')
      assert.deepEqual(JSON.parse(call.function.arguments), { of: call.id })
    }
  })

  test('fail together where one fails: a status before the stream, the others aborted', async () => {
    for (const stream of [true, false]) {
      const seen = calls().length
      // All three are there before any is answered.
      const late = { headersDelayMs: 30_000 }
      emulator.set({ headersDelayMs: 200, replies: [late, THROTTLE, late] })
      const response = await postChat(daemon.url, { n: 3, stream })
      assert.equal((await readError(response, 429)).code, 'rate_limit_exceeded')
      const asked = await threeCalls(seen)
      await eventually(() => asked.filter(({ aborted }) => aborted).length === 2, 'both aborts')
    }
  })

  test('fail together where one fails in its stream: an error event, no finish reason, the others aborted', async () => {
    const seen = calls().length
    const slow = { events: 100_000, eventsPerSecond: 20 }
    const failing = {
      events: 100,
      eventsPerSecond: 20,
      exception: { afterFrames: 5, type: 'modelStreamErrorException', message: 'Broken.' },
    } as const
    emulator.set({ replies: [slow, failing, slow] })
    const stream = await readStream(await postChat(daemon.url, { n: 3, stream: true }))
    assert.match(assertFailed(stream, 'upstream_error').message, /Broken/)
    assert.notEqual(stream.text, '')
    const asked = await threeCalls(seen)
    await eventually(() => asked.filter(({ aborted }) => aborted).length === 2, 'both aborts')
  })

  for (const stream of [true, false]) {
    test(`are all aborted when the client goes away (${stream ? 'streamed' : 'whole'})`, async () => {
      const seen = calls().length
      emulator.set(stream ? { events: 100_000, eventsPerSecond: 20 } : { headersDelayMs: 30_000 })
      const gone = new AbortController()
      const asked = postChat(daemon.url, { n: 3, stream }, { signal: gone.signal })
      const requests = await threeCalls(seen)
      if (stream) await (await asked).body?.getReader().read()
      else asked.catch(() => {})
      gone.abort()
      await eventually(() => requests.every(({ aborted }) => aborted), 'the three aborts')
      assert.equal(calls().length, seen + 3)
    })
  }

  test('are as many as the settings say, and no more', async () => {
    const whole = await client.chat.completions.create({ model: MODEL, messages: MESSAGES, n: CHOICES_MAX })
    assert.equal(whole.choices.length, CHOICES_MAX)
    const seen = calls().length
    for (const stream of [true, false]) {
      const error = await readError(await postChat(daemon.url, { n: CHOICES_MAX + 1, stream }), 400)
      assert.equal(error.param, 'n')
      assert.match(error.message, /n must be at most 4 .*, got 5/)
    }
    assert.equal(calls().length, seen)
  })

  test('of one are a chat like any other', async () => {
    const options = { n: 1, stream: true, stream_options: { include_usage: true } }
    assertComplete(await readStream(await postChat(daemon.url, options)), { usage: true })
  })
})
