import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, afterEach, before, suite, test } from 'node:test'
import type { ConverseRequest } from '../../src/bedrock/types.js'
import { type Emulator, startEmulator } from '../emulator/emulator.js'
import { openwebuiDir, skipWithout } from '../shared.js'
import { assertComplete, parseStream, postChat, readError } from './chat.js'
import { type Daemon, startDaemon } from './daemon.js'

const requestsPath = join(openwebuiDir, 'requests.jsonl')
const skip = skipWithout(requestsPath)

interface Chat {
  /** Where it stands in the file, from 0. */
  readonly index: number
  readonly body: Readonly<Record<string, unknown>> & { readonly stream?: boolean }
}

/** The chat requests that Open WebUI really sent. */
const CHATS: readonly Chat[] = existsSync(requestsPath)
  ? readFileSync(requestsPath, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { path: string; body: Chat['body'] })
      .flatMap(({ path, body }, index) => (path.endsWith('/chat/completions') ? [{ index, body }] : []))
  : []

/** Every odd parameter at once, and 26 tools. */
const ODD = 5
/** With a picture. */
const PICTURE = 7
/** With thoughts before a call, whose result comes next. */
const IN_TOOL_ROUND = 2
/** The thoughts in its requests. */
const THOUGHT = { reasoningText: { text: 'let me think', signature: 'SIGTOOL==' } }

const CLAUDE = 'us.anthropic.claude-3-7-sonnet-20250219-v1:0'

/** What no model on Bedrock knows: local runners' settings, and a parameter that somebody made up. */
const NOBODYS = ['keep_alive', 'min_p', 'num_ctx', 'num_predict', 'repeat_penalty', 'x']
const OPENAIS = ['frequency_penalty', 'logit_bias', 'presence_penalty', 'seed']
/** The JSON that is asked for comes from a tool that Claude is made to call, and then it does not think. Nova 1 never does. */
const THINKING = ['reasoning_effort']
/** One of the two stop sequences is a line break, and Claude takes none that is blank. */
const CLAUDE_LOSES = [...NOBODYS, ...OPENAIS, ...THINKING, 'stop']

/** For each model what of the request with every odd parameter it never sees. */
const MODELS: Readonly<Record<string, readonly string[]>> = {
  'amazon.nova-lite-v1:0': [...NOBODYS, ...OPENAIS, ...THINKING],
  'amazon.nova-pro-v1:0': [...NOBODYS, ...OPENAIS, ...THINKING],
  [CLAUDE]: CLAUDE_LOSES,
  'anthropic.claude-sonnet-4-5-20250929-v1:0': [...CLAUDE_LOSES, 'top_p'],
  'anthropic.claude-opus-4-7': [...CLAUDE_LOSES, 'temperature', 'top_k', 'top_p'],
  'us.meta.llama4-maverick-17b-instruct-v1:0': [
    ...NOBODYS,
    ...OPENAIS,
    ...THINKING,
    'response_format',
    'top_k',
  ],
  'openai.gpt-oss-120b-1:0': [...NOBODYS, 'stop', 'top_k'],
}

suite('the chat requests that Open WebUI really sent', { skip }, () => {
  let emulator: Emulator
  let daemon: Daemon

  before(async () => {
    emulator = await startEmulator()
    daemon = await startDaemon({ emulator })
    // Claude takes back what it signed: here it says the thoughts that Open WebUI had from another server.
    emulator.set({ content: [{ reasoningContent: THOUGHT }] })
    assert.equal((await postChat(daemon.url, { model: CLAUDE })).status, 200)
    emulator.reset()
  })
  after(async () => {
    await daemon?.kill()
    await emulator?.close()
  })
  afterEach(() => emulator.reset())

  /** Sends one of them to a model; resolves with what the client got and what AWS saw. */
  async function send({ index, body }: Chat, model: string) {
    const seen = emulator.requests.length
    const reply = await postChat(daemon.url, { ...body, model })
    const text = await reply.text()
    const requests = emulator.requests.slice(seen).filter(({ operation }) => operation.startsWith('Converse'))
    const place = `request ${index}`
    assert.equal(reply.status, 200, `${place}: ${text}`)
    return { reply, text, requests, place }
  }

  for (const [model, dropped] of Object.entries(MODELS)) {
    test(`are all answered by ${model}`, async () => {
      assert.equal(CHATS.length, 25)
      for (const chat of CHATS) {
        // A picture is refused where the model has no eyes.
        if (chat.index === PICTURE && /gpt-oss/.test(model)) continue
        const { text, requests, place } = await send(chat, model)
        assertAnswered(chat, text, place)
        assert.deepEqual(
          requests.map(({ status, refusal }) => [status, refusal]),
          [[200, null]],
          `${place} takes one call`,
        )
      }
    })

    test(`with every odd parameter at once lose only these with ${model}`, async () => {
      const { reply } = await send(chatAt(ODD), model)
      const header = reply.headers.get('x-bedrockd-dropped-params')
      assert.deepEqual(header?.split(', ').sort(), [...dropped].sort())
    })
  }

  test('in a tool round have Claude go on from its thoughts', async () => {
    const chat = chatAt(IN_TOOL_ROUND)
    const [request] = (await send(chat, CLAUDE)).requests
    assert.ok(request !== undefined)
    const { messages } = request.body as ConverseRequest
    assert.deepEqual(messages[1]?.content[0], { reasoningContent: THOUGHT })
  })

  test('with thoughts of another model lose those, and are answered', async () => {
    const { index, body } = chatAt(IN_TOOL_ROUND)
    const changed = JSON.parse(JSON.stringify(body).replace('SIGTOOL', 'OTHER')) as Chat['body']
    const { requests, reply, text } = await send({ index, body: changed }, CLAUDE)
    assert.deepEqual(
      requests.map(({ status }) => status),
      [400, 200],
    )
    assertComplete(parseStream(text), { usage: false })
    assert.equal(reply.headers.get('x-bedrockd-dropped-params'), 'reasoning_details')
    assert.deepEqual(await daemon.admin('/lessons'), { lessons: [] }, 'nothing is learned of the model')
  })

  test('with a picture are refused for a model without eyes, in words that name it', async () => {
    const { body } = chatAt(PICTURE)
    const reply = await postChat(daemon.url, { ...body, model: 'openai.gpt-oss-120b-1:0' })
    const { message } = await readError(reply, 400)
    assert.match(message, /"openai\.gpt-oss-120b-1:0" does not take images/)
  })
})

function chatAt(wanted: number): Chat {
  const chat = CHATS.find(({ index }) => index === wanted)
  assert.ok(chat !== undefined)
  return chat
}

function assertAnswered({ body }: Chat, text: string, place: string): void {
  if (body.stream === true) {
    const options = body['stream_options'] as { include_usage?: boolean } | undefined
    const stream = parseStream(text)
    assertComplete(stream, { usage: options?.include_usage === true })
    assert.notEqual(stream.text, '', place)
    return
  }
  const { choices } = JSON.parse(text) as { choices: readonly { message: { content: string } }[] }
  assert.equal(choices.length, 1, place)
  assert.notEqual(choices[0]?.message.content, '', place)
}
