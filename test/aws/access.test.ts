import assert from 'node:assert/strict'
import { afterEach, beforeEach, mock, test } from 'node:test'
import { pino } from 'pino'
import { type Access, createAccess } from '../../src/aws/access.js'
import type { RuntimeAccess, RuntimeAccessRequest } from '../../src/aws/access-types.js'
import { toRegionAccess } from '../../src/aws/plain-access.js'
import { GatewayError } from '../../src/errors.js'

const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS
const START_MS = Date.UTC(2026, 0, 15)
const REGIONS = ['us-east-1', 'eu-central-1']
const ENDPOINTS = { 'us-east-1': 'http://127.0.0.1:1', 'eu-central-1': 'http://127.0.0.1:2/base' }
const MANTLE_ENDPOINTS = { 'us-east-1': 'https://mantle.example' }

beforeEach(() => mock.timers.enable({ apis: ['setTimeout', 'Date'], now: START_MS }))
afterEach(() => mock.timers.reset())

type Answer = RuntimeAccess | Error

interface Scene {
  readonly access: Access
  /** What the worker was asked, in order. */
  readonly asked: readonly RuntimeAccessRequest[]
  /** Log messages, with the reason where there is one. */
  readonly logged: readonly string[]
  /** What the worker answers from now on. */
  answer: Answer
}

function createScene(answer: Answer, bearerToken: string | null = null): Scene {
  const asked: RuntimeAccessRequest[] = []
  const logged: string[] = []
  const log = pino({}, { write: (line: string) => logged.push(toMessage(line)) })
  const access = createAccess({
    regions: REGIONS,
    bearerToken,
    async resolve(request) {
      asked.push(request)
      if (scene.answer instanceof Error) throw scene.answer
      return scene.answer
    },
    log,
    now: Date.now,
  })
  const scene: Scene = { access, asked, logged, answer }
  return scene
}

function toMessage(line: string): string {
  const { msg, reason } = JSON.parse(line) as { msg: string; reason?: string }
  return reason === undefined ? msg : `${msg}: ${reason}`
}

function found({
  expiresInMs,
  accessKeyId = 'AKIDEXAMPLE',
}: {
  expiresInMs: number | null
  accessKeyId?: string
}) {
  return {
    endpoints: ENDPOINTS,
    mantleEndpoints: MANTLE_ENDPOINTS,
    credentials: {
      accessKeyId,
      secretAccessKey: 'example',
      sessionToken: null,
      expiresAtMs: expiresInMs === null ? null : Date.now() + expiresInMs,
    },
    problem: null,
  } satisfies RuntimeAccess
}

const NONE: RuntimeAccess = {
  endpoints: ENDPOINTS,
  mantleEndpoints: MANTLE_ENDPOINTS,
  credentials: null,
  problem: 'no provider had any',
}

/** Lets time pass, and lets what the timers started come to its end. */
async function pass(ms: number): Promise<void> {
  mock.timers.tick(ms)
  await new Promise(setImmediate)
}

/** Milliseconds until the worker is asked again, to the second. */
async function untilNextAsk(scene: Scene, limitMs = 30 * MINUTE_MS): Promise<number> {
  const before = scene.asked.length
  for (let waitedMs = SECOND_MS; waitedMs <= limitMs; waitedMs += SECOND_MS) {
    await pass(SECOND_MS)
    if (scene.asked.length > before) return waitedMs
  }
  return assert.fail('the worker was not asked again')
}

test('credentials are looked up again ahead of their expiry, and after a quarter of an hour at the latest', async () => {
  for (const [expiresInMs, expectedMs] of [
    [null, 15 * MINUTE_MS],
    [60 * MINUTE_MS, 15 * MINUTE_MS],
    [20 * MINUTE_MS, 15 * MINUTE_MS],
    [12 * MINUTE_MS, 7 * MINUTE_MS],
    [8 * MINUTE_MS, 4 * MINUTE_MS],
    [3 * MINUTE_MS, 90 * SECOND_MS],
    [SECOND_MS, SECOND_MS],
    [-MINUTE_MS, SECOND_MS],
  ] as const) {
    const scene = createScene(found({ expiresInMs }))
    await scene.access.refresh()
    assert.equal(await untilNextAsk(scene), expectedMs, `expires in ${expiresInMs} ms`)
    scene.access.close()
  }
})

test('no request asks the worker: a region is built once and reused until credentials come anew', async () => {
  const scene = createScene(found({ expiresInMs: null, accessKeyId: 'FIRST' }))
  await scene.access.refresh()
  const first = scene.access.forRegion('us-east-1')
  for (let index = 0; index < 100; index += 1) assert.equal(scene.access.forRegion('us-east-1'), first)
  assert.equal(scene.asked.length, 1)
  assert.deepEqual(scene.asked[0], { regions: REGIONS, credentials: true })
  assert.equal(scene.access.forRegion('eu-central-1').endpoint, 'http://127.0.0.1:2/base')

  scene.answer = found({ expiresInMs: null, accessKeyId: 'SECOND' })
  await scene.access.refresh()
  assert.notEqual(scene.access.forRegion('us-east-1'), first)
  scene.access.close()
})

test('missing credentials are reported once however often they are looked for, and once when they are there', async () => {
  const scene = createScene(NONE)
  await scene.access.refresh()
  await pass(SECOND_MS)
  await pass(2 * SECOND_MS)
  await pass(4 * SECOND_MS)
  assert.equal(scene.asked.length, 4)
  assert.deepEqual(scene.logged, ['aws credentials missing: no provider had any'])
  assert.equal(scene.access.ready, false)
  assert.deepEqual(scene.access.status(), { kind: 'none', expiresAtMs: null, problem: 'no provider had any' })
  assertGatewayError(() => scene.access.forRegion('us-east-1'), {
    code: 'aws_credentials',
    status: 503,
    words: /no provider had any/,
  })

  scene.answer = found({ expiresInMs: null })
  await pass(8 * SECOND_MS)
  await scene.access.refresh()
  assert.deepEqual(scene.logged, ['aws credentials missing: no provider had any', 'aws credentials resolved'])
  assert.equal(scene.access.ready, true)
  assert.equal(scene.access.forRegion('us-east-1').auth.type, 'sigv4')
  scene.access.close()
})

test('failed look-ups are repeated after 1, 2, 4 … seconds, and at most a minute', async () => {
  const scene = createScene(NONE)
  await scene.access.refresh()
  const delays: number[] = []
  for (let attempt = 0; attempt < 8; attempt += 1) delays.push((await untilNextAsk(scene)) / SECOND_MS)
  assert.deepEqual(delays, [1, 2, 4, 8, 16, 32, 60, 60])
  scene.access.close()
})

test('a worker that fails is named as the cause, not a look-up that is still going on', async () => {
  const scene = createScene(new Error('the worker ended'))
  assertGatewayError(() => scene.access.forRegion('us-east-1'), {
    code: 'upstream_unavailable',
    status: 503,
    words: /just started/,
  })
  await scene.access.refresh()
  assertGatewayError(() => scene.access.forRegion('us-east-1'), {
    code: 'aws_credentials',
    status: 503,
    words: /the worker ended/,
  })
  assert.deepEqual(scene.logged, ['aws credentials missing: the worker ended'])
  assert.equal(await untilNextAsk(scene), SECOND_MS)
  scene.access.close()
})

test('credentials that still work stay when the chain or the worker fails for a moment', async () => {
  const scene = createScene(found({ expiresInMs: 10 * MINUTE_MS }))
  await scene.access.refresh()
  const before = scene.access.forRegion('us-east-1')
  for (const failure of [NONE, new Error('the worker ended')]) {
    scene.answer = failure
    await scene.access.refresh()
    assert.equal(scene.access.forRegion('us-east-1'), before)
    assert.equal(scene.access.ready, true)
    assert.equal(scene.access.status().kind, 'sigv4')
    assert.notEqual(scene.access.status().problem, null)
  }
  await pass(10 * MINUTE_MS)
  assert.equal(scene.access.ready, false, 'once they have expired the gateway is not ready')

  scene.answer = found({ expiresInMs: 60 * MINUTE_MS })
  await scene.access.refresh()
  assert.equal(scene.access.ready, true)
  assert.equal(scene.access.status().problem, null)
  scene.access.close()
})

test('requests that AWS refused trigger one look-up, however many they are', async () => {
  const scene = createScene(found({ expiresInMs: null, accessKeyId: 'ROTATED-AWAY' }))
  await scene.access.refresh()
  scene.answer = found({ expiresInMs: null, accessKeyId: 'NEW' })
  for (let index = 0; index < 50; index += 1) scene.access.refused()
  assert.equal(scene.asked.length, 1, 'not at once: a burst of refusals is one')
  await pass(SECOND_MS)
  assert.equal(scene.asked.length, 2)
  const { auth } = scene.access.forRegion('us-east-1')
  assert(auth.type === 'sigv4')
  const request = { method: 'POST', path: '/', query: '', headers: [], payloadHash: '' }
  assert.match(auth.signer.sign(request, '20260115T000000Z'), /Credential=NEW\//)
  assert.equal(await untilNextAsk(scene), 15 * MINUTE_MS, 'then the usual schedule holds again')
  scene.access.close()
})

test('requests that AWS keeps refusing neither put the look-up off nor hurry it while it fails', async () => {
  const scene = createScene(found({ expiresInMs: null }))
  await scene.access.refresh()
  scene.answer = NONE
  const askedAtSeconds: number[] = []
  for (let halfSeconds = 1; halfSeconds <= 32; halfSeconds += 1) {
    const before = scene.asked.length
    scene.access.refused()
    await pass(SECOND_MS / 2)
    if (scene.asked.length > before) askedAtSeconds.push(halfSeconds / 2)
  }
  assert.deepEqual(askedAtSeconds, [1, 3, 7, 15])
  scene.access.close()
})

test('a look-up that runs is joined, not doubled', async () => {
  const scene = createScene(found({ expiresInMs: null }))
  await Promise.all([scene.access.refresh(), scene.access.refresh(), scene.access.refresh()])
  assert.equal(scene.asked.length, 1)
  scene.access.close()
})

test('a bearer token never asks for credentials, not even when AWS refuses it', async () => {
  const scene = createScene(
    { endpoints: ENDPOINTS, mantleEndpoints: MANTLE_ENDPOINTS, credentials: null, problem: null },
    'token-of-a-test',
  )
  await scene.access.refresh()
  assert.deepEqual(scene.asked, [{ regions: REGIONS, credentials: false }])
  assert.deepEqual(scene.access.forRegion('us-east-1'), {
    endpoint: 'http://127.0.0.1:1',
    auth: { type: 'bearer', header: 'Bearer token-of-a-test' },
  })
  assert.deepEqual(scene.access.status(), { kind: 'bearer', expiresAtMs: null, problem: null })
  assert.equal(scene.access.ready, true)
  scene.access.refused()
  await pass(10 * SECOND_MS)
  assert.equal(scene.asked.length, 1)
  assert.deepEqual(scene.logged, [])
  scene.access.close()
})

test('a region that is not configured is named in a 404', async () => {
  const scene = createScene(found({ expiresInMs: null }))
  await scene.access.refresh()
  assertGatewayError(() => scene.access.forRegion('ap-south-1'), {
    code: 'model_not_found',
    status: 404,
    words: /ap-south-1.*BEDROCKD_REGIONS/,
  })
  scene.access.close()
})

test('after close nothing is asked any more', async () => {
  const scene = createScene(found({ expiresInMs: MINUTE_MS }))
  await scene.access.refresh()
  scene.access.close()
  scene.access.refused()
  await pass(60 * MINUTE_MS)
  assert.equal(scene.asked.length, 1)
})

function assertGatewayError(
  run: () => unknown,
  expected: { code: string; status: number; words: RegExp },
): void {
  assert.throws(run, (error) => {
    assert(error instanceof GatewayError)
    assert.equal(error.code, expected.code)
    assert.equal(error.status, expected.status)
    assert.match(error.message, expected.words)
    return true
  })
}

test('plain access, for another thread, becomes the same there', async () => {
  const scene = createScene(found({ expiresInMs: null }))
  assert.throws(() => scene.access.plainFor('us-east-1'), GatewayError)
  await scene.access.refresh()
  const plain = structuredClone(scene.access.plainFor('eu-central-1'))
  const there = toRegionAccess(plain)
  const here = scene.access.forRegion('eu-central-1')
  assert.equal(there.endpoint, here.endpoint)
  assert.ok(there.auth.type === 'sigv4' && here.auth.type === 'sigv4')
  const signable = { method: 'POST', path: '/', query: '', headers: [], payloadHash: '0' } as const
  assert.equal(
    there.auth.signer.sign(signable, '20260115T000000Z'),
    here.auth.signer.sign(signable, '20260115T000000Z'),
  )
  assert.throws(() => scene.access.plainFor('xx-east-1'), { code: 'model_not_found' })

  const bearer = createScene(NONE, 'token')
  await bearer.access.refresh()
  assert.deepEqual(toRegionAccess(bearer.access.plainFor('us-east-1')), bearer.access.forRegion('us-east-1'))
})
