import assert from 'node:assert/strict'
import { after, afterEach, before, suite, test } from 'node:test'
import OpenAI from 'openai'
import { type Emulator, startEmulator } from '../emulator/emulator.js'
import { eventually, MODEL } from './chat.js'
import { type Daemon, startDaemon } from './daemon.js'

const KEY = 'client-key-1'
const MESSAGES = [{ role: 'user' as const, content: 'Hello there' }]

suite('replies as the official OpenAI SDK sees them', () => {
  let emulator: Emulator
  let daemon: Daemon
  let client: OpenAI

  before(async () => {
    emulator = await startEmulator()
    daemon = await startDaemon({ emulator, environment: { BEDROCKD_API_KEYS: `other,${KEY}` } })
    client = toClient(KEY)
  })
  after(async () => {
    await daemon?.kill()
    await emulator?.close()
  })
  afterEach(() => emulator.reset())

  const toClient = (apiKey: string, maxRetries = 0): OpenAI =>
    new OpenAI({ baseURL: `${daemon.url}/v1`, apiKey, maxRetries, timeout: 20_000 })

  const converseRequests = () => emulator.requests.filter(({ operation }) => operation.startsWith('Converse'))

  test('a whole completion has text, finish reason and usage', async () => {
    emulator.set({ text: 'Hi!', usage: { inputTokens: 9, outputTokens: 2, totalTokens: 11 } })
    const completion = await client.chat.completions.create({ model: MODEL, messages: MESSAGES })
    assert.equal(completion.object, 'chat.completion')
    assert.equal(completion.model, MODEL)
    assert.equal(completion.choices.length, 1)
    assert.deepEqual(completion.choices[0]?.message.content, 'Hi!')
    assert.equal(completion.choices[0]?.finish_reason, 'stop')
    assert.equal(completion.usage?.prompt_tokens, 9)
    assert.equal(completion.usage?.completion_tokens, 2)
    assert.equal(completion.usage?.total_tokens, 11)
    assert.ok(Math.abs(completion.created - Date.now() / 1000) < 60)
    assert.ok(completion._request_id)
  })

  test('a stream iterates to its end', async () => {
    emulator.set({ chunks: ['One ', 'two'] })
    const stream = await client.chat.completions.create({ model: MODEL, messages: MESSAGES, stream: true })
    const texts: string[] = []
    const reasons: string[] = []
    for await (const chunk of stream) {
      assert.equal(chunk.object, 'chat.completion.chunk')
      texts.push(chunk.choices[0]?.delta.content ?? '')
      if (chunk.choices[0]?.finish_reason) reasons.push(chunk.choices[0].finish_reason)
    }
    assert.equal(texts.join(''), 'One two')
    assert.deepEqual(reasons, ['stop'])
  })

  test('the stream helper puts the completion together, usage included', async () => {
    emulator.set({ chunks: ['One ', 'two'], usage: { inputTokens: 3, outputTokens: 2, totalTokens: 5 } })
    const completion = await client.chat.completions
      .stream({ model: MODEL, messages: MESSAGES, stream_options: { include_usage: true } })
      .finalChatCompletion()
    assert.equal(completion.choices[0]?.message.content, 'One two')
    assert.equal(completion.usage?.total_tokens, 5)
  })

  for (const stream of [false, true]) {
    const how = stream ? 'streamed' : 'whole'
    const ask = (model = MODEL, asker = client) =>
      asker.chat.completions.create({ model, messages: MESSAGES, stream })

    test(`a throttle is a RateLimitError (${how})`, async () => {
      emulator.set({ throttle: true })
      await assert.rejects(ask(), (error) => {
        assert.ok(error instanceof OpenAI.RateLimitError)
        assert.equal(error.code, 'rate_limit_exceeded')
        assert.ok(Number(error.headers.get('retry-after')) > 0)
        return true
      })
    })

    test(`a wrong key is an AuthenticationError (${how})`, async () => {
      await assert.rejects(ask(MODEL, toClient('wrong')), OpenAI.AuthenticationError)
    })

    test(`an unknown model is a NotFoundError (${how})`, async () => {
      await assert.rejects(ask('gpt-nowhere'), (error) => {
        assert.ok(error instanceof OpenAI.NotFoundError)
        assert.equal(error.code, 'model_not_found')
        assert.equal(error.param, 'model')
        return true
      })
    })

    test(`a context that is too long is a BadRequestError with OpenAI's code (${how})`, async () => {
      emulator.set(failure(400, 'ValidationException', 'Input is too long for requested model'))
      await assert.rejects(ask(), (error) => {
        assert.ok(error instanceof OpenAI.BadRequestError)
        assert.equal(error.code, 'context_length_exceeded')
        return true
      })
    })

    test(`no access is a PermissionDeniedError (${how})`, async () => {
      emulator.set(failure(403, 'AccessDeniedException', 'No access.'))
      await assert.rejects(ask(), OpenAI.PermissionDeniedError)
    })

    test(`an unavailable service is an InternalServerError with status 503 (${how})`, async () => {
      emulator.set(failure(503, 'ServiceUnavailableException', 'Try again.'))
      await assert.rejects(ask(), (error) => {
        assert.ok(error instanceof OpenAI.InternalServerError)
        assert.equal(error.status, 503)
        return true
      })
    })
  }

  test('an error in the stream is thrown while iterating, after the text that came', async () => {
    emulator.set({
      chunks: ['One ', 'two'],
      exception: { afterFrames: 2, type: 'modelStreamErrorException', message: 'It broke.' },
    })
    const stream = await client.chat.completions.create({ model: MODEL, messages: MESSAGES, stream: true })
    const texts: string[] = []
    await assert.rejects(
      async () => {
        for await (const chunk of stream) texts.push(chunk.choices[0]?.delta.content ?? '')
      },
      (error) => error instanceof OpenAI.APIError && /It broke\./.test(error.message),
    )
    assert.equal(texts.join(''), 'One ')
  })

  test('the SDK does not repeat what cannot work', async () => {
    emulator.set(failure(403, 'AccessDeniedException', 'No access.'))
    const before = converseRequests().length
    await assert.rejects(
      toClient(KEY, 2).chat.completions.create({ model: MODEL, messages: MESSAGES }),
      OpenAI.PermissionDeniedError,
    )
    assert.equal(converseRequests().length - before, 1)
  })

  for (const stream of [false, true]) {
    test(`an abort reaches Bedrock (${stream ? 'streamed' : 'whole'})`, async () => {
      emulator.set({ headersDelayMs: 30_000 })
      const before = converseRequests().length
      const stop = new AbortController()
      const asked = client.chat.completions.create(
        { model: MODEL, messages: MESSAGES, stream },
        { signal: stop.signal },
      )
      const request = await eventually(() => converseRequests()[before], 'the call of Bedrock')
      stop.abort()
      await assert.rejects(Promise.resolve(asked), OpenAI.APIUserAbortError)
      await eventually(() => request.aborted, 'the abort of the call')
    })
  }

  test('models are listed and found', async () => {
    const ids: string[] = []
    for await (const model of client.models.list()) ids.push(model.id)
    assert.ok(ids.includes(MODEL))
    assert.equal((await client.models.retrieve(MODEL)).id, MODEL)
    await assert.rejects(client.models.retrieve('nowhere'), OpenAI.NotFoundError)
  })
})

function failure(status: number, type: string, message: string) {
  return { failWith: { status, type, message } }
}
