import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import OpenAI, { type APIError } from 'openai'
import { createSigner, sha256Hex } from '../../src/aws/sigv4.js'
import { type Emulator, startEmulator } from './emulator.js'

const SAFEGUARD = 'openai.gpt-oss-safeguard-20b'
const RUNTIME_GPT_OSS = 'openai.gpt-oss-120b-1:0'
let emulator: Emulator

before(async () => {
  emulator = await startEmulator()
})
afterEach(() => emulator.reset())
after(() => emulator.close())

const client = (baseURL: string, apiKey = 'bedrock-test-token') =>
  new OpenAI({ baseURL, apiKey, maxRetries: 0 })
const mantle = (apiKey?: string) => client(`${emulator.mantleUrl}/v1`, apiKey)
const runtime = () => client(`${emulator.url}/openai/v1`)
const messages = [{ role: 'user' as const, content: 'Hello' }]

async function refusal(call: Promise<unknown>): Promise<APIError> {
  try {
    await call
  } catch (error) {
    assert(error instanceof OpenAI.APIError)
    return error
  }
  throw new assert.AssertionError({ message: 'the call succeeded' })
}

const thinking = [{ reasoningContent: { reasoningText: { text: 'Just greet.' } } }, { text: 'Hi there' }]

test('mantle: a whole chat has reasoning in a member of its own (recording 846)', async () => {
  emulator.set({ content: thinking })
  const reply = await mantle().chat.completions.create({ model: SAFEGUARD, messages })
  const { finish_reason, logprobs, message } = reply.choices[0] ?? {}
  assert.deepEqual(
    [finish_reason, logprobs, message],
    ['stop', null, { content: 'Hi there', reasoning: 'Just greet.', refusal: null, role: 'assistant' }],
  )
  assert.equal(reply.service_tier, 'default')
  assert.equal(emulator.requests.at(-1)?.operation, 'MantleChatCompletions')
  assert.equal(emulator.requests.at(-1)?.modelId, SAFEGUARD)
})

test('mantle: a stream brings the role, reasoning, text, the reason, usage when asked, and ends', async () => {
  emulator.set({ content: thinking })
  const stream = await mantle().chat.completions.create({
    model: SAFEGUARD,
    messages,
    stream: true,
    stream_options: { include_usage: true },
  })
  const chunks = []
  for await (const chunk of stream) chunks.push(chunk)
  assert.deepEqual(
    chunks.map(({ choices }) => choices[0]?.delta),
    [
      { content: '', role: 'assistant' },
      { reasoning: 'Just ' },
      { reasoning: 'greet.' },
      { content: 'Hi ' },
      { content: 'there' },
      {},
      undefined,
    ],
  )
  assert.equal(chunks.at(-2)?.choices[0]?.finish_reason, 'stop')
  const usage = chunks.at(-1)?.usage
  assert.equal(usage?.total_tokens, (usage?.prompt_tokens ?? 0) + (usage?.completion_tokens ?? 0))
})

test('mantle: without include_usage no chunk has usage, and the body ends in [DONE]', async () => {
  const reply = await fetch(`${emulator.mantleUrl}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: 'Bearer bedrock-test-token', 'content-type': 'application/json' },
    body: JSON.stringify({ model: SAFEGUARD, messages, stream: true }),
  })
  assert.equal(reply.headers.get('content-type'), 'text/event-stream')
  const body = await reply.text()
  assert(body.endsWith('data: [DONE]\n\n'))
  assert(!body.includes('usage'))
})

test('the runtime: reasoning stands in tags before the text', async () => {
  emulator.set({ content: thinking })
  const reply = await runtime().chat.completions.create({ model: RUNTIME_GPT_OSS, messages })
  assert.equal(reply.choices[0]?.message.content, '<reasoning>Just greet.</reasoning>Hi there')
})

test('tool calls come whole and streamed', async () => {
  emulator.set({
    content: [
      { toolUse: { toolUseId: 'call_a', name: 'ping', input: { n: 1 } } },
      { toolUse: { toolUseId: 'call_b', name: 'ping', input: {} } },
    ],
  })
  const call = (id: string, json: string) => ({
    id,
    type: 'function',
    function: { name: 'ping', arguments: json },
  })
  const whole = await mantle().chat.completions.create({ model: SAFEGUARD, messages })
  assert.equal(whole.choices[0]?.finish_reason, 'tool_calls')
  assert.deepEqual(whole.choices[0]?.message.tool_calls, [call('call_a', '{"n":1}'), call('call_b', '{}')])
  const stream = await mantle().chat.completions.create({ model: SAFEGUARD, messages, stream: true })
  const calls = []
  for await (const chunk of stream) calls.push(...(chunk.choices[0]?.delta.tool_calls ?? []))
  assert.deepEqual(calls, [
    { index: 0, ...call('call_a', '{"n":1}') },
    { index: 1, ...call('call_b', '{}') },
  ])
})

test('mantle lists models that the runtime does not have', async () => {
  const ids = (await mantle().models.list()).data.map(({ id }) => id)
  assert(ids.includes('openai.gpt-oss-120b') && ids.includes('minimax.minimax-m2'))
  assert(ids.includes('openai.gpt-5.6-luna'))
})

test('unknown models and models without chat are refused in OpenAI’s form', async () => {
  const unknown = await refusal(mantle().chat.completions.create({ model: 'nobody.nothing', messages }))
  assert.deepEqual([unknown.status, unknown.code], [404, 'model_not_found'])
  const responses = await refusal(
    mantle().chat.completions.create({ model: 'openai.gpt-5.6-luna', messages }),
  )
  assert.equal(responses.status, 400)
  assert.match(
    responses.message,
    /The model 'openai.gpt-5.6-luna' does not support the '\/v1\/chat\/completions' API/,
  )
  const wrongId = await refusal(runtime().chat.completions.create({ model: 'openai.gpt-oss-120b', messages }))
  assert.equal(wrongId.status, 404)
})

test('a member that OpenAI’s API does not have is refused', async () => {
  const extra = { model: SAFEGUARD, messages, thinking: { type: 'enabled' } }
  const error = await refusal(mantle().chat.completions.create(extra))
  assert.deepEqual([error.status, error.code], [400, 'validation_error'])
  assert.match(error.message, /unknown field `thinking`, expected one of `audio`/)
})

test('a wrong key and a throttled account are refused in OpenAI’s form', async () => {
  const denied = await refusal(mantle('wrong').chat.completions.create({ model: SAFEGUARD, messages }))
  assert.deepEqual([denied.status, denied.code], [403, 'invalid_api_key'])
  emulator.set({ throttle: true })
  const throttled = await refusal(mantle().chat.completions.create({ model: SAFEGUARD, messages }))
  assert.equal(throttled.status, 429)
})

test('mantle takes signatures of its own service name and refuses those of bedrock (BerriAI/litellm#31475)', async () => {
  const signed = async (service: string) => {
    const environment = emulator.environment
    const credentials = {
      accessKeyId: environment['AWS_ACCESS_KEY_ID'] ?? '',
      secretAccessKey: environment['AWS_SECRET_ACCESS_KEY'] ?? '',
      sessionToken: null,
    }
    const amzDate = new Date().toISOString().replace(/[-:]|\.\d+/g, '')
    const payloadHash = sha256Hex('')
    const headers: [string, string][] = [
      ['host', new URL(emulator.mantleUrl).host],
      ['x-amz-content-sha256', payloadHash],
      ['x-amz-date', amzDate],
    ]
    const request = { method: 'GET', path: '/v1/models', query: '', headers, payloadHash }
    const authorization = createSigner(credentials, { region: 'us-east-1', service }).sign(request, amzDate)
    return fetch(`${environment['AWS_ENDPOINT_URL_BEDROCK_MANTLE']}/v1/models`, {
      headers: { ...Object.fromEntries(headers.slice(1)), authorization },
    })
  }
  assert.equal((await signed('bedrock-mantle')).status, 200)
  const refused = await signed('bedrock')
  assert.equal(refused.status, 403)
  assert.match(await refused.text(), /permission_denied_error/)
})

test('a stream that breaks says so in an error event, or is cut', async () => {
  emulator.set({
    exception: { afterFrames: 2, type: 'modelStreamErrorException', message: 'It broke.' },
  })
  const read = async () => {
    const stream = await mantle().chat.completions.create({ model: SAFEGUARD, messages, stream: true })
    for await (const _ of stream);
  }
  await assert.rejects(read(), /It broke/)
  emulator.set({ exception: null, cut: { afterFrames: 1, how: 'reset' } })
  await assert.rejects(read())
})

test('unknown paths: the runtime answers 200 with an exception in the body, mantle 404', async () => {
  const post = (url: string) => fetch(url, { method: 'POST', body: '{}' })
  const runtimeReply = await post(`${emulator.url}/openai/v1/dance`)
  assert.deepEqual(
    [runtimeReply.status, await runtimeReply.json()],
    [200, { Output: { __type: 'com.amazon.coral.service#UnknownOperationException' }, Version: '1.0' }],
  )
  assert.equal((await post(`${emulator.mantleUrl}/v1/messages`)).status, 404)
})
