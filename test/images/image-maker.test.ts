import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, suite, test } from 'node:test'
import { createImagesPool, type ImagesPool } from '../../src/aws/worker-pool.js'
import { GatewayError } from '../../src/errors.js'
import { readPieces, WINDOW_BYTES } from '../../src/http/reading-window.js'
import { createImageMaker, type ImageOrder, type MadeReply } from '../../src/images/image-maker.js'
import type { ReadImage } from '../../src/images/tasks.js'
import type { RemoteBytes } from '../../src/remote-bytes.js'
import { type Arrival, createWireClient, startWire } from '../aws/wire.js'
import { drawPicture } from '../emulator/images/draw-picture.js'

const MODEL = 'stability.stable-image-core-v1:1'

suite('calls in the images thread', () => {
  let pool: ImagesPool
  /** More than one window of base64. */
  let picture: string

  before(async () => {
    pool = createImagesPool()
    const drawn = await drawPicture({
      width: 640,
      height: 640,
      hash: '0'.repeat(64),
      below: null,
      edited: null,
      removesBackground: false,
      format: 'png',
      noise: true,
    })
    picture = drawn.toString('base64')
    assert.ok(picture.length > 2 * WINDOW_BYTES)
  })
  after(() => pool.close())

  const reply = () => ({ images: [picture], finish_reasons: [null], seeds: [1] })

  /** A server that answers each request as `answer` says, and what makes pictures of it. */
  async function start(answer: (arrival: Arrival, body: Buffer) => void) {
    const wire = await startWire((arrival) => {
      readBody(arrival).then(
        (body) => answer(arrival, body),
        () => {},
      )
    })
    const { access, close } = await createWireClient({ url: wire.url })
    let refusals = 0
    const counting = {
      plainFor: access.plainFor,
      refused() {
        refusals += 1
      },
    }
    const maker = createImageMaker({ access: counting, pool })
    return {
      wire,
      maker,
      refusals: () => refusals,
      async close() {
        await close()
        await wire.close()
      },
    }
  }

  const signals = () => {
    const [call, done] = [new AbortController(), new AbortController()]
    return { call, done, options: { signal: call.signal, done: done.signal } }
  }

  test('a picture is read window by window, on a connection that is used again', async () => {
    const { maker, wire, close } = await start(({ response }) => send(response, 200, reply()))
    try {
      for (let round = 0; round < 3; round += 1) {
        const { options } = signals()
        const { bytes } = imageOf(await maker.make(toOrder('{}'), options))
        assert.equal(bytes.length, picture.length)
        assert.equal(hashOf([picture]), hashOf(await readWhole(bytes as RemoteBytes)))
        // With the last byte it was let go.
        await assert.rejects((bytes as RemoteBytes).read(shared(10)), GatewayError)
      }
      assert.equal(wire.connectionsTotal, 1)
    } finally {
      await close()
    }
  })

  test('a body of bytes moves, and is sent again after a failure', async () => {
    const bodies: string[] = []
    const statuses = [500, 429]
    const { maker, close } = await start(({ response }, body) => {
      bodies.push(body.toString())
      send(response, statuses[bodies.length - 1] ?? 200, reply())
    })
    const bytes = new TextEncoder().encode('{"a":1}')
    const order = toOrder(bytes)
    const { done, options } = signals()
    try {
      await assert.rejects(maker.make(order, options), { code: 'upstream_error', status: 502 })
      assert.equal(bytes.length, 0)
      await assert.rejects(maker.make(order, options), (error: GatewayError) => {
        assert.equal(error.code, 'rate_limit_exceeded')
        assert.deepEqual(error.upstream, { type: null, status: 429, requestId: 'r-1' })
        return true
      })
      assert.equal((await maker.make(order, options)).type, 'made')
      assert.deepEqual(bodies, ['{"a":1}', '{"a":1}', '{"a":1}'])
    } finally {
      done.abort()
      await close()
    }
  })

  test('refused credentials are looked for again', async () => {
    const { maker, refusals, close } = await start(({ response }) => {
      response.setHeader('x-amzn-errortype', 'UnrecognizedClientException')
      send(response, 403, { message: 'The security token included in the request is invalid.' })
    })
    try {
      await assert.rejects(maker.make(toOrder('{}'), signals().options), { code: 'aws_credentials' })
      assert.equal(refusals(), 1)
    } finally {
      await close()
    }
  })

  test('an abort ends the call at once, and closes its connection to Bedrock', async () => {
    let arrived = (): void => {}
    let open = 0
    let closed = (): void => {}
    const { maker, close } = await start(({ response }) => {
      open += 1
      response.on('close', () => {
        open -= 1
        closed()
      })
      arrived()
    })
    try {
      const early = signals()
      const never = maker.make(toOrder('{}'), early.options)
      early.call.abort()
      await assert.rejects(never, { code: 'client_closed' })
      const { call, options } = signals()
      arrived = () => call.abort()
      await assert.rejects(maker.make(toOrder('{}'), options), { code: 'client_closed' })
      // The server hears of it in its own time.
      while (open > 0) {
        await new Promise<void>((resolve) => {
          closed = resolve
        })
      }
    } finally {
      await close()
    }
  })

  test('pictures that nobody wants any more are gone', async () => {
    const { maker, close } = await start(({ response }) => send(response, 200, reply()))
    try {
      const { call, done, options } = signals()
      const { bytes } = imageOf(await maker.make(toOrder('{}'), options))
      // That other calls are cancelled does not matter.
      call.abort()
      await (bytes as RemoteBytes).subarray(0, 10).read(shared(10))
      done.abort()
      await assert.rejects((bytes as RemoteBytes).subarray(10, 20).read(shared(10)), {
        code: 'client_closed',
      })
    } finally {
      await close()
    }
  })

  test('a thread that dies fails its calls and its readers', async () => {
    const mortal = createImagesPool()
    const { wire, close } = await start(({ response }) => send(response, 200, reply()))
    const { access, close: closeAccess } = await createWireClient({ url: wire.url })
    try {
      const maker = createImageMaker({ access, pool: mortal })
      const { bytes } = imageOf(await maker.make(toOrder('{}'), signals().options))
      await mortal.close()
      await assert.rejects((bytes as RemoteBytes).read(shared(10)))
    } finally {
      await closeAccess()
      await close()
    }
  })
})

function toOrder(content: string | Uint8Array): ImageOrder {
  return {
    target: { id: MODEL, region: 'us-east-1', foundationId: MODEL, kind: 'image' },
    body: { content },
    payloadHash: null,
    headers: {},
    guarded: false,
    timeoutMs: 10_000,
    outputFormat: 'png',
    outputCompression: null,
    bytesMax: null,
    encoding: 'base64',
  }
}

function imageOf(made: MadeReply): ReadImage {
  assert.ok(made.type === 'made')
  return made.images[0] ?? assert.fail('no picture')
}

const shared = (length: number): Uint8Array => new Uint8Array(new SharedArrayBuffer(length))

async function readWhole(bytes: RemoteBytes): Promise<Buffer[]> {
  const pieces: Buffer[] = []
  for await (const piece of readPieces(bytes)) pieces.push(Buffer.from(piece))
  return pieces
}

function hashOf(parts: Iterable<Uint8Array | string>): string {
  const sha256 = createHash('sha256')
  for (const part of parts) sha256.update(part)
  return sha256.digest('hex')
}

async function readBody({ request }: Arrival): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of request as AsyncIterable<Buffer>) parts.push(part)
  return Buffer.concat(parts)
}

function send(response: Arrival['response'], status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', 'x-amzn-requestid': 'r-1' })
  response.end(JSON.stringify(body))
}
