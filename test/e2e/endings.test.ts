import assert from 'node:assert/strict'
import { after, afterEach, before, suite, test } from 'node:test'
import type { Behaviour } from '../emulator/behaviour.js'
import { type Emulator, startEmulator } from '../emulator/emulator.js'
import { assertComplete, assertFailed, postChat, readError, readStream } from './chat.js'
import { type Daemon, startDaemon } from './daemon.js'

/** Frames: 0 messageStart, 1 to 3 text, 4 contentBlockStop, 5 messageStop, 6 metadata. */
const CHUNKS = ['Alpha ', 'beta ', 'gamma']
const STREAM = { stream: true, stream_options: { include_usage: true } }

suite('how streams end', () => {
  let emulator: Emulator
  let daemon: Daemon

  before(async () => {
    emulator = await startEmulator()
    daemon = await startDaemon({ emulator, environment: { BEDROCKD_STREAM_SILENCE_SECONDS: '1' } })
  })
  after(async () => {
    await daemon?.kill()
    await emulator?.close()
  })
  afterEach(() => emulator.reset())

  async function stream(behaviour: Partial<Behaviour>) {
    emulator.set({ chunks: CHUNKS, ...behaviour })
    return readStream(await postChat(daemon.url, STREAM))
  }

  test('a whole answer ends in one finish reason, usage and [DONE]', async () => {
    const reading = await stream({ usage: { inputTokens: 11, outputTokens: 7, totalTokens: 18 } })
    assertComplete(reading, { usage: true })
    assert.equal(reading.text, CHUNKS.join(''))
    assert.deepEqual(reading.finishReasons, ['stop'])
    assert.equal(reading.usage?.prompt_tokens, 11)
    assert.equal(reading.usage?.completion_tokens, 7)
  })

  test('usage is not sent to a client that did not ask', async () => {
    emulator.set({ chunks: CHUNKS })
    const reading = await readStream(await postChat(daemon.url, { stream: true }))
    assertComplete(reading, { usage: false })
    assert.equal(reading.usage, null)
  })

  for (const [stopReason, finishReason] of [
    ['max_tokens', 'length'],
    ['stop_sequence', 'stop'],
    ['content_filtered', 'content_filter'],
    ['guardrail_intervened', 'content_filter'],
    ['model_context_window_exceeded', 'length'],
  ] as const) {
    test(`stop reason ${stopReason} ends as ${finishReason}`, async () => {
      const reading = await stream({ stopReason })
      assertComplete(reading, { usage: true })
      assert.deepEqual(reading.finishReasons, [finishReason])
    })
  }

  for (const [type, code] of [
    ['internalServerException', 'upstream_error'],
    ['modelStreamErrorException', 'upstream_error'],
    ['validationException', 'invalid_request'],
    ['throttlingException', 'rate_limit_exceeded'],
    ['serviceUnavailableException', 'upstream_unavailable'],
  ] as const) {
    for (const afterFrames of [0, 3]) {
      test(`${type} after ${afterFrames} events is an error event with ${code}`, async () => {
        const reading = await stream({ exception: { afterFrames, type, message: 'It went wrong.' } })
        const error = assertFailed(reading, code)
        assert.match(error.message, /It went wrong\./)
        assert.equal(reading.text, CHUNKS.slice(0, Math.max(0, afterFrames - 1)).join(''))
      })
    }
  }

  for (const [name, behaviour, code, text] of [
    ['a body without any event', { cut: { afterFrames: 0, how: 'end' } }, 'upstream_incomplete', ''],
    [
      'a body that ends without messageStop',
      { cut: { afterFrames: 3, how: 'end' } },
      'upstream_incomplete',
      'Alpha beta ',
    ],
    [
      'a body that ends right before messageStop',
      { cut: { afterFrames: 5, how: 'end' } },
      'upstream_incomplete',
      'Alpha beta gamma',
    ],
    [
      'a body that ends in the middle of a frame',
      { cut: { afterFrames: 3, how: 'end', midFrame: true } },
      'upstream_incomplete',
      'Alpha beta ',
    ],
    [
      'a connection reset between events',
      { cut: { afterFrames: 3, how: 'reset' } },
      'upstream_incomplete',
      'Alpha beta ',
    ],
    [
      'a connection reset in the middle of a frame',
      { cut: { afterFrames: 3, how: 'reset', midFrame: true } },
      'upstream_incomplete',
      'Alpha beta ',
    ],
    ['a bad checksum in the first event', { corruptCrcAtFrame: 0 }, 'upstream_error', ''],
    ['a bad checksum in a later event', { corruptCrcAtFrame: 3 }, 'upstream_error', 'Alpha beta '],
    ['silence before the first event', { hangAfterFrames: 0 }, 'upstream_timeout', ''],
    ['silence between events', { hangAfterFrames: 3 }, 'upstream_timeout', 'Alpha beta '],
  ] as const satisfies [string, Partial<Behaviour>, string, string][]) {
    test(`${name} is an error event with ${code}, after the text that came`, async () => {
      const reading = await stream(behaviour)
      assertFailed(reading, code)
      assert.equal(reading.text, text)
    })
  }

  for (const [name, behaviour] of [
    ['the body ends without metadata', { cut: { afterFrames: 6, how: 'end' } }],
    ['the connection is reset', { cut: { afterFrames: 6, how: 'reset' } }],
    ['metadata has a bad checksum', { corruptCrcAtFrame: 6 }],
    ['Bedrock falls silent', { hangAfterFrames: 6 }],
    [
      'an exception comes',
      { exception: { afterFrames: 6, type: 'internalServerException', message: 'Too late.' } },
    ],
  ] as const satisfies [string, Partial<Behaviour>][]) {
    test(`once messageStop came the reply is complete, even when ${name}`, async () => {
      const reading = await stream(behaviour)
      assertComplete(reading, { usage: false })
      assert.equal(reading.text, CHUNKS.join(''))
      assert.equal(reading.error, null)
    })
  }

  test('a stream that has everything but its end of body still ends', async () => {
    const reading = await stream({ hangAfterFrames: 7 })
    assertComplete(reading, { usage: true })
  })

  test('a text far over the line limit arrives whole, in lines of at most 64 KB', async () => {
    const long = 'ü"\u0001🙂'.repeat(40_000)
    const reading = await stream({ chunks: [long] })
    assertComplete(reading, { usage: true })
    assert.ok(reading.text === long, 'the text must be the same, surrogate pairs whole')
  })

  test('the connection that ended badly is not used again', async () => {
    await stream({ cut: { afterFrames: 3, how: 'end', midFrame: true } })
    emulator.reset()
    assertComplete(await stream({}), { usage: true })
  })

  test('a request that dies on a re-used connection before any byte is sent once more', async () => {
    await stream({})
    const before = emulator.requests.length
    emulator.set({ resetReusedConnections: true })
    for (let round = 0; round < 3; round += 1) assertComplete(await stream({}), { usage: true })
    assert.equal(emulator.requests.length - before, 3)
  })

  test('nothing is left running', async () => {
    assert.deepEqual(await daemon.admin('/streams'), { streams: [] })
  })

  for (const stream of [true, false]) {
    const how = stream ? 'streamed' : 'not streamed'
    for (const [name, behaviour, status, code, retryAfter] of [
      ['a throttle', { throttle: true }, 429, 'rate_limit_exceeded', true],
      [
        'no access',
        failure(
          403,
          'AccessDeniedException',
          "You don't have access to the model with the specified model ID.",
        ),
        403,
        'access_denied',
        false,
      ],
      [
        'a retired model',
        failure(404, 'ResourceNotFoundException', 'This model version has reached the end of its life.'),
        404,
        'model_not_found',
        false,
      ],
      [
        'a context that is too long',
        failure(400, 'ValidationException', 'Input is too long for requested model'),
        400,
        'context_length_exceeded',
        false,
      ],
      [
        'any other refusal',
        failure(400, 'ValidationException', 'The value is odd.'),
        400,
        'invalid_request',
        false,
      ],
      [
        'a service that is unavailable',
        failure(503, 'ServiceUnavailableException', 'Model is getting throttled. Try your request again.'),
        503,
        'upstream_unavailable',
        true,
      ],
      ['a failure', failure(500, 'InternalServerException', 'Oops.'), 502, 'upstream_error', true],
    ] as const satisfies [string, Partial<Behaviour>, number, string, boolean][]) {
      test(`before the first byte ${name} is a real ${status} (${how})`, async () => {
        emulator.set(behaviour)
        const response = await postChat(daemon.url, { stream })
        const error = await readError(response, status)
        assert.equal(error.code, code)
        assert.equal(response.headers.has('retry-after'), retryAfter)
        assert.equal(response.headers.get('x-should-retry'), retryAfter ? null : 'false')
        if (retryAfter) assert.match(response.headers.get('retry-after') ?? '', /^[1-9][0-9]*$/)
      })
    }
  }

  test('silence before the headers of a stream is a real 504 while nothing was sent', async () => {
    emulator.set({ headersDelayMs: 10_000 })
    const error = await readError(await postChat(daemon.url, { stream: true }), 504)
    assert.equal(error.code, 'upstream_timeout')
  })

  test('a model that nobody lists is a 404 without asking AWS', async () => {
    const before = emulator.requests.filter(({ operation }) => operation.startsWith('Converse')).length
    const error = await readError(await postChat(daemon.url, { model: 'no-such-model', stream: true }), 404)
    assert.equal(error.code, 'model_not_found')
    const asked = emulator.requests.filter(({ operation }) => operation.startsWith('Converse')).length
    assert.equal(asked, before)
  })
})

suite('how streams end whose 200 had to be committed early', () => {
  let emulator: Emulator
  let daemon: Daemon

  before(async () => {
    emulator = await startEmulator()
    daemon = await startDaemon({ emulator, environment: { BEDROCKD_PING_SECONDS: '0.3' } })
  })
  after(async () => {
    await daemon?.kill()
    await emulator?.close()
  })
  afterEach(() => emulator.reset())

  for (const [name, behaviour, code] of [
    ['a throttle', { throttle: true }, 'rate_limit_exceeded'],
    [
      'a refusal',
      failure(400, 'ValidationException', 'Input is too long for requested model'),
      'context_length_exceeded',
    ],
    ['no access', failure(403, 'AccessDeniedException', 'No.'), 'access_denied'],
  ] as const satisfies [string, Partial<Behaviour>, string][]) {
    test(`${name} is an error event`, async () => {
      emulator.set({ headersDelayMs: 1_000, ...behaviour })
      const reading = await readStream(await postChat(daemon.url, { stream: true }))
      assertFailed(reading, code)
      assert.ok(reading.pings >= 1)
      assert.equal(reading.order[0], 'ping')
    })
  }

  test('a late answer is whole', async () => {
    emulator.set({ headersDelayMs: 1_000, chunks: CHUNKS })
    const reading = await readStream(await postChat(daemon.url, STREAM))
    assertComplete(reading, { usage: true })
    assert.equal(reading.text, CHUNKS.join(''))
  })
})

test('a Bedrock that does not answer at all is a 503 with Retry-After', async () => {
  const emulator = await startEmulator()
  const daemon = await startDaemon({ emulator })
  try {
    await emulator.close()
    for (const stream of [true, false]) {
      const response = await postChat(daemon.url, { stream })
      assert.ok(response.headers.has('retry-after'))
      assert.equal((await readError(response, 503)).code, 'upstream_unavailable')
    }
  } finally {
    await daemon.kill()
  }
})

function failure(status: number, type: string, message: string): Partial<Behaviour> {
  return { failWith: { status, type, message } }
}
