import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type ControlPool, createControlPool } from '../../src/aws/worker-pool.js'
import type { RefreshOutcome, RefreshTask } from '../../src/state/refresh-task.js'
import { loadSnapshot } from '../../src/state/snapshot-store.js'
import { recordedRawBody, withRecordings } from '../catalog/recorded-catalog.js'
import { temporaryFolder } from '../state/temporary-folder.js'
import { type FakeControlPlane, type ListReply, startFakeControlPlane } from './fake-control-plane.js'
import { healthyReply, modelRows, profileRows } from './listing-bodies.js'

const SECRET = 'user arn:aws:iam::111122223333:user/ann is not authorized'

interface Bench {
  readonly fake: FakeControlPlane
  readonly pool: ControlPool
  readonly stateDir: string
  refresh(task?: Partial<RefreshTask>): Promise<RefreshOutcome>
}

async function startBench(context: TestContext): Promise<Bench> {
  const fake = await startFakeControlPlane(context)
  const stateDir = temporaryFolder(context)
  const pool = createControlPool()
  context.after(() => pool.close())
  const task: RefreshTask = {
    region: 'us-east-1',
    stateDir,
    deadlineMs: 10_000,
    standing: null,
    mantleModels: null,
    heldBack: false,
  }
  return { fake, pool, stateDir, refresh: (members) => pool.run('refresh-region', { ...task, ...members }) }
}

function failureOf(outcome: RefreshOutcome): string {
  assert.equal(outcome.type, 'failed')
  const { reason } = outcome
  assert.ok(reason !== null && !reason.includes('authorized'), 'no words of AWS')
  return reason
}

test('a complete refresh advances, is stored, and the raw members arrive', async (context) => {
  const { fake, stateDir, refresh } = await startBench(context)
  fake.answer = (request) => healthyReply(request, { models: 3 })
  const outcome = await refresh()
  assert.equal(outcome.type, 'advanced')
  if (outcome.type !== 'advanced') return
  assert.equal(outcome.generation, 1)
  assert.equal(outcome.reason, null)
  assert.equal(outcome.part.models[0]?.converse?.maxTokensMaximum, 1234)
  assert.deepEqual(loadSnapshot(stateDir).parts.get('us-east-1')?.part, outcome.part)
  assert.equal(fake.requests.length, 3)
  for (const { authorization } of fake.requests)
    assert.match(authorization, /^AWS4-HMAC-SHA256 .*\/us-east-1\/bedrock\//)
  const again = await refresh({ standing: outcome.observation })
  assert.equal(again.type, 'unchanged')
  assert.equal(loadSnapshot(stateDir).generation, 1)
})

test(
  'the recorded raw body of Bedrock arrives with its undocumented members',
  withRecordings,
  async (context) => {
    const { fake, refresh } = await startBench(context)
    const body = recordedRawBody()
    fake.answer = (request) =>
      request.route === '/foundation-models' ? { json: body } : healthyReply(request, { models: 0 })
    const outcome = await refresh()
    assert.equal(outcome.type, 'advanced')
    if (outcome.type !== 'advanced') return
    assert.equal(outcome.part.models.length, 126)
    assert.equal(outcome.part.models.filter((model) => model.converse !== null).length, 33)
  },
)

test('all pages of all lists are read', async (context) => {
  const { fake, refresh } = await startBench(context)
  fake.answer = ({ route, type, nextToken }) => {
    const page = Number(nextToken ?? 0)
    const rows =
      route === '/foundation-models'
        ? { modelSummaries: modelRows(2, page * 2) }
        : { inferenceProfileSummaries: profileRows(type ?? '', 2, page * 2) }
    return { json: page < 2 ? { ...rows, nextToken: String(page + 1) } : rows }
  }
  const outcome = await refresh()
  assert.equal(outcome.type, 'advanced')
  if (outcome.type !== 'advanced') return
  assert.deepEqual([outcome.part.models.length, outcome.part.profiles.length], [6, 12])
  assert.equal(fake.requests.length, 9)
})

test('a list that never ends, or whose later page fails, is not complete', async (context) => {
  const { fake, refresh, stateDir } = await startBench(context)
  fake.answer = (request) =>
    request.route === '/foundation-models'
      ? { json: { modelSummaries: modelRows(1), nextToken: 'again' } }
      : healthyReply(request, { models: 0 })
  assert.match(failureOf(await refresh()), /^ListFoundationModels: IncompleteListing/)
  fake.answer = (request) => {
    if (request.nextToken !== null) return { error: 'ValidationException', status: 400, message: SECRET }
    if (request.type !== 'SYSTEM_DEFINED') return healthyReply(request, { models: 1 })
    return { json: { inferenceProfileSummaries: profileRows('SYSTEM_DEFINED', 1), nextToken: 'two' } }
  }
  const reason = failureOf(await refresh())
  assert.match(reason, /^ListInferenceProfiles SYSTEM_DEFINED: ValidationException 400 \(request request-1\)/)
  assert.equal(loadSnapshot(stateDir).parts.size, 0)
})

test('a control plane that hangs costs the deadline, and holds up no other task', async (context) => {
  const { fake, refresh } = await startBench(context)
  // The first three requests belong to the region that hangs.
  fake.answer = (request) => (fake.requests.length <= 3 ? 'hang' : healthyReply(request, { models: 1 }))
  let hasEnded = false
  const stuck = refresh({ deadlineMs: 1_500 }).finally(() => {
    hasEnded = true
  })
  while (fake.requests.length < 3) await new Promise((resolve) => setTimeout(resolve, 5))
  assert.equal((await refresh({ region: 'us-west-2' })).type, 'advanced')
  assert.equal(hasEnded, false)
  assert.match(failureOf(await stuck), /DeadlineExceeded/)
})

test('a body that stops half way, is no JSON or no listing is a failure', async (context) => {
  const { fake, refresh } = await startBench(context)
  fake.answer = () => ({ half: '{"modelSummaries":[' })
  assert.match(failureOf(await refresh({ deadlineMs: 300 })), /DeadlineExceeded/)
  fake.answer = () => ({ text: '{"modelSummaries":[' })
  assert.match(failureOf(await refresh()), /SyntaxError/)
  fake.answer = () => ({ json: { modelSummaries: 'none', inferenceProfileSummaries: 'none' } })
  assert.match(failureOf(await refresh()), /IncompleteListing/)
  fake.answer = () => ({ json: { modelSummaries: [{ bad: 'row' }], inferenceProfileSummaries: [] } })
  assert.match(failureOf(await refresh()), /IncompleteListing/)
})

test('errors of AWS are told by type, status and request id', async (context) => {
  const { fake, refresh } = await startBench(context)
  fake.answer = () => ({ error: 'UnrecognizedClientException', status: 403, message: SECRET })
  assert.equal(
    failureOf(await refresh()),
    'ListFoundationModels: UnrecognizedClientException 403 (request request-1): AWS does not know the access key or token',
  )
  fake.answer = () => ({ error: 'InternalServerException', status: 500, message: SECRET })
  assert.match(failureOf(await refresh()), /InternalServerException 500/)
  assert.ok(fake.requests.length >= 12, 'the SDK tried again')
  fake.answer = (request) =>
    request.route === '/foundation-models'
      ? { error: 'AccessDeniedException', status: 403, message: SECRET }
      : healthyReply(request, { models: 0 })
  assert.match(failureOf(await refresh()), /AccessDeniedException 403/)
})

test('an empty model list is a failure', async (context) => {
  const { fake, refresh } = await startBench(context)
  fake.answer = (request) => healthyReply(request, { models: 0 })
  assert.equal(failureOf(await refresh()), 'ListFoundationModels returned no model')
})

test('a denied profile list is left out and named; another failure of it is a failure', async (context) => {
  const { fake, refresh, stateDir } = await startBench(context)
  let error = 'AccessDeniedException'
  fake.answer = (request) =>
    request.type === 'APPLICATION'
      ? { error, status: 403, message: SECRET }
      : healthyReply(request, { models: 2 })
  const outcome = await refresh()
  assert.equal(outcome.type, 'advanced')
  if (outcome.type !== 'advanced') return
  assert.deepEqual(outcome.part.deniedProfileTypes, ['APPLICATION'])
  assert.equal(outcome.part.profiles.length, 2)
  assert.deepEqual(loadSnapshot(stateDir).parts.get('us-east-1')?.part, outcome.part)
  error = 'ExpiredTokenException'
  assert.match(failureOf(await refresh()), /ExpiredTokenException 403/)
})

test('a bearer token in the environment is used', async (context) => {
  Object.assign(process.env, { AWS_BEARER_TOKEN_BEDROCK: 'token-1' })
  context.after(() => {
    Reflect.deleteProperty(process.env, 'AWS_BEARER_TOKEN_BEDROCK')
  })
  const { fake, refresh } = await startBench(context)
  fake.answer = (request) => healthyReply(request, { models: 1 })
  for (const region of ['us-east-1', 'us-west-2']) assert.equal((await refresh({ region })).type, 'advanced')
  for (const { authorization } of fake.requests) assert.equal(authorization, 'Bearer token-1')
})

test('a part that cannot be stored is still served, and the reason is told', async (context) => {
  const { fake, refresh } = await startBench(context)
  fake.answer = (request) => healthyReply(request, { models: 1 })
  const outcome = await refresh({ stateDir: '/dev/null/none' })
  assert.equal(outcome.type, 'advanced')
  assert.match(outcome.reason ?? '', /^the snapshot could not be stored: /)
})

const listOf = (ids: readonly string[]): ListReply => ({
  json: { object: 'list', data: ids.map((id) => ({ id, object: 'model', created: 1, owned_by: 'system' })) },
})

test('what bedrock-mantle lists is stored with the region, asked with a signature for it', async (context) => {
  const { fake, stateDir, refresh } = await startBench(context)
  fake.answer = (request) => healthyReply(request, { models: 3 })
  fake.mantle = listOf(['xai.grok-4.3', 'openai.gpt-oss-120b', 'xai.grok-4.3', '', 'no id at all'])
  const outcome = await refresh({ mantleModels: [] })
  assert.equal(outcome.type, 'advanced')
  if (outcome.type !== 'advanced') return
  assert.deepEqual(outcome.part.mantleModels, ['openai.gpt-oss-120b', 'xai.grok-4.3'])
  assert.equal(outcome.mantleProblem, null)
  assert.deepEqual(loadSnapshot(stateDir).parts.get('us-east-1')?.part, outcome.part)
  assert.match(fake.mantleRequests[0]?.authorization ?? '', /\/us-east-1\/bedrock-mantle\/aws4_request/)
  fake.mantle = listOf(['openai.gpt-oss-120b', 'xai.grok-4.3'])
  const again = await refresh({ standing: outcome.observation, mantleModels: outcome.part.mantleModels })
  assert.equal(again.type, 'unchanged', 'order and doubles are no change')
})

for (const [says, reply] of [
  ['an empty list', listOf([])],
  ['a refusal', { error: 'AccessDeniedException', status: 403, message: SECRET }],
  ['no list', { json: { message: SECRET } }],
  ['no JSON', { text: '<html>' }],
  ['a body that stops half way', { half: '{"data":[' }],
  ['nothing at all', 'hang'],
] as const) {
  test(`${says} of bedrock-mantle keeps what it listed before, and holds nothing back`, async (context) => {
    const { fake, refresh } = await startBench(context)
    fake.answer = (request) => healthyReply(request, { models: 3 })
    fake.mantle = reply
    const outcome = await refresh({ mantleModels: ['xai.grok-4.3'] })
    assert.equal(outcome.type, 'advanced')
    if (outcome.type !== 'advanced') return
    assert.deepEqual(outcome.part.mantleModels, ['xai.grok-4.3'])
    assert.equal(outcome.part.models.length, 3)
    assert.ok(outcome.mantleProblem !== null && !outcome.mantleProblem.includes('authorized'))
  })
}

test('bedrock-mantle is not asked where it is turned off, and what it listed goes', async (context) => {
  const { fake, refresh } = await startBench(context)
  fake.answer = (request) => healthyReply(request, { models: 3 })
  fake.mantle = listOf(['xai.grok-4.3'])
  const outcome = await refresh({ mantleModels: null })
  assert.ok(outcome.type === 'advanced')
  assert.deepEqual([outcome.part.mantleModels, fake.mantleRequests.length], [[], 0])
})
