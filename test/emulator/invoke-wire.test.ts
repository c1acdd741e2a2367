import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, afterEach, before, test } from 'node:test'
import { ConverseCommand, InvokeModelCommand } from '@aws-sdk/client-bedrock-runtime'
import { recordingsDir, skipWithout } from '../shared.js'
import { vectorOf } from './embeddings/vector.js'
import { type Emulator, startEmulator } from './emulator.js'
import { runtimeClient } from './sdk-clients.js'

const TITAN = 'amazon.titan-embed-text-v2:0'
let emulator: Emulator

before(async () => {
  emulator = await startEmulator()
})
afterEach(() => emulator.reset())
after(() => emulator.close())

async function invoke(modelId: string, body: object): Promise<Record<string, unknown>> {
  const command = new InvokeModelCommand({ modelId, body: JSON.stringify(body) })
  const reply = await runtimeClient(emulator).send(command)
  return JSON.parse(reply.body.transformToString()) as Record<string, unknown>
}

interface Recording {
  readonly modelId: string
  readonly request: { readonly json: object }
  readonly response: { readonly headers: Readonly<Record<string, string>>; readonly json: object }
}

const NUMBERS = [150, 167, 172, ...Array.from({ length: 30 }, (_, index) => 669 + index)]
const FILES = NUMBERS.map((number) => join(recordingsDir, `${String(number).padStart(4, '0')}.json`))

/** Their tokenizers split "truncation", "truncate" and other words, which the emulator's does not. */
const TOKENS_DIFFER = ['0670.json', '0680.json', '0689.json', '0690.json']

/** A value with all it says taken away: names in order, lengths and types. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) {
    return typeof value[0] === 'number' ? `${value.length} numbers` : value.map(shapeOf)
  }
  if (typeof value !== 'object' || value === null) return typeof value
  return Object.entries(value).map(([name, member]) => [name, shapeOf(member)])
}

test('replies to the recorded requests have the recorded shapes and counts of tokens', {
  skip: skipWithout(recordingsDir),
}, async () => {
  const files = FILES.filter((file) => existsSync(file))
  assert(files.length > 25)
  for (const file of files) {
    const { modelId, request, response } = JSON.parse(readFileSync(file, 'utf8')) as Recording
    // The account's own profiles are not the emulator's; this one is of Titan.
    const id = modelId.includes('application-inference-profile') ? TITAN : modelId
    const sent = await fetch(`${emulator.url}/model/${encodeURIComponent(id)}/invoke`, {
      method: 'POST',
      headers: { authorization: 'Bearer bedrock-test-token', 'content-type': 'application/json' },
      body: JSON.stringify(request.json),
    })
    const body = (await sent.json()) as Record<string, unknown>
    assert.equal(sent.status, 200, JSON.stringify(body))
    assert.deepEqual(shapeOf(body), shapeOf(response.json), file)
    const recorded = response.headers['x-amzn-bedrock-input-token-count'] ?? null
    const counted = sent.headers.get('x-amzn-bedrock-input-token-count')
    if (TOKENS_DIFFER.some((name) => file.endsWith(name))) assert.match(counted ?? '', /^\d+$/)
    else assert.equal(counted, recorded, file)
    assert.match(sent.headers.get('x-amzn-bedrock-invocation-latency') ?? '', /^\d+$/)
    assert.equal(sent.headers.get('content-type'), response.headers['content-type'])
  }
})

test('InvokeModel: the SDK gets vectors and ranks, by id, profile and ARN', async () => {
  const { embedding } = await invoke(TITAN, { inputText: 'Hello', dimensions: 256 })
  assert.deepEqual(embedding, vectorOf({ content: 'Hello', dimensions: 256 }))
  for (const modelId of [
    'us.cohere.embed-v4:0',
    'arn:aws:bedrock:us-east-1::foundation-model/cohere.embed-v4:0',
  ]) {
    const purpose = 'search_query'
    const { embeddings } = await invoke(modelId, { texts: ['Hello'], input_type: purpose })
    assert.deepEqual(embeddings, { float: [vectorOf({ content: 'Hello', purpose, dimensions: 1536 })] })
  }
  const { results } = await invoke('amazon.rerank-v1:0', { query: 'a b', documents: ['c', 'b', 'a b'] })
  assert.deepEqual(
    (results as { index: number }[]).map(({ index }) => index),
    [2, 1, 0],
  )
})

test('InvokeModel: refusals reach the SDK, of a model without a handler too', async () => {
  await assert.rejects(invoke(TITAN, {}), {
    name: 'ValidationException',
    message:
      'Malformed input request: required key [inputText] not found, please reformat your input and try again.',
  })
  await assert.rejects(invoke('us.twelvelabs.marengo-embed-2-7-v1:0', { inputType: 'text' }), {
    name: 'ValidationException',
  })
  await assert.rejects(invoke('twelvelabs.marengo-embed-2-7-v1:0', {}), /on-demand throughput/)
})

test('a delay before the headers holds for InvokeModel, scripted and for all calls', async () => {
  const delayMs = 60
  const sendTimed = async () => {
    const startedAtMs = performance.now()
    await invoke(TITAN, { inputText: 'a' })
    // A timer may fire a millisecond early.
    return performance.now() - startedAtMs >= delayMs - 1
  }
  emulator.set({ headersDelayMs: delayMs })
  assert(await sendTimed())
  emulator.set({ headersDelayMs: 0, replies: [{ headersDelayMs: delayMs }] })
  assert(await sendTimed())
})

test('scripted failures hold for one InvokeModel call each', async () => {
  const failWith = { status: 503, type: 'ServiceUnavailableException', message: 'Try your request again.' }
  emulator.set({ replies: [{ throttle: true }, { failWith }] })
  await assert.rejects(invoke(TITAN, { inputText: 'a' }), { name: 'ThrottlingException' })
  await assert.rejects(invoke(TITAN, { inputText: 'a' }), { name: 'ServiceUnavailableException' })
  await invoke(TITAN, { inputText: 'a' })
})

/** How many of the requests since `from` had each status. */
function statuses(from: number): Readonly<Record<number, number>> {
  const counts: Record<number, number> = {}
  for (const { status } of emulator.requests.slice(from)) counts[status] = (counts[status] ?? 0) + 1
  return counts
}

test('more calls in a second than the rate allows get the 429 of too many requests', async () => {
  const from = emulator.requests.length
  // Few enough to arrive within a second, on a slow machine too; those of another second would only be admitted.
  emulator.set({ callsPerSecondMax: 3 })
  const calls = Array.from({ length: 20 }, () => invoke(TITAN, { inputText: 'a' }))
  const outcomes = await Promise.allSettled(calls)
  const refusals = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
  assert(refusals.length > 0)
  for (const refusal of refusals as Error[]) {
    assert.equal(refusal.name, 'ThrottlingException')
    assert.equal(refusal.message, 'Too many requests, please wait before trying again.')
  }
  assert.deepEqual(statuses(from), { 200: calls.length - refusals.length, 429: refusals.length })
  const admittedAtMs = emulator.requests
    .slice(from)
    .filter(({ status }) => status === 200)
    .map(({ receivedAtMs }) => receivedAtMs)
  // Of any four that were admitted, the last came a second after the first; clocks apart.
  admittedAtMs.slice(3).forEach((atMs, index) => {
    assert(atMs - (admittedAtMs[index] ?? 0) > 900)
  })
})

test('the rate counts calls to all models and operations, and reset lifts it', async () => {
  const chat = () =>
    runtimeClient(emulator).send(
      new ConverseCommand({
        modelId: 'amazon.nova-lite-v1:0',
        messages: [{ role: 'user', content: [{ text: 'a' }] }],
      }),
    )
  emulator.set({ callsPerSecondMax: 1 })
  const outcomes = await Promise.allSettled([chat(), invoke(TITAN, { inputText: 'a' }), chat(), chat()])
  assert(outcomes.some(({ status }) => status === 'fulfilled'))
  assert(outcomes.some(({ status }) => status === 'rejected'))
  emulator.reset()
  await Promise.all([chat(), invoke(TITAN, { inputText: 'a' }), chat(), chat()])
})
