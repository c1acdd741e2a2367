import assert from 'node:assert/strict'
import { after, afterEach, before, suite, test } from 'node:test'
import OpenAI, { type APIError } from 'openai'
import type { ErrorCode } from '../../src/errors.js'
import type { Behaviour } from '../emulator/behaviour.js'
import { type Emulator, startEmulator } from '../emulator/emulator.js'
import { MODEL } from './chat.js'
import { type Daemon, startDaemon } from './daemon.js'

const MESSAGES = [{ role: 'user' as const, content: 'Hello there' }]
const MAX_RETRIES = 2
const { BadRequestError, InternalServerError, NotFoundError, PermissionDeniedError, RateLimitError } = OpenAI

interface Row {
  /** Status, exception and words of Bedrock. */
  readonly fails: readonly [status: number, type: string, message: string]
  /** What the SDK throws. */
  readonly throws: new (
    ...args: never[]
  ) => APIError
  readonly status: number
  readonly code: ErrorCode
  readonly param?: string
  /** Seconds that the SDK is told to wait; null: it is told that a retry can't help, and makes none. */
  readonly retryAfterSeconds: number | null
}

/** Every exception of the service model, and the words that change what it means. */
const ROWS: readonly Row[] = [
  {
    fails: [400, 'ValidationException', 'Malformed input request, please reformat your input and try again.'],
    throws: BadRequestError,
    status: 400,
    code: 'invalid_request',
    retryAfterSeconds: null,
  },
  {
    fails: [
      400,
      'ValidationException',
      'The model returned the following errors: messages.0.content.1.image.source.bytes: image exceeds 5 MB maximum: 5579040 bytes > 5242880 bytes',
    ],
    throws: BadRequestError,
    status: 400,
    code: 'invalid_request',
    param: 'messages',
    retryAfterSeconds: null,
  },
  {
    fails: [400, 'ValidationException', 'Input is too long for requested model'],
    throws: BadRequestError,
    status: 400,
    code: 'context_length_exceeded',
    param: 'messages',
    retryAfterSeconds: null,
  },
  {
    fails: [400, 'ValidationException', 'The provided model identifier is invalid.'],
    throws: NotFoundError,
    status: 404,
    code: 'model_not_found',
    param: 'model',
    retryAfterSeconds: null,
  },
  {
    fails: [
      400,
      'ValidationException',
      'Invocation of model ID a.b with on-demand throughput isn’t supported. Retry your request with the ID or ARN of an inference profile that contains this model.',
    ],
    throws: NotFoundError,
    status: 404,
    code: 'model_not_found',
    param: 'model',
    retryAfterSeconds: null,
  },
  {
    fails: [400, 'ServiceQuotaExceededException', 'Your request exceeds the service quota for your account.'],
    throws: RateLimitError,
    status: 429,
    code: 'quota_exceeded',
    retryAfterSeconds: null,
  },
  {
    fails: [400, 'ConflictException', 'A conflict occurred.'],
    throws: BadRequestError,
    status: 400,
    code: 'invalid_request',
    retryAfterSeconds: null,
  },
  {
    fails: [403, 'AccessDeniedException', "You don't have access to the model with the specified model ID."],
    throws: PermissionDeniedError,
    status: 403,
    code: 'access_denied',
    param: 'model',
    retryAfterSeconds: null,
  },
  {
    fails: [404, 'ResourceNotFoundException', 'This model version has reached the end of its life.'],
    throws: NotFoundError,
    status: 404,
    code: 'model_not_found',
    param: 'model',
    retryAfterSeconds: null,
  },
  {
    fails: [
      404,
      'ResourceNotFoundException',
      'Model use case details have not been submitted for this account.',
    ],
    throws: PermissionDeniedError,
    status: 403,
    code: 'access_denied',
    param: 'model',
    retryAfterSeconds: null,
  },
  {
    fails: [408, 'ModelTimeoutException', 'Model has timed out in processing the request.'],
    throws: InternalServerError,
    status: 504,
    code: 'upstream_timeout',
    retryAfterSeconds: 1,
  },
  {
    fails: [424, 'ModelErrorException', 'The system encountered an unexpected error during processing.'],
    throws: InternalServerError,
    status: 502,
    code: 'upstream_error',
    retryAfterSeconds: 1,
  },
  {
    fails: [
      424,
      'ModelStreamErrorException',
      'The system encountered an unexpected error during processing.',
    ],
    throws: InternalServerError,
    status: 502,
    code: 'upstream_error',
    retryAfterSeconds: 1,
  },
  {
    fails: [429, 'ThrottlingException', 'Too many requests, please wait before trying again.'],
    throws: RateLimitError,
    status: 429,
    code: 'rate_limit_exceeded',
    retryAfterSeconds: 5,
  },
  {
    fails: [429, 'ThrottlingException', 'Too many tokens, please wait before trying again.'],
    throws: RateLimitError,
    status: 429,
    code: 'rate_limit_exceeded',
    retryAfterSeconds: 15,
  },
  {
    fails: [429, 'ThrottlingException', 'Too many tokens per day, please wait before trying again.'],
    throws: RateLimitError,
    status: 429,
    code: 'quota_exceeded',
    retryAfterSeconds: null,
  },
  {
    fails: [
      429,
      'ModelNotReadyException',
      'Model is not ready for inference. Wait and try your request again.',
    ],
    throws: InternalServerError,
    status: 503,
    code: 'upstream_unavailable',
    retryAfterSeconds: 10,
  },
  {
    fails: [500, 'InternalServerException', 'The system encountered an unexpected error.'],
    throws: InternalServerError,
    status: 502,
    code: 'upstream_error',
    retryAfterSeconds: 1,
  },
  {
    fails: [503, 'ServiceUnavailableException', 'Model is getting throttled. Try your request again.'],
    throws: InternalServerError,
    status: 503,
    code: 'upstream_unavailable',
    retryAfterSeconds: 5,
  },
  // Names that this version does not know go by their status.
  {
    fails: [429, 'SomethingNewException', 'Slow down.'],
    throws: RateLimitError,
    status: 429,
    code: 'rate_limit_exceeded',
    retryAfterSeconds: 5,
  },
  {
    fails: [409, 'SomethingNewException', 'Not like this.'],
    throws: BadRequestError,
    status: 400,
    code: 'invalid_request',
    retryAfterSeconds: null,
  },
  {
    fails: [507, 'SomethingNewException', 'Full.'],
    throws: InternalServerError,
    status: 502,
    code: 'upstream_error',
    retryAfterSeconds: 1,
  },
  // The gateway's credentials are none of the client's: no 401, no 403.
  {
    fails: [403, 'ExpiredTokenException', 'The security token included in the request is expired'],
    throws: InternalServerError,
    status: 503,
    code: 'aws_credentials',
    retryAfterSeconds: null,
  },
]

const STREAM_ROWS = [
  [
    'internalServerException',
    'The system encountered an unexpected error.',
    'upstream_error',
    'server_error',
  ],
  ['modelStreamErrorException', 'The model broke off.', 'upstream_error', 'server_error'],
  [
    'validationException',
    'The detected file MIME type is wrong.',
    'invalid_request',
    'invalid_request_error',
  ],
  ['throttlingException', 'Too many requests, please wait.', 'rate_limit_exceeded', 'rate_limit_error'],
  ['throttlingException', 'Too many tokens per day, please wait.', 'quota_exceeded', 'rate_limit_error'],
  ['serviceUnavailableException', 'Try your request again.', 'upstream_unavailable', 'server_error'],
] as const satisfies readonly (readonly [
  NonNullable<Behaviour['exception']>['type'],
  string,
  ErrorCode,
  string,
])[]

suite("Bedrock's failures as the official OpenAI SDK acts on them", () => {
  let emulator: Emulator
  let daemon: Daemon
  /** Headers of every reply, as the gateway sent them. */
  let replies: Headers[]

  before(async () => {
    emulator = await startEmulator()
    daemon = await startDaemon({ emulator })
  })
  after(async () => {
    await daemon?.kill()
    await emulator?.close()
  })
  afterEach(() => emulator.reset())

  /** The SDK as it comes, but for its patience: it decides by our headers whether it tries again, and then does so at once. */
  const createClient = (onReply = () => {}): OpenAI => {
    replies = []
    return new OpenAI({
      baseURL: `${daemon.url}/v1`,
      apiKey: 'none',
      maxRetries: MAX_RETRIES,
      timeout: 20_000,
      fetch: async (url, init) => {
        const response = await fetch(url, init)
        replies.push(response.headers)
        onReply()
        const headers = new Headers(response.headers)
        headers.set('retry-after-ms', '1')
        return new Response(response.body, { status: response.status, headers })
      },
    })
  }

  const countCalls = () =>
    emulator.requests.filter(({ operation }) => operation.startsWith('Converse')).length

  for (const { fails, ...row } of ROWS) {
    const [status, type, message] = fails
    for (const stream of [false, true]) {
      const how = stream ? 'streamed' : 'whole'
      test(`${status} ${type} "${message.slice(0, 40)}" is ${row.status} ${row.code} (${how})`, async () => {
        emulator.set({ failWith: { status, type, message } })
        const callsBefore = countCalls()
        const asked = createClient().chat.completions.create({ model: MODEL, messages: MESSAGES, stream })
        await assert.rejects(Promise.resolve(asked), (error) => {
          assert.ok(error instanceof row.throws, String(error))
          assert.ok(error.message.includes(message), error.message)
          assert.deepEqual(
            { status: error.status, code: error.code, param: error.param ?? undefined },
            { status: row.status, code: row.code, param: row.param },
          )
          assert.ok(error.requestID)
          return true
        })
        const retried = row.retryAfterSeconds !== null
        assert.equal(countCalls() - callsBefore, retried ? 1 + MAX_RETRIES : 1)
        for (const headers of replies) {
          assert.equal(headers.get('retry-after'), retried ? String(row.retryAfterSeconds) : null)
          assert.equal(headers.get('x-should-retry'), retried ? null : 'false')
          assert.equal(headers.get('content-type'), 'application/json')
        }
      })
    }
  }

  test('a failure that passes is not seen: the SDK tries again and gets the answer', async () => {
    emulator.set({ throttle: true })
    const client = createClient(() => emulator.set({ throttle: false, text: 'Hi!' }))
    const completion = await client.chat.completions.create({ model: MODEL, messages: MESSAGES })
    assert.equal(completion.choices[0]?.message.content, 'Hi!')
    assert.equal(replies.length, 2)
  })

  for (const [type, message, code, errorType] of STREAM_ROWS) {
    for (const afterFrames of [0, 2]) {
      test(`${type} "${message}" after ${afterFrames} events is thrown as ${code}, and not retried`, async () => {
        emulator.set({ chunks: ['One ', 'two'], exception: { afterFrames, type, message } })
        const callsBefore = countCalls()
        const stream = await createClient().chat.completions.create({
          model: MODEL,
          messages: MESSAGES,
          stream: true,
        })
        const texts: string[] = []
        await assert.rejects(
          async () => {
            for await (const chunk of stream) texts.push(chunk.choices[0]?.delta.content ?? '')
          },
          (error) => {
            assert.ok(error instanceof OpenAI.APIError)
            assert.ok(error.message.includes(message), error.message)
            assert.deepEqual([error.code, error.type], [code, errorType])
            return true
          },
        )
        assert.equal(texts.join(''), afterFrames === 0 ? '' : 'One ')
        assert.equal(countCalls() - callsBefore, 1)
      })
    }
  }

  test('what the gateway itself refuses never reaches Bedrock, and is not retried', async () => {
    const client = createClient()
    const callsBefore = countCalls()
    const ask = (extra: object) =>
      Promise.resolve(client.chat.completions.create({ model: MODEL, messages: MESSAGES, ...extra }))
    await assert.rejects(ask({ model: 'gpt-nowhere' }), NotFoundError)
    await assert.rejects(ask({ temperature: 7 }), (error) => {
      assert.ok(error instanceof BadRequestError)
      assert.equal(error.param, 'temperature')
      return true
    })
    await assert.rejects(ask({ messages: [] }), BadRequestError)
    assert.equal(countCalls(), callsBefore)
    assert.equal(replies.length, 3)
  })
})
