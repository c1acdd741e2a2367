import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { GatewayError } from '../../src/errors.js'
import { eventually } from '../e2e/chat.js'
import { createRandom } from '../random.js'
import { startRawServer } from './http/raw-server.js'
import { createWireClient, toRequest } from './wire.js'

const REQUESTS = 600
const LANES = 24
const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n'

/** One arrival of a request. */
interface Delivery {
  /** Requests of its connection so far, this one included. */
  readonly onConnection: number
  /** Bytes that the server had said before the connection ended. */
  saidBytes: number
}

/** What a caller heard. */
interface Heard {
  readonly calls: string[]
  text: string
  error: GatewayError | null
  callsAtAbort: number | null
}

/** What a server may do with a request, and with its connection afterwards. */
const ANSWERS: readonly ((id: string) => {
  says: string
  after: 'stays' | 'ends' | 'resets' | 'ends later'
})[] = [
  (id) => ({ says: `${HEAD}content-length: ${id.length}\r\n\r\n${id}`, after: 'stays' }),
  (id) => ({ says: `${HEAD}content-length: ${id.length}\r\n\r\n${id}`, after: 'stays' }),
  (id) => ({
    says: `${HEAD}transfer-encoding: chunked\r\n\r\n2\r\n${id.slice(0, 2)}\r\n${(id.length - 2).toString(16)};x=y\r\n${id.slice(2)}\r\n0\r\nt: u\r\n\r\n`,
    after: 'stays',
  }),
  (id) => ({
    says: `HTTP/1.1 100 Continue\r\n\r\n${HEAD}content-length: ${id.length}\r\n\r\n${id}`,
    after: 'stays',
  }),
  (id) => ({ says: `${HEAD}content-length: ${id.length}\r\n\r\n${id}`, after: 'ends later' }),
  (id) => ({ says: `${HEAD}connection: close\r\ncontent-length: ${id.length}\r\n\r\n${id}`, after: 'ends' }),
  (id) => ({ says: `${HEAD}\r\n${id}`, after: 'ends' }),
  (id) => ({ says: `${HEAD}content-length: ${id.length}\r\n\r\n${id}HTTP/1.1 200 OK\r\n`, after: 'stays' }),
  () => ({ says: 'HTTP/1.1 503 Slow Down\r\ncontent-length: 2\r\n\r\n{}', after: 'stays' }),
  () => ({ says: '', after: 'ends' }),
  () => ({ says: '', after: 'resets' }),
  () => ({ says: 'HTTP/1.1 20', after: 'ends' }),
  () => ({ says: `${HEAD}content-length: 9\r\n\r\nx`, after: 'ends' }),
  () => ({ says: `${HEAD}transfer-encoding: chunked\r\n\r\nnonsense`, after: 'stays' }),
]

test('whatever a server does, each request has one end, its own reply, and is repeated only where nothing was said', async (context) => {
  const random = createRandom(7)
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item
  const deliveries = new Map<string, Delivery[]>()
  const received = new Map<Socket, { bytes: Buffer; requests: number }>()

  const server = await startRawServer((socket, bytes) => {
    const state = received.get(socket) ?? { bytes: Buffer.alloc(0), requests: 0 }
    received.set(socket, state)
    state.bytes = Buffer.concat([state.bytes, bytes])
    const headEnd = state.bytes.indexOf('\r\n\r\n')
    const length = Number(/content-length: (\d+)/.exec(state.bytes.toString('latin1', 0, headEnd))?.[1])
    if (headEnd < 0 || state.bytes.length < headEnd + 4 + length) return
    assert.equal(state.bytes.length, headEnd + 4 + length, 'no request may follow an unanswered one')
    const id = /"(request-\d+)"/.exec(state.bytes.toString('latin1', headEnd, headEnd + 64))?.[1] ?? ''
    state.bytes = Buffer.alloc(0)
    state.requests += 1
    const delivery = { onConnection: state.requests, saidBytes: 0 }
    deliveries.set(id, [...(deliveries.get(id) ?? []), delivery])
    void answer(socket, id, delivery)
  })
  async function answer(socket: Socket, id: string, delivery: Delivery): Promise<void> {
    const { says, after } = pick(ANSWERS)(id)
    for (let offset = 0; offset < says.length && socket.writable; ) {
      if (random() < 0.3) await sleep(random() * 3)
      // An earlier answer's end came before the request: nothing of this one is sent.
      if (!socket.writable) return
      const part = says.slice(offset, offset + 1 + Math.floor(random() * 80))
      delivery.saidBytes += part.length
      socket.write(part, 'latin1')
      offset += part.length
    }
    if (after === 'ends later') await sleep(random() * 4)
    // It has been asked again meanwhile: a reply that ends with the connection would be cut, and nobody could tell.
    if (received.get(socket)?.requests !== delivery.onConnection) return
    if (after === 'resets') socket.resetAndDestroy()
    else if (after !== 'stays') socket.end()
  }

  const { client, close } = await createWireClient({
    url: `http://127.0.0.1:${server.port}`,
    bearerToken: 'token',
  })
  context.after(async () => {
    await close()
    await server.close()
  })
  const warnings: Error[] = []
  const onWarning = (warning: Error): void => void warnings.push(warning)
  process.on('warning', onWarning)

  function send(id: string): Promise<Heard> {
    const heard: Heard = { calls: [], text: '', error: null, callsAtAbort: null }
    return new Promise((resolve) => {
      const padding = random() < 0.05 ? 'x'.repeat(1_500_000) : 'x'.repeat(random() * 300)
      const call = client.send(toRequest({ body: JSON.stringify([id, padding]) }), {
        onHeaders: () => void heard.calls.push('headers'),
        onData(chunk) {
          heard.calls.push('data')
          heard.text += chunk.toString('latin1')
        },
        onEnd() {
          heard.calls.push('end')
          resolve(heard)
        },
        onError(error) {
          heard.calls.push('error')
          heard.error = error
          resolve(heard)
        },
      })
      if (random() < 0.1) {
        setTimeout(() => {
          heard.callsAtAbort = heard.calls.length
          call.abort()
          resolve(heard)
        }, random() * 4)
      } else if (random() < 0.2) {
        setTimeout(() => {
          call.pause()
          setTimeout(() => call.resume(), random() * 5)
        }, random() * 2)
      }
    })
  }

  const heardOf = new Map<string, Heard>()
  const ids = Array.from({ length: REQUESTS }, (_, index) => `request-${index}`)
  const waiting = [...ids]
  const lane = async (): Promise<void> => {
    for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
      heardOf.set(id, await send(id))
      if (random() < 0.3) await sleep(random() * 5)
    }
  }
  await Promise.all(Array.from({ length: LANES }, lane))
  await sleep(50)

  let repeated = 0
  for (const [id, { calls, text, error, callsAtAbort }] of heardOf) {
    const ends = calls.filter((call) => call === 'end' || call === 'error')
    if (callsAtAbort === null) assert.equal(ends.length, 1, `${id}: ${calls.join()}`)
    else assert.equal(calls.length, callsAtAbort, `${id} hears nothing after its abort`)
    if (ends.length > 0) assert.equal(calls.at(-1), ends[0], id)
    if (ends[0] === 'end') assert.equal(text, id)
    if (error !== null) {
      assert.match(error.code, /^upstream_(?:unavailable|incomplete|error)$/, id)
      if (text !== '') assert.equal(error.code, 'upstream_incomplete')
    }
    const [first, ...more] = deliveries.get(id) ?? []
    repeated += more.length
    assert.ok(more.length <= 1, `${id} came ${1 + more.length} times`)
    if (more.length === 1) assert.deepEqual([first?.saidBytes, (first?.onConnection ?? 0) > 1], [0, true], id)
  }
  assert.ok(repeated > 0, 'some request must have been repeated')
  process.off('warning', onWarning)
  assert.deepEqual(warnings, [])
  await close()
  await eventually(() => server.sockets.every(({ closed }) => closed), 'the end of all connections')
})
