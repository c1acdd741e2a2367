import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { type CallQueueOptions, createCallQueue, type QueueJob } from '../../src/embeddings/call-queue.js'
import type { Share } from '../../src/embeddings/waiting-line.js'
import { type ErrorCode, GatewayError } from '../../src/errors.js'
import { FakeClock } from './fake-clock.js'

const share: Share = { key: 'k', countMax: 96, charactersMax: 1_000 }
const CALL_MS = 50
const MINUTE_MS = 60_000

interface Call {
  readonly texts: readonly string[]
  readonly atMs: number
  readonly signal: AbortSignal
}

/** What the far end does with a call: null is a success. */
type Far = (call: Call, calls: readonly Call[]) => GatewayError | null

interface AskOptions {
  readonly lane?: string
  readonly share?: Share | null
  readonly signal?: AbortSignal
}

function setUp(options: Partial<CallQueueOptions> = {}, far: Far = () => null) {
  const clock = new FakeClock()
  const calls: Call[] = []
  const throttles: string[] = []
  const queue = createCallQueue<string, string>({
    callsMax: 4,
    gatherMs: 5,
    waitMs: MINUTE_MS,
    clock,
    onThrottled: (lane) => throttles.push(lane),
    ...options,
  })

  function call(texts: readonly string[], signal: AbortSignal): Promise<readonly string[]> {
    const made: Call = { texts, atMs: clock.now(), signal }
    const error = far(made, calls)
    calls.push(made)
    return new Promise((resolve, reject) => {
      const stop = clock.after(CALL_MS, () => {
        if (error === null) resolve(texts.map((text) => text.toUpperCase()))
        else reject(error)
      })
      signal.addEventListener('abort', () => {
        stop()
        reject(new GatewayError('client_closed', 'gone'))
      })
    })
  }

  /** Puts one request into the queue; its outcome is there once it is settled; `atMs` is 0 until then. */
  function ask(texts: readonly string[], { lane = 'm', share = null, signal }: AskOptions = {}) {
    const job: QueueJob<string, string> = {
      lane,
      inputs: texts.map((content) => ({ content, share, characters: content.length })),
      signal: signal ?? new AbortController().signal,
      call,
    }
    const asked: { results: readonly string[] | null; error: GatewayError | null; atMs: number } = {
      results: null,
      error: null,
      atMs: 0,
    }
    queue.run(job).then(
      (results) => Object.assign(asked, { results, atMs: clock.now() }),
      (error: unknown) => Object.assign(asked, { error, atMs: clock.now() }),
    )
    return asked
  }

  const texts = () => calls.map((made) => made.texts.join(' '))
  return { clock, calls, throttles, queue, ask, texts }
}

function toError(code: ErrorCode, status = 400): GatewayError {
  return new GatewayError(code, `said ${code}`, { upstream: { type: 'X', status, requestId: null } })
}

function numbered(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${name}${index}`)
}

suite('turns', () => {
  test('results come in the order of the inputs, and no more calls run at once than may', async () => {
    const { clock, calls, ask } = setUp()
    const asked = ask(numbered('a', 10))
    await clock.pass(CALL_MS - 1)
    assert.equal(calls.length, 4)
    await clock.pass(CALL_MS * 3)
    assert.deepEqual(asked.results, numbered('A', 10))
    assert.equal(clock.pending, 0)
  })

  test('a request of 2048 inputs does not hold up the one-text query that comes after it', async () => {
    const { clock, calls, ask } = setUp()
    const large = ask(numbered('a', 2_048))
    await clock.pass(CALL_MS / 2)
    const small = ask(['query'])
    await clock.pass(CALL_MS * 2)
    assert.deepEqual(small.results, ['QUERY'])
    assert.equal(large.atMs, 0)
    assert.ok(calls.length <= 12)
    await clock.pass(CALL_MS * 2_048)
    assert.equal(large.results?.length, 2_048)
  })

  test('models and regions do not wait for one another', async () => {
    const { clock, ask } = setUp()
    ask(numbered('a', 1_000), { lane: 'busy' })
    const other = ask(['query'], { lane: 'free' })
    await clock.pass(CALL_MS)
    assert.deepEqual(other.results, ['QUERY'])
  })
})

suite('throttling', () => {
  /** A far end that lets through so many calls in each second. */
  const perSecond =
    (most: number): Far =>
    ({ atMs }, calls) =>
      calls.filter((made) => made.atMs > atMs - 1_000).length >= most
        ? toError('rate_limit_exceeded', 429)
        : null

  test('a flood above the rate that AWS takes succeeds, with few calls thrown back', async () => {
    const { clock, calls, ask } = setUp({ callsMax: 16 }, perSecond(20))
    const asked = numbered('a', 300).map((text) => ask([text]))
    await clock.pass(MINUTE_MS)
    assert.deepEqual(
      asked.map(({ results }) => results?.[0]),
      numbered('A', 300),
    )
    const last = Math.max(...asked.map(({ atMs }) => atMs)) - 1_000
    assert.ok(last < 40_000, `${last} ms for 300 calls at 20 a second`)
    assert.ok(calls.length < 400, `${calls.length} calls`)
    assert.equal(clock.pending, 0)
  })

  test('calls that are thrown back together slow down once', async () => {
    const { clock, calls, throttles, ask } = setUp({ callsMax: 16 }, (_, made) =>
      made.length < 16 ? toError('rate_limit_exceeded', 429) : null,
    )
    ask(numbered('a', 16))
    await clock.pass(CALL_MS)
    assert.equal(calls.length, 16)
    assert.deepEqual(throttles, ['m'])
  })

  test('what is thrown back is the first of its request to go again', async () => {
    const { clock, ask, texts } = setUp({ callsMax: 1 }, (_, made) =>
      made.length === 0 ? toError('rate_limit_exceeded', 429) : null,
    )
    const asked = ask(['a', 'b', 'c'])
    await clock.pass(10_000)
    assert.deepEqual(texts(), ['a', 'a', 'b', 'c'])
    assert.deepEqual(asked.results, ['A', 'B', 'C'])
  })

  test('a request is given up with 429 when it has waited long enough, and says when to come again', async () => {
    const { clock, ask } = setUp({ waitMs: 30_000 }, () => toError('rate_limit_exceeded', 429))
    const asked = ask(['a'])
    await clock.pass(29_000)
    assert.equal(asked.atMs, 0)
    await clock.pass(2_000)
    assert.equal(asked.error?.code, 'rate_limit_exceeded')
    assert.ok((asked.error?.retryAfterSeconds ?? 0) > 0)
    assert.match(
      asked.error?.message ?? '',
      /waited 30 seconds .*BEDROCKD_EMBEDDING_WAIT_SECONDS.*: AWS throttles this model\. Raise/,
    )
    assert.equal(clock.pending, 0)
  })

  test('what runs when the time is over may still come back', async () => {
    const { clock, ask } = setUp({ waitMs: CALL_MS / 2, callsMax: 1 })
    const running = ask(['a'])
    const waiting = ask(['b'])
    await clock.pass(CALL_MS)
    assert.deepEqual(running.results, ['A'])
    assert.equal(waiting.error?.code, 'rate_limit_exceeded')
    // Nobody throttled: it is the gateway's own limit.
    assert.match(waiting.error?.message ?? '', /BEDROCKD_EMBEDDING_CALLS_MAX/)
    assert.doesNotMatch(waiting.error?.message ?? '', /throttles/)
  })

  test('without any time to wait, what can start at once does', async () => {
    const { clock, ask } = setUp({ waitMs: 0, callsMax: 1 })
    const [first, second] = [ask(['a']), ask(['b'])]
    await clock.pass(CALL_MS)
    assert.deepEqual(first.results, ['A'])
    assert.equal(second.error?.code, 'rate_limit_exceeded')
  })

  test('a quota of the day is not waited for', async () => {
    const { clock, calls, ask } = setUp({}, () => toError('quota_exceeded', 429))
    const asked = ask(['a'])
    await clock.pass(CALL_MS)
    assert.equal(asked.error?.code, 'quota_exceeded')
    assert.equal(calls.length, 1)
  })
})

suite('failures', () => {
  for (const code of ['upstream_error', 'upstream_unavailable', 'upstream_incomplete'] as const) {
    test(`${code} is tried four times in all, later and later`, async () => {
      const { clock, calls, ask } = setUp({}, () => toError(code, 500))
      const asked = ask(['a'])
      await clock.pass(MINUTE_MS / 2)
      assert.equal(asked.error?.code, code)
      const gaps = calls.slice(1).map(({ atMs }, index) => atMs - (calls[index]?.atMs ?? 0) - CALL_MS)
      assert.deepEqual(gaps, [375, 750, 1500])
      assert.equal(clock.pending, 0)
    })
  }

  test('a fault that passes is not seen', async () => {
    const { clock, ask } = setUp({}, (_, made) => (made.length < 3 ? toError('upstream_error', 500) : null))
    const asked = ask(['a', 'b'])
    await clock.pass(MINUTE_MS / 2)
    assert.deepEqual(asked.results, ['A', 'B'])
  })

  for (const code of ['invalid_request', 'access_denied', 'model_not_found', 'aws_credentials'] as const) {
    test(`${code} is not tried again, and the rest of its request is not sent`, async () => {
      const { clock, calls, ask } = setUp({ callsMax: 1 }, () => toError(code))
      const asked = ask(numbered('a', 20))
      await clock.pass(MINUTE_MS / 2)
      assert.equal(asked.error?.code, code)
      assert.equal(calls.length, 1)
    })
  }
})

suite('clients that go', () => {
  test('a request that nobody waits for leaves the line at once, and its calls are broken off', async () => {
    const { clock, calls, ask } = setUp({ callsMax: 2 })
    const gone = new AbortController()
    const asked = ask(numbered('a', 100), { signal: gone.signal })
    await clock.pass(1)
    gone.abort()
    await clock.pass(0)
    assert.equal(asked.error?.code, 'client_closed')
    assert.deepEqual(
      calls.map(({ signal }) => signal.aborted),
      [true, true],
    )
    assert.equal(clock.pending, 0)
    const next = ask(['b'])
    await clock.pass(CALL_MS)
    assert.deepEqual(next.results, ['B'])
    assert.equal(calls.length, 3)
  })

  test('one that is gone before it came is not called for', async () => {
    const { clock, calls, ask } = setUp()
    const asked = ask(['a'], { signal: AbortSignal.abort() })
    await clock.pass(CALL_MS)
    assert.equal(asked.error?.code, 'client_closed')
    assert.equal(calls.length, 0)
  })

  test('a shared call goes on for those who still wait, and is broken off with the last', async () => {
    const { clock, calls, ask } = setUp({ callsMax: 1 })
    ask(['first'], { share })
    const controllers = [new AbortController(), new AbortController()]
    const [one, two] = controllers.map(({ signal }, index) => ask([`t${index}`], { share, signal }))
    await clock.pass(CALL_MS + 1)
    assert.deepEqual(calls[1]?.texts, ['t0', 't1'])
    controllers[0]?.abort()
    await clock.pass(1)
    assert.equal(one?.error?.code, 'client_closed')
    assert.equal(calls[1]?.signal.aborted, false)
    controllers[1]?.abort()
    await clock.pass(1)
    assert.equal(two?.error?.code, 'client_closed')
    assert.equal(calls[1]?.signal.aborted, true)
  })
})

suite('shared calls', () => {
  test('a lone text goes at once; those that come while it runs are gathered', async () => {
    const { clock, calls, ask, texts } = setUp()
    const first = ask(['a'], { share })
    assert.equal(calls.length, 1)
    const second = ask(['b'], { share })
    await clock.pass(2)
    const third = ask(['c'], { share })
    assert.equal(calls.length, 1)
    await clock.pass(4)
    assert.deepEqual(texts(), ['a', 'b c'])
    await clock.pass(CALL_MS)
    assert.deepEqual(
      [first, second, third].map(({ results }) => results?.[0]),
      ['A', 'B', 'C'],
    )
  })

  test('a full call is not held back', async () => {
    const { calls, ask } = setUp()
    ask(['a'], { share })
    ask(numbered('b', 96), { share })
    assert.deepEqual(
      calls.map(({ texts }) => texts.length),
      [1, 96],
    )
  })

  test('a bad input fails its own request only', async () => {
    const { clock, ask, texts } = setUp({ callsMax: 1 }, (call) =>
      call.texts.includes('bad') ? toError('invalid_request') : null,
    )
    ask(['first'], { share })
    const good = ask(['a', 'b'], { share })
    const bad = ask(['bad'], { share })
    const other = ask(['c'], { share })
    await clock.pass(CALL_MS * 6)
    assert.deepEqual(good.results, ['A', 'B'])
    assert.deepEqual(other.results, ['C'])
    assert.equal(bad.error?.code, 'invalid_request')
    assert.deepEqual(texts().slice(1), ['a bad c b', 'a b', 'bad', 'c'])
  })

  test('a fault that one input makes each time does not end the others', async () => {
    const { clock, ask } = setUp({ callsMax: 1 }, (call) =>
      call.texts.includes('bad') ? toError('upstream_error', 500) : null,
    )
    ask(['first'], { share })
    const [good, bad] = [ask(['a'], { share }), ask(['bad'], { share })]
    await clock.pass(MINUTE_MS / 2)
    assert.deepEqual(good.results, ['A'])
    assert.equal(bad.error?.code, 'upstream_error')
  })
})

suite('bounds', () => {
  test('more inputs than may wait are refused with 503, until there is room', async () => {
    const { clock, ask } = setUp({ waitingInputsMax: 10 })
    const first = ask(numbered('a', 8))
    const refused = ask(numbered('b', 3))
    await clock.pass(CALL_MS * 4)
    assert.equal(refused.error?.code, 'overloaded')
    assert.equal(first.results?.length, 8)
    const next = ask(numbered('b', 3))
    await clock.pass(CALL_MS)
    assert.equal(next.results?.length, 3)
  })

  test('so are more characters', async () => {
    const { clock, ask } = setUp({ waitingCharactersMax: 10 })
    ask(['a'.repeat(8)])
    const refused = ask(['b'.repeat(8)])
    await clock.pass(1)
    assert.equal(refused.error?.code, 'overloaded')
  })

  test('closing ends what waits and what runs, and leaves no timer', async () => {
    const { clock, calls, queue, ask } = setUp({ callsMax: 1 })
    const asked = [ask(['a', 'b']), ask(['c'])]
    await clock.pass(1)
    queue.close()
    await clock.pass(1)
    for (const { error } of asked) assert.equal(error?.code, 'draining')
    assert.equal(calls[0]?.signal.aborted, true)
    const late = ask(['d'])
    await clock.pass(MINUTE_MS)
    assert.equal(late.error?.code, 'draining')
    assert.equal(calls.length, 1)
    assert.equal(clock.pending, 0)
  })
})
