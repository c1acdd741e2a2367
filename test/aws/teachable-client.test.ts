import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BedrockRequest } from '../../src/aws/bedrock-client.js'
import { createTeachableClient, type TeachableClientOptions } from '../../src/aws/teachable-client.js'
import { createBodiesPool } from '../../src/aws/worker-pool.js'
import type { ConverseRequest } from '../../src/bedrock/types.js'
import { eventually } from '../e2e/chat.js'
import { type Arrival, createWireClient, MODEL_ID, sendAndHear, startWire, toRequest } from './wire.js'

const REFUSES_STOP = "This model doesn't support the stopSequences field. Remove stopSequences and try again."
const REFUSES_TEMPERATURE =
  'The model returned the following errors: `temperature` is deprecated for this model.'
const REFUSES_TOP_P = 'The model returned the following errors: `top_p` is deprecated for this model.'

/** What the server says of a request: words of a refusal with their status, or null: 200. */
type Verdict = (body: ConverseRequest) => { status: number; message: string } | null

const refusal = (message: string, status = 400) => ({ status, message })

interface Bench {
  readonly client: ReturnType<typeof createTeachableClient>
  /** The bodies that arrived. */
  readonly bodies: ConverseRequest[]
  /** `model parameter`, as it was learned. */
  readonly lessons: string[]
  /** Tasks that the pool got. */
  readonly tasks: unknown[]
}

async function startBench(
  context: TestContext,
  verdict: Verdict,
  more: Partial<TeachableClientOptions> & { readonly delayMs?: number; readonly bodyDelayMs?: number } = {},
): Promise<Bench> {
  const { delayMs = 0, bodyDelayMs = 0, ...rest } = more
  const bodies: ConverseRequest[] = []
  const lessons: string[] = []
  const tasks: unknown[] = []
  const answer = async ({ request, response }: Arrival): Promise<void> => {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    const body = JSON.parse(Buffer.concat(parts).toString()) as ConverseRequest
    bodies.push(body)
    await sleep(delayMs)
    const refused = verdict(body)
    if (refused === null) {
      response.writeHead(200, { 'x-amzn-requestid': `request-${bodies.length}` })
      if (bodyDelayMs > 0) {
        response.flushHeaders()
        await sleep(bodyDelayMs)
      }
      response.end('{"fine":true}')
      return
    }
    const type = refused.status === 403 ? 'AccessDeniedException' : 'ValidationException'
    response
      .writeHead(refused.status, {
        'content-type': 'application/json',
        'x-amzn-errortype': `${type}:http://internal.amazon.com/coral/com.amazon.bedrock/`,
      })
      .end(JSON.stringify({ message: refused.message }))
  }
  const wire = await startWire((arrival) => {
    // A request whose client has gone ends in the middle.
    answer(arrival).catch(() => arrival.response.destroy())
  })
  context.after(() => wire.close())
  const { client, close } = await createWireClient({ url: wire.url })
  context.after(close)
  const pool = createBodiesPool()
  context.after(() => pool.close())
  const teachable = createTeachableClient({
    client,
    bodies: {
      run(task, options) {
        tasks.push(task)
        return pool.run(task, options)
      },
    },
    bodyInlineBytesMax: 100_000,
    onLesson: ({ foundationId }, parameter) => lessons.push(`${foundationId} ${parameter}`),
    ...rest,
  })
  return { client: teachable, bodies, lessons, tasks }
}

const MESSAGES = [{ role: 'user', content: [{ text: 'Hi' }] }]
const bodyOf = (inferenceConfig: object, messages: readonly object[] = MESSAGES): string =>
  JSON.stringify({ messages, inferenceConfig })

const refusesStop: Verdict = ({ inferenceConfig }) =>
  inferenceConfig?.stopSequences === undefined ? null : refusal(REFUSES_STOP)

test('a refused parameter is left out, and the handler hears of the second call only', async (context) => {
  const { client, bodies, lessons } = await startBench(context, refusesStop)
  const heard = await sendAndHear(client, { body: bodyOf({ stopSequences: ['x'], maxTokens: 5 }) })
  assert.deepEqual(heard.calls, ['headers', 'data', 'end'])
  assert.equal(heard.requestId, 'request-2')
  assert.deepEqual(
    bodies.map(({ inferenceConfig }) => inferenceConfig),
    [{ stopSequences: ['x'], maxTokens: 5 }, { maxTokens: 5 }],
  )
  assert.deepEqual(lessons, [`${MODEL_ID} stop`])
})

test('a 403 of a model without a prompt cache teaches, too', async (context) => {
  const { client, lessons } = await startBench(context, ({ system }) =>
    system?.some((block) => block.cachePoint !== undefined)
      ? refusal('You invoked an unsupported model or your request did not allow prompt caching.', 403)
      : null,
  )
  const system = [{ text: 'a' }, { cachePoint: { type: 'default' } }]
  const heard = await sendAndHear(client, { body: JSON.stringify({ messages: MESSAGES, system }) })
  assert.deepEqual(heard.calls, ['headers', 'data', 'end'])
  assert.deepEqual(lessons, [`${MODEL_ID} cache_control`])
})

test('a model that refuses one parameter after the other is asked without each of them', async (context) => {
  const { client, bodies, lessons } = await startBench(context, ({ inferenceConfig }) => {
    if (inferenceConfig?.temperature !== undefined) return refusal(REFUSES_TEMPERATURE)
    return inferenceConfig?.topP === undefined ? null : refusal(REFUSES_TOP_P)
  })
  const heard = await sendAndHear(client, { body: bodyOf({ temperature: 1, topP: 1 }) })
  assert.deepEqual(heard.calls, ['headers', 'data', 'end'])
  assert.equal(bodies.length, 3)
  assert.deepEqual(lessons, [`${MODEL_ID} temperature`, `${MODEL_ID} top_p`])
})

test('when the second call fails the client gets its error, and nothing is learned', async (context) => {
  const { client, bodies, lessons } = await startBench(context, ({ inferenceConfig }) =>
    refusal(inferenceConfig === undefined ? 'The model is tired.' : REFUSES_STOP),
  )
  const { calls, error } = await sendAndHear(client, { body: bodyOf({ stopSequences: ['x'] }) })
  assert.deepEqual(calls, ['error'])
  assert.match(error?.message ?? '', /The model is tired/)
  assert.equal(bodies.length, 2)
  assert.deepEqual(lessons, [])
})

test('what only this request is refused for is left out without a lesson', async (context) => {
  const { client, lessons } = await startBench(context, ({ performanceConfig }) =>
    performanceConfig === undefined
      ? null
      : refusal('Latency performance configuration is not supported for amazon.nova-pro-v1:0 in us-east-1'),
  )
  const body = JSON.stringify({ messages: MESSAGES, performanceConfig: { latency: 'optimized' } })
  assert.deepEqual((await sendAndHear(client, { body })).calls, ['headers', 'data', 'end'])
  assert.deepEqual(lessons, [])
})

test('a field that the client says to the model itself teaches nothing, whatever it stands for', async (context) => {
  for (const [field, parameter] of [
    ['reasoning_config', 'reasoning_effort'],
    ['reasoning_effort', 'reasoning_effort'],
    ['context_management', 'context_management'],
    ['top_k', 'top_k'],
  ] as const) {
    const { client, bodies, lessons } = await startBench(context, ({ additionalModelRequestFields }) =>
      additionalModelRequestFields?.[field] === undefined
        ? null
        : refusal(`The model returned the following errors: ${field}: Extra inputs are not permitted`),
    )
    const body = JSON.stringify({ messages: MESSAGES, additionalModelRequestFields: { [field]: { a: 1 } } })
    const odd = await sendAndHear(client, { body, ownFields: [field] })
    assert.deepEqual(odd.calls, ['headers', 'data', 'end'])
    assert.equal(bodies.length, 2)
    assert.deepEqual(lessons, [], field)
    await sendAndHear(client, { body })
    assert.deepEqual(lessons, [`${MODEL_ID} ${parameter}`], 'said by the gateway, it is a lesson')
  }
})

test('what the second call went without is said before its headers, once it is answered', async (context) => {
  const { client } = await startBench(context, refusesStop)
  const calls: string[] = []
  client.send(toRequest({ body: bodyOf({ stopSequences: ['x'] }) }), {
    onDropped: (parameter) => calls.push(`dropped ${parameter}`),
    onHeaders: () => calls.push('headers'),
    onData: () => calls.push('data'),
    onEnd: () => calls.push('end'),
    onError: () => calls.push('error'),
  })
  await eventually(() => calls.includes('end'), 'the end comes')
  assert.deepEqual(calls, ['dropped stop', 'headers', 'data', 'end'])
})

test('no second call: not in the body, not to be left out, no lesson, another status', async (context) => {
  const refusals: readonly (readonly [string, ReturnType<typeof refusal>, Partial<BedrockRequest>])[] = [
    [bodyOf({ maxTokens: 1 }), refusal(REFUSES_STOP), {}],
    [bodyOf({ stopSequences: ['x'] }), refusal(REFUSES_STOP), { dropsParams: false }],
    [bodyOf({ stopSequences: ['x'] }), refusal('The text field is blank.'), {}],
    [bodyOf({ stopSequences: ['x'] }), refusal(REFUSES_STOP, 429), {}],
  ]
  for (const [body, said, more] of refusals) {
    const { client, bodies } = await startBench(context, () => said)
    const { calls, error } = await sendAndHear(client, { body, ...more })
    assert.deepEqual(calls, ['error'])
    assert.ok(error?.message.includes(said.message))
    assert.equal(bodies.length, 1)
  }
})

test('a model without tools in a stream is asked for the whole reply, and not how a stream is watched', async (context) => {
  const { client, bodies, lessons } = await startBench(context, (body) =>
    body.guardrailConfig?.streamProcessingMode === undefined
      ? null
      : refusal("This model doesn't support tool use in streaming mode."),
  )
  const guardrailConfig = { guardrailIdentifier: 'g', guardrailVersion: '1' }
  const body = JSON.stringify({
    messages: MESSAGES,
    guardrailConfig: { ...guardrailConfig, streamProcessingMode: 'sync' },
  })
  const heard = await sendAndHear(client, { body, stream: true })
  assert.deepEqual(heard.calls, ['headers', 'data', 'end'])
  assert.deepEqual(bodies[1], { messages: MESSAGES, guardrailConfig })
  assert.deepEqual(lessons, [`${MODEL_ID} streaming_tools`])
})

test('a large body is taken apart in the pool, and other calls with the same memory are not disturbed', async (context) => {
  const { client, bodies, lessons, tasks } = await startBench(context, refusesStop)
  const text = 'é'.repeat(200_000)
  const messages = [{ role: 'user', content: [{ text }] }]
  const body = new TextEncoder().encode(bodyOf({ stopSequences: ['x'], maxTokens: 5 }, messages))
  const heard = await Promise.all([sendAndHear(client, { body }), sendAndHear(client, { body })])
  for (const { calls } of heard) assert.deepEqual(calls, ['headers', 'data', 'end'])
  assert.equal(tasks.length, 2)
  assert.equal(bodies.length, 4)
  for (const arrived of bodies.slice(2))
    assert.deepEqual(arrived, { messages, inferenceConfig: { maxTokens: 5 } })
  assert.deepEqual(new Set(lessons), new Set([`${MODEL_ID} stop`]))
})

test('a pool that takes no more leaves the client with the refusal', async (context) => {
  const { client } = await startBench(context, refusesStop, {
    bodyInlineBytesMax: 10,
    bodies: { run: () => Promise.reject(new Error('full')) },
  })
  const { calls, error } = await sendAndHear(client, { body: bodyOf({ stopSequences: ['x'] }) })
  assert.deepEqual(calls, ['error'])
  assert.match(error?.message ?? '', /stopSequences/)
})

test('an abort between the two calls sends nothing more and says nothing', async (context) => {
  let release: (value: unknown) => void = () => {}
  const taken = new Promise((resolve) => {
    release = resolve
  })
  let isAsked = false
  const { client, bodies, lessons } = await startBench(context, refusesStop, {
    bodyInlineBytesMax: 10,
    bodies: {
      run() {
        isAsked = true
        return taken
      },
    },
  })
  const calls: string[] = []
  const call = client.send(toRequest({ body: bodyOf({ stopSequences: ['x'] }) }), {
    onHeaders: () => calls.push('headers'),
    onData: () => calls.push('data'),
    onEnd: () => calls.push('end'),
    onError: () => calls.push('error'),
  })
  await eventually(() => isAsked, 'the pool is asked')
  call.abort()
  release({ body: bodyOf({}), payloadHash: null })
  await sleep(50)
  assert.deepEqual([calls, bodies.length, lessons], [[], 1, []])
})

test('an abort reaches the second call', async (context) => {
  const { client, bodies } = await startBench(context, refusesStop, { delayMs: 100 })
  const calls: string[] = []
  const call = client.send(toRequest({ body: bodyOf({ stopSequences: ['x'] }) }), {
    onHeaders: () => calls.push('headers'),
    onData: () => calls.push('data'),
    onEnd: () => calls.push('end'),
    onError: () => calls.push('error'),
  })
  await eventually(() => bodies.length === 2, 'the second call arrives')
  call.abort()
  await sleep(200)
  assert.deepEqual(calls, [])
})

test('a pause before the second call holds its data back until resume', async (context) => {
  // What comes in the same read as the headers isn't held back.
  const { client } = await startBench(context, refusesStop, { bodyDelayMs: 20 })
  const calls: string[] = []
  const call = client.send(toRequest({ body: bodyOf({ stopSequences: ['x'] }) }), {
    onHeaders: () => calls.push('headers'),
    onData: () => calls.push('data'),
    onEnd: () => calls.push('end'),
    onError: () => calls.push('error'),
  })
  call.pause()
  await eventually(() => calls.includes('headers'), 'the headers come')
  await sleep(100)
  assert.deepEqual(calls, ['headers'])
  call.resume()
  await eventually(() => calls.includes('end'), 'the end comes')
  assert.deepEqual(calls, ['headers', 'data', 'end'])
})
