import assert from 'node:assert/strict'
import { after, afterEach, before, suite, test } from 'node:test'
import { type Emulator, startEmulator } from '../emulator/emulator.js'
import { eventually, MODEL, postChat, within } from './chat.js'
import { type Daemon, type LogLine, startDaemon } from './daemon.js'
import { openRaw, rawChat } from './raw-client.js'

const KEY = 'sk-verysecretclientkey'
const WRONG_KEY = 'sk-verysecretwrongkey'
const STREAM = { stream: true, stream_options: { include_usage: true } }

suite('the log', () => {
  let emulator: Emulator
  let daemon: Daemon

  before(async () => {
    emulator = await startEmulator({ sessionToken: 'SECRETSESSIONTOKEN' })
    daemon = await startDaemon({
      emulator,
      environment: {
        BEDROCKD_LOG_LEVEL: 'trace',
        BEDROCKD_API_KEYS: KEY,
        BEDROCKD_STREAM_SILENCE_SECONDS: '1',
      },
    })
  })
  after(async () => {
    await daemon?.kill()
    await emulator?.close()
  })
  afterEach(() => emulator.reset())

  const headers = { authorization: `Bearer ${KEY}` }

  /** Asks and waits for the log line of the request. */
  async function lineOf(
    requestId: string,
    ask: (id: Record<string, string>) => Promise<Response>,
  ): Promise<LogLine> {
    const response = await ask({ ...headers, 'x-request-id': requestId })
    await response.text()
    assert.equal(response.headers.get('x-request-id'), requestId)
    return daemon.waitForLine((line) => line['requestId'] === requestId, 5_000)
  }

  test('a stream is one line with what it was, what it cost and how long it took', async () => {
    emulator.set({ usage: { inputTokens: 12, outputTokens: 34, totalTokens: 46 } })
    const line = await lineOf('stream-1', (id) => postChat(daemon.url, STREAM, { headers: id }))
    assert.equal(line['msg'], 'request')
    assert.equal(line['method'], 'POST')
    assert.equal(line['path'], '/v1/chat/completions')
    assert.equal(line['status'], 200)
    assert.equal(line['model'], MODEL)
    assert.equal(line['region'], 'us-east-1')
    assert.equal(line['streamed'], true)
    assert.equal(line['promptTokens'], 12)
    assert.equal(line['completionTokens'], 34)
    assert.match(String(line['bedrockRequestId']), /^[0-9a-f-]{36}$/)
    assert.ok(Number(line['durationMs']) > 0)
    assert.ok(Number(line['firstByteMs']) > 0)
    assert.ok(Number(line['firstByteMs']) <= Number(line['durationMs']))
    assert.equal(line['level'], 30)
    assert.equal(line['error'], undefined)
    assert.equal(daemon.lines.filter(({ requestId }) => requestId === 'stream-1').length, 1)
  })

  test('a whole reply is one line, too', async () => {
    emulator.set({ usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3 } })
    const line = await lineOf('whole-1', (id) => postChat(daemon.url, {}, { headers: id }))
    assert.equal(line['streamed'], false)
    assert.equal(line['promptTokens'], 1)
    assert.equal(line['completionTokens'], 2)
    assert.ok(Number(line['firstByteMs']) > 0)
  })

  test('the line of a failure has its code, and type, status and request id of Bedrock', async () => {
    emulator.set({ throttle: true })
    const line = await lineOf('throttled-1', (id) => postChat(daemon.url, STREAM, { headers: id }))
    assert.equal(line['status'], 429)
    const { code, upstream } = line['error'] as { code: string; upstream: Record<string, unknown> }
    assert.equal(code, 'rate_limit_exceeded')
    assert.equal(upstream['type'], 'ThrottlingException')
    assert.equal(upstream['status'], 429)
    assert.match(String(upstream['requestId']), /^[0-9a-f-]{36}$/)
  })

  test('a stream that failed after its 200 says so', async () => {
    emulator.set({ exception: { afterFrames: 2, type: 'modelStreamErrorException', message: 'x' } })
    const line = await lineOf('failed-1', (id) => postChat(daemon.url, STREAM, { headers: id }))
    assert.equal(line['status'], 200)
    assert.equal(line['msg'], 'request failed')
    assert.equal((line['error'] as { code: string }).code, 'upstream_error')
  })

  test('other routes are lines with their pattern, not with what the client wrote', async () => {
    const model = await lineOf('model-1', (id) =>
      fetch(`${daemon.url}/v1/models/SECRETMODEL`, { headers: id }),
    )
    assert.equal(model['status'], 404)
    assert.ok(!String(model['path']).includes('SECRET'))
    const nothing = await lineOf('nothing-1', (id) =>
      fetch(`${daemon.url}/SECRETPATH?SECRETQUERY=1`, { headers: id }),
    )
    assert.equal(nothing['status'], 404)
    assert.equal(nothing['path'], '(none)')
  })

  test('a client that leaves is a line with status 499', async () => {
    emulator.set({ headersDelayMs: 60_000 })
    const seen = emulator.requests.length
    const client = await openRaw(daemon.port)
    client.socket.write(rawChat(STREAM, { ...headers, 'x-request-id': 'gone-1' }))
    await eventually(() => emulator.requests.length > seen, 'the call')
    client.socket.destroy()
    const line = await daemon.waitForLine(({ requestId }) => requestId === 'gone-1', 5_000)
    assert.equal(line['status'], 499)
    assert.equal(line['clientGone'], true)
  })

  test('an id that is no plain token is neither echoed nor logged', async () => {
    const response = await postChat(
      daemon.url,
      {},
      { headers: { ...headers, 'x-request-id': 'SECRET id; x' } },
    )
    await response.text()
    assert.match(response.headers.get('x-request-id') ?? '', /^[0-9a-f-]{36}$/)
  })

  test('at level trace nothing private is in the output, whatever happens', async () => {
    const messages = [
      { role: 'system', content: 'SECRETSYSTEM' },
      { role: 'user', content: 'SECRETPROMPT' },
    ]
    const ask = async (extra: Record<string, unknown>, key = KEY): Promise<void> => {
      const init = { headers: { authorization: `Bearer ${key}` } }
      const response = await postChat(daemon.url, { messages, ...extra }, init)
      await response.text()
    }
    emulator.set({ text: 'SECRETANSWER' })
    await ask(STREAM)
    await ask({})
    await ask(STREAM, WRONG_KEY)
    for (const status of [400, 403, 404, 424, 429, 500, 503]) {
      emulator.set({ failWith: { status, type: 'ValidationException', message: 'SECRETERROR' } })
      await ask(STREAM)
      await ask({})
    }
    emulator.set({ failWith: { status: 400, type: 'SECRETTYPE é', message: 'SECRETERROR' } })
    await ask(STREAM).catch(() => {})
    emulator.set({
      failWith: null,
      exception: { afterFrames: 2, type: 'validationException', message: 'SECRETERROR' },
    })
    await ask(STREAM)
    emulator.set({ exception: null, corruptCrcAtFrame: 2 })
    await ask(STREAM)
    emulator.set({ corruptCrcAtFrame: null, cut: { afterFrames: 2, how: 'reset', midFrame: true } })
    await ask(STREAM)
    emulator.set({ cut: null, hangAfterFrames: 2 })
    await ask(STREAM)
    emulator.reset()
    // Bodies that are wrong in ways that parsers like to quote.
    for (const body of [
      '{"SECRETBODY',
      '"SECRETBODY"',
      JSON.stringify({ model: 'SECRETMODEL', messages }),
      JSON.stringify({ model: MODEL, messages: 'SECRETPROMPT' }),
      JSON.stringify({ model: MODEL, messages: [{ role: 'SECRETROLE', content: 'SECRETPROMPT' }] }),
      JSON.stringify({ model: MODEL, messages, temperature: 'SECRETTEMPERATURE' }),
      JSON.stringify({ model: MODEL, messages, SECRETPARAMETER: 1 }),
      JSON.stringify({ model: MODEL, messages, stop: [{ SECRETSTOP: 1 }] }),
      JSON.stringify({
        model: MODEL,
        messages: [{ role: 'user', content: `SECRETPROMPT${'x'.repeat(400_000)}` }],
      }),
    ]) {
      const response = await postChat(daemon.url, {}, { body, headers })
      await response.text()
    }
    await fetch(`${daemon.url}/v1/models/SECRETMODEL?type=SECRETTYPE`, { headers }).then((r) => r.text())
    emulator.set({
      control: [{ failWith: { status: 403, type: 'AccessDeniedException', message: 'SECRETERROR' } }],
    })
    await daemon.admin('/refresh', 'POST')
    emulator.reset()
    daemon.process.kill('SIGHUP')
    await lineOf('last-1', (id) => fetch(`${daemon.url}/healthz`, { headers: id }))
    daemon.process.kill('SIGTERM')
    assert.equal(await within(daemon.exited, 20_000, 'bedrockd did not end'), 0)
    const output = daemon.output()
    const leaks = output.split('\n').filter((line) => /SECRET|secret/.test(line))
    assert.deepEqual(leaks, [])
    const { AWS_SECRET_ACCESS_KEY: secretKey, AWS_ACCESS_KEY_ID: keyId } = emulator.environment
    assert.ok(secretKey !== undefined && keyId !== undefined)
    assert.ok(!output.includes(secretKey) && !output.includes(keyId))
    assert.ok(daemon.lines.length > 30)
    assert.ok(daemon.lines.every((line) => typeof line['msg'] === 'string'))
  })
})
