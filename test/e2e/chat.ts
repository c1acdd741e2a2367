import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'

/** An on-demand model of the emulator's listing. */
export const MODEL = 'amazon.nova-micro-v1:0'
/** Longest line that Open WebUI's client surely takes (openwebui-contract §3). */
const LINE_BYTES_MAX = 65_536

/** A chat request body; members of `extra` win. */
export function chatBody(extra: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({ model: MODEL, messages: [{ role: 'user', content: 'Hello there' }], ...extra })
}

/** POSTs a chat. `extra` goes into the body. */
export function postChat(
  url: string,
  extra: Readonly<Record<string, unknown>> = {},
  init: RequestInit = {},
): Promise<Response> {
  return fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    body: chatBody(extra),
    // Longer than any daemon under test may take: a hang fails one test, not the run.
    signal: AbortSignal.timeout(60_000),
    ...init,
    headers: { 'content-type': 'application/json', ...init.headers },
  })
}

export interface ErrorBody {
  readonly message: string
  readonly type: string
  readonly param: string | null
  readonly code: string
}

interface Chunk {
  readonly choices?: readonly {
    readonly delta: { readonly role?: string; readonly content?: string }
    readonly finish_reason: string | null
  }[]
  readonly usage?: { readonly prompt_tokens: number; readonly completion_tokens: number } | null
  readonly error?: ErrorBody
}

/** A whole event stream, taken apart; see `parseStream` for what was asserted on the way. */
export interface StreamReading {
  readonly chunks: readonly Chunk[]
  readonly text: string
  readonly finishReasons: readonly string[]
  readonly usage: Chunk['usage']
  readonly error: ErrorBody | null
  readonly pings: number
  /** Everything in order, as `role`, `text`, `finish`, `usage`, `error`, `ping`, `done`. */
  readonly order: readonly string[]
}

/**
 * Takes an event stream apart. Fails where it is not what every client of the API can read: each event one `data:` line of
 * at most 64 KB and a blank line, comments only between events, `[DONE]` once and last.
 */
export function parseStream(raw: string): StreamReading {
  assert.ok(raw.endsWith('data: [DONE]\n\n'), `the stream must end in [DONE], got …${raw.slice(-200)}`)
  const blocks = raw.slice(0, -2).split('\n\n')
  const chunks: Chunk[] = []
  const order: string[] = []
  for (const block of blocks) {
    assert.ok(Buffer.byteLength(block) <= LINE_BYTES_MAX, 'a line is longer than 64 KB')
    if (block.startsWith(':')) {
      assert.match(block, /^:( ping)?$/)
      if (block === ': ping') order.push('ping')
      continue
    }
    assert.match(block, /^data: [^\n]+$/, 'an event must be one data line')
    if (block === 'data: [DONE]') {
      order.push('done')
      continue
    }
    const chunk = JSON.parse(block.slice('data: '.length)) as Chunk
    chunks.push(chunk)
    order.push(kindOf(chunk))
  }
  assert.equal(order.filter((kind) => kind === 'done').length, 1, '[DONE] must come once')
  const choices = chunks.flatMap((chunk) => chunk.choices ?? [])
  return {
    chunks,
    order,
    text: choices.map((choice) => choice.delta.content ?? '').join(''),
    finishReasons: choices.flatMap((choice) => choice.finish_reason ?? []),
    usage: chunks.find((chunk) => chunk.usage)?.usage ?? null,
    error: chunks.find((chunk) => chunk.error)?.error ?? null,
    pings: order.filter((kind) => kind === 'ping').length,
  }
}

function kindOf(chunk: Chunk): string {
  if (chunk.error !== undefined) return 'error'
  const choice = chunk.choices?.[0]
  if (choice === undefined) return 'usage'
  if (choice.finish_reason !== null) return 'finish'
  return choice.delta.role === undefined ? 'text' : 'role'
}

/** Reads a reply to its end and takes it apart; a stream that does not end fails after `limitMs`. */
export async function readStream(response: Response, limitMs = 20_000): Promise<StreamReading> {
  assert.equal(response.status, 200)
  assert.match(response.headers.get('content-type') ?? '', /^text\/event-stream/)
  return parseStream(await within(response.text(), limitMs, 'the stream did not end'))
}

/** A good end: role first, text, one finish reason, usage exactly when asked, `[DONE]`. */
export function assertComplete(stream: StreamReading, options: { usage: boolean }): void {
  const order = stream.order.filter((kind) => kind !== 'ping')
  const expected = ['finish', ...(options.usage ? ['usage'] : []), 'done']
  assert.equal(order[0], 'role')
  assert.deepEqual(order.slice(-expected.length), expected)
  assert.deepEqual(
    order.slice(1, -expected.length).filter((kind) => kind !== 'text'),
    [],
  )
}

/** A bad end: no finish reason, no usage; one error event without `choices`, then `[DONE]`. */
export function assertFailed(stream: StreamReading, code: string): ErrorBody {
  assert.deepEqual(stream.order.slice(-2), ['error', 'done'])
  assert.deepEqual(stream.finishReasons, [])
  assert.equal(stream.order.filter((kind) => kind === 'error').length, 1)
  const { error } = stream
  assert.ok(error !== null)
  assertErrorShape(error)
  assert.equal(error.code, code)
  return error
}

export function assertErrorShape(error: ErrorBody): void {
  assert.deepEqual(Object.keys(error).sort(), ['code', 'message', 'param', 'type'])
  assert.ok(error.message.length > 0)
}

/** The error of a reply with this status, its shape checked. */
export async function readError(response: Response, status: number): Promise<ErrorBody> {
  const text = await response.text()
  assert.equal(response.status, status, text)
  assert.equal(response.headers.get('content-type'), 'application/json')
  const { error } = JSON.parse(text) as { error: ErrorBody }
  assertErrorShape(error)
  return error
}

/** Rejects with `what` when `promise` takes longer: a hang must fail its own test. */
export async function within<Value>(promise: Promise<Value>, limitMs: number, what: string): Promise<Value> {
  const stop = new AbortController()
  const late = sleep(limitMs, undefined, { signal: stop.signal }).then(() => {
    throw new Error(`${what} within ${limitMs} ms`)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    stop.abort()
    late.catch(() => {})
  }
}

/** Polls until `find` gives something. */
export async function eventually<Value>(
  find: () => Value | undefined | null | false | Promise<Value | undefined | null | false>,
  what: string,
  limitMs = 20_000,
): Promise<Value> {
  const endMs = Date.now() + limitMs
  for (;;) {
    const found = await find()
    if (found !== undefined && found !== null && found !== false) return found
    assert.ok(Date.now() < endMs, `${what} did not happen within ${limitMs} ms`)
    await sleep(20)
  }
}
