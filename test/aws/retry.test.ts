import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withRetries } from '../../src/aws/retry.js'
import { type ErrorCode, GatewayError } from '../../src/errors.js'
import { inferenceError } from '../../src/images/image-errors.js'

const NEVER = new AbortController().signal

function failure(code: ErrorCode, status: number | null = null): GatewayError {
  return new GatewayError(code, 'Bedrock: no', {
    upstream: { type: null, status, requestId: null },
  })
}

/** Fails with these, one after the other, then resolves; `pausesMs` is what was waited, at the longest each time. */
async function run(failures: readonly unknown[], signal = NEVER, random = 1) {
  const pausesMs: number[] = []
  let attempts = 0
  const outcome = await withRetries(
    () => {
      const error = failures[attempts]
      attempts += 1
      return error === undefined ? Promise.resolve('made') : Promise.reject(error)
    },
    signal,
    {
      random: () => random,
      sleep: async (ms) => {
        pausesMs.push(ms)
        signal.throwIfAborted()
      },
    },
  ).catch((error: unknown) => error)
  return { outcome, attempts, pausesMs }
}

test('what passes by itself is tried again, with pauses that double', async () => {
  const failures = [
    failure('rate_limit_exceeded', 429),
    failure('upstream_unavailable', 503),
    failure('upstream_error', 500),
  ]
  assert.deepEqual(await run(failures), { outcome: 'made', attempts: 4, pausesMs: [500, 1000, 2000] })
})

test('at least one half of a pause is waited', async () => {
  const failures = Array.from({ length: 3 }, () => failure('rate_limit_exceeded', 429))
  assert.deepEqual((await run(failures, NEVER, 0)).pausesMs, [250, 500, 1000])
})

test('after three retries the last failure is the answer', async () => {
  const failures = Array.from({ length: 5 }, () => failure('rate_limit_exceeded', 429))
  const { outcome, attempts } = await run(failures)
  assert.equal(outcome, failures[3])
  assert.equal(attempts, 4)
})

test("an image model's breakdown is tried again", async () => {
  assert.equal((await run([inferenceError('r')])).outcome, 'made')
})

for (const [code, status] of [
  ['invalid_request', 400],
  ['access_denied', 403],
  ['model_not_found', 404],
  ['quota_exceeded', 429],
  ['upstream_error', 424],
  ['upstream_error', null],
  ['upstream_timeout', null],
  ['upstream_incomplete', null],
  ['aws_credentials', 403],
] as const) {
  test(`${code} (${status ?? 'no status'}) is not tried again`, async () => {
    const error = failure(code, status)
    assert.deepEqual(await run([error]), { outcome: error, attempts: 1, pausesMs: [] })
  })
}

test('a client that leaves during a pause ends it', async () => {
  const leaving = new AbortController()
  leaving.abort()
  const { outcome, attempts } = await run([failure('rate_limit_exceeded', 429)], leaving.signal)
  assert.ok(outcome instanceof GatewayError)
  assert.equal(outcome.code, 'client_closed')
  assert.equal(attempts, 1)
})
