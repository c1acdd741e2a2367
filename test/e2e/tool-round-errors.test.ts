import assert from 'node:assert/strict'
import { after, afterEach, before, suite, test } from 'node:test'
import type { Status } from '../../src/admin/types.js'
import type { ErrorCode } from '../../src/errors.js'
import type { Behaviour } from '../emulator/behaviour.js'
import { type Emulator, startEmulator } from '../emulator/emulator.js'
import { assertComplete, assertFailed, eventually, postChat, readError, readStream } from './chat.js'
import { type Daemon, startDaemon } from './daemon.js'

/** As Open WebUI goes on after a tool ran (openwebui-contract §2). */
const ROUND = [
  { role: 'user', content: 'How warm is it?' },
  {
    role: 'assistant',
    content: '',
    tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'thermometer', arguments: '{}' } }],
  },
  { role: 'tool', tool_call_id: 'call_1', content: '21 degrees' },
]
const TOOLS = [
  {
    type: 'function',
    function: { name: 'thermometer', description: 'Warmth', parameters: { type: 'object' } },
  },
]
/** A picture that a tool gave follows as a user message of its own. */
const WITH_PICTURE = [...ROUND, { role: 'user', content: 'Here are the images from the tool results above' }]
/** More than is parsed on the main thread. */
const LONG = 'x'.repeat(300_000)

interface Failure {
  readonly code: ErrorCode
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
  readonly behaviour?: Partial<Behaviour>
}

const throttled = { behaviour: { throttle: true }, code: 'rate_limit_exceeded', status: 429 } as const
const FAILURES: Readonly<Record<string, Failure>> = {
  'a throttle': { ...throttled, body: {} },
  'a throttle after a picture': { ...throttled, body: { messages: WITH_PICTURE } },
  'a throttle of a large request': {
    ...throttled,
    body: { messages: [{ role: 'system', content: LONG }, ...ROUND] },
  },
  "a refusal in Bedrock's words": {
    behaviour: {
      failWith: { status: 400, type: 'ValidationException', message: 'Malformed input request.' },
    },
    code: 'invalid_request',
    status: 400,
    body: {},
  },
  'a server error': {
    behaviour: { failWith: { status: 500, type: 'InternalServerException', message: 'It broke.' } },
    code: 'upstream_error',
    status: 502,
    body: {},
  },
  'a model that nobody knows': { code: 'model_not_found', status: 404, body: { model: 'gpt-nowhere' } },
  'a model that nobody knows, in a large request': {
    code: 'model_not_found',
    status: 404,
    body: { model: 'gpt-nowhere', messages: [{ role: 'system', content: LONG }, ...ROUND] },
  },
  'a missing model': { code: 'invalid_request', status: 400, body: { model: null } },
  'a wrong parameter': { code: 'invalid_request', status: 400, body: { temperature: 7 } },
  'a wrong parameter of a large request': {
    code: 'invalid_request',
    status: 400,
    body: { temperature: 7, messages: [{ role: 'system', content: LONG }, ...ROUND] },
  },
}

function round(body: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return { stream: true, messages: ROUND, tools: TOOLS, ...body }
}

for (const inStream of [true, false]) {
  suite(`failed tool rounds, BEDROCKD_TOOL_ROUND_ERRORS_IN_STREAM=${inStream}`, () => {
    let emulator: Emulator
    let daemon: Daemon

    before(async () => {
      emulator = await startEmulator()
      daemon = await startDaemon({
        emulator,
        environment: {
          BEDROCKD_STREAMS_MAX: '1',
          ...(inStream ? { BEDROCKD_TOOL_ROUND_ERRORS_IN_STREAM: 'true' } : {}),
        },
      })
    })
    after(async () => {
      await daemon?.kill()
      await emulator?.close()
    })
    afterEach(() => emulator.reset())

    /** One error event and `[DONE]` where the setting is on, the real status where it is off. */
    async function assertTold(response: Response, failure: Pick<Failure, 'code' | 'status'>): Promise<void> {
      if (inStream) {
        const reading = await readStream(response)
        assert.deepEqual(reading.order, ['error', 'done'])
        assertFailed(reading, failure.code)
      } else assert.equal((await readError(response, failure.status)).code, failure.code)
    }

    for (const [name, failure] of Object.entries(FAILURES)) {
      test(`${name} is ${inStream ? 'an error event in a 200' : `a ${failure.status}`}`, async () => {
        emulator.set(failure.behaviour ?? {})
        await assertTold(await postChat(daemon.url, round(failure.body)), failure)
      })
    }

    test(`no room is ${inStream ? 'an error event in a 200' : 'a 503'}`, async () => {
      emulator.set({ headersDelayMs: 60_000 })
      const stop = new AbortController()
      const running = postChat(daemon.url, { stream: true }, { signal: stop.signal })
      await eventually(
        () => emulator.requests.some(({ operation, aborted }) => operation === 'ConverseStream' && !aborted),
        'the running chat',
      )
      await assertTold(await postChat(daemon.url, round({})), { code: 'overloaded', status: 503 })
      stop.abort()
      await assert.rejects(running)
      const isOver = async () => ((await daemon.admin('/status')) as Status).streams.open === 0
      await eventually(isOver, 'the end of the running chat')
    })

    test('a round that works is a stream like any other', async () => {
      emulator.set({ text: 'It is warm.' })
      const reading = await readStream(await postChat(daemon.url, round({})))
      assertComplete(reading, { usage: false })
      assert.equal(reading.text, 'It is warm.')
    })

    for (const [name, body] of [
      ['a stream without tool results', { stream: true }],
      ['a tool round that is not streamed', round({ stream: false })],
      [
        'a question after a finished tool round',
        round({
          messages: [...ROUND, { role: 'assistant', content: '21' }, { role: 'user', content: 'So?' }],
        }),
      ],
    ] as const) {
      test(`${name} fails with the real status`, async () => {
        emulator.set({ throttle: true })
        const response = await postChat(daemon.url, body)
        assert.ok(response.headers.has('retry-after'))
        assert.equal((await readError(response, 429)).code, 'rate_limit_exceeded')
      })
    }

    test('a body that is no chat at all fails with the real status', async () => {
      for (const body of ['{', '[]', '{"stream":true}', '{"stream":true,"messages":[7,null]}']) {
        await readError(await postChat(daemon.url, {}, { body }), 400)
      }
    })
  })
}
