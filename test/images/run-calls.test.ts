import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { createImagesPool, type ImagesPool } from '../../src/aws/worker-pool.js'
import { capabilitiesOfId } from '../../src/catalog/rules.js'
import { GatewayError } from '../../src/errors.js'
import { createFairLimiter } from '../../src/images/fair-limiter.js'
import { createImageMaker } from '../../src/images/image-maker.js'
import { runImageCalls } from '../../src/images/run-calls.js'
import type { ImageCall, PreparedImages } from '../../src/images/tasks.js'
import { parseImageRequest } from '../../src/openai/parse-image-request.js'
import type { Guardrail } from '../../src/openai/types.js'
import { type Arrival, createWireClient, startWire } from '../aws/wire.js'
import { drawPicture } from '../emulator/images/draw-picture.js'

const MODEL = 'stability.stable-image-core-v1:1'
const NO_PAUSES = { random: () => 0, sleep: async () => {} }

const GUARDRAIL: Guardrail = { identifier: 'gr1', version: '1', trace: null, streamMode: null }

interface RunSettings {
  readonly callsMax?: number
  readonly signal?: AbortSignal
  readonly guardrail?: Guardrail | null
}

/** How one call is answered; `hang`: never. */
type Answer = { readonly reply: unknown } | { readonly status: number } | 'hang'

suite('the calls of an image request', () => {
  let pool: ImagesPool
  let pictures: readonly string[]

  before(async () => {
    pool = createImagesPool()
    pictures = await Promise.all([64, 96, 128].map(draw))
  })
  after(() => pool.close())

  const picture = (index: number): Answer => ({
    reply: { images: [pictures[index]], finish_reasons: [null], seeds: [1] },
  })
  const FILTERED: Answer = { reply: { finish_reasons: ['Filter reason: prompt'], seeds: [1] } }

  /** Answers the call whose body names `call` with the next of its answers; the last one stays. */
  async function run(
    answers: readonly (readonly Answer[])[],
    { callsMax = 16, signal = new AbortController().signal, guardrail = null }: RunSettings = {},
  ) {
    const asked: number[] = []
    const guardrails: unknown[] = []
    const closed: number[] = []
    let most = 0
    let open = 0
    const answerOne = async (arrival: Arrival): Promise<void> => {
      const { call } = JSON.parse(await readText(arrival)) as { call: number }
      const tries = asked.filter((other) => other === call).length
      asked.push(call)
      guardrails.push(arrival.request.headers['x-amzn-bedrock-guardrailidentifier'])
      open += 1
      most = Math.max(most, open)
      arrival.response.on('close', () => {
        open -= 1
        if (!arrival.response.writableFinished) closed.push(call)
      })
      const answer = answers[call]?.[tries] ?? answers[call]?.at(-1) ?? 'hang'
      if (answer === 'hang') return
      // Long enough for all calls that may run to be there.
      setTimeout(() => send(arrival, answer), 20)
    }
    const wire = await startWire((arrival) => void answerOne(arrival))
    const { access, close } = await createWireClient({ url: wire.url })
    const sizes: number[] = []
    try {
      const made = await runImageCalls(
        { ...prepare(answers.length), guardrail },
        {
          signal,
          encoding: 'base64',
          bytesMax: null,
          onImages: (images) => sizes.push(...images.map(({ width }) => width)),
        },
        {
          maker: createImageMaker({ access, pool }),
          limiter: createFairLimiter(callsMax),
          upstreamMs: 10_000,
          clock: NO_PAUSES,
        },
      ).catch((error: unknown) => error)
      await new Promise((resolve) => setTimeout(resolve, 50))
      return { made, asked, closed, most, heard: sizes, guardrails }
    } finally {
      await close()
      await wire.close()
    }
  }

  const sizesOf = (made: unknown): readonly number[] =>
    (made as { images: readonly { width: number }[] }).images.map(({ width }) => width)

  test('pictures come in the order of the calls, whatever failed for a moment', async () => {
    const { made, asked, heard } = await run([
      [{ status: 500 }, { status: 429 }, picture(0)],
      [picture(1)],
      [picture(2)],
    ])
    assert.deepEqual(sizesOf(made), [64, 96, 128])
    assert.deepEqual(
      [...heard].sort((a, b) => a - b),
      [64, 96, 128],
    )
    assert.equal(asked.length, 5)
  })

  test('no more calls run at once than allowed', async () => {
    const { made, most } = await run([[picture(0)], [picture(1)], [picture(2)]], { callsMax: 2 })
    assert.deepEqual(sizesOf(made), [64, 96, 128])
    assert.equal(most, 2)
  })

  test('one refusal ends the other calls and is the answer', async () => {
    const { made, asked, closed } = await run([['hang'], [{ status: 400 }], ['hang']])
    assert.ok(made instanceof GatewayError)
    assert.equal(made.code, 'invalid_request')
    assert.deepEqual(closed.sort(), [0, 2])
    assert.equal(asked.length, 3)
  })

  test('a client that goes away ends all calls', async () => {
    const leaving = new AbortController()
    setTimeout(() => leaving.abort(), 100)
    const { made, closed } = await run([['hang'], ['hang']], { signal: leaving.signal })
    assert.ok(made instanceof GatewayError)
    assert.equal(made.code, 'client_closed')
    assert.deepEqual(closed.sort(), [0, 1])
  })

  test('what was held back is missing; where nothing is left it is a refusal', async () => {
    assert.deepEqual(sizesOf((await run([[FILTERED], [picture(1)]])).made), [96])
    const { made } = await run([[FILTERED], [FILTERED]])
    assert.ok(made instanceof GatewayError)
    assert.equal(made.code, 'content_policy_violation')
  })

  test('every call names the guardrail, and a picture that it did not watch goes nowhere', async () => {
    const { made, guardrails, heard } = await run([[picture(0)], [picture(1)]], { guardrail: GUARDRAIL })
    assert.ok(made instanceof GatewayError)
    assert.equal(made.code, 'unsupported')
    assert.deepEqual(guardrails, ['gr1', 'gr1'])
    assert.deepEqual(heard, [])
  })

  for (const [name, reply] of [
    ['no pictures at all', { images: [] }],
    ['something else', { output: 'hello' }],
    ['a picture that is none', { images: ['AAAA'], finish_reasons: [null], seeds: [1] }],
  ] as const) {
    test(`a reply with ${name} is a failure of Bedrock`, async () => {
      const { made, asked } = await run([[{ reply }]])
      assert.ok(made instanceof GatewayError)
      assert.equal(made.code, 'upstream_error')
      assert.equal(asked.length, 1)
    })
  }
})

async function draw(side: number): Promise<string> {
  const drawn = await drawPicture({
    width: side,
    height: side,
    hash: '0'.repeat(64),
    below: null,
    edited: null,
    removesBackground: false,
    format: 'png',
    noise: false,
  })
  return drawn.toString('base64')
}

function prepare(count: number): PreparedImages {
  const calls = Array.from({ length: count }, (_, call): ImageCall => {
    return { body: JSON.stringify({ call }), payloadHash: null, count: 1 }
  })
  return {
    type: 'prepared',
    target: {
      id: MODEL,
      requested: MODEL,
      region: 'us-east-1',
      kind: 'image',
      foundationId: MODEL,
      capabilities: capabilitiesOfId(MODEL),
      dialect: 'invoke',
      defaults: null,
    },
    request: parseImageRequest({ prompt: 'a cat', n: count }, { imagesMax: 10 }),
    calls,
    guardrail: null,
    dropped: [],
  }
}

async function readText({ request }: Arrival): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of request as AsyncIterable<Buffer>) parts.push(part)
  return Buffer.concat(parts).toString()
}

function send({ response }: Arrival, answer: Exclude<Answer, 'hang'>): void {
  if (response.destroyed) return
  const status = 'status' in answer ? answer.status : 200
  response.writeHead(status, { 'content-type': 'application/json', 'x-amzn-requestid': 'r-1' })
  response.end(JSON.stringify('reply' in answer ? answer.reply : { message: 'No.' }))
}
