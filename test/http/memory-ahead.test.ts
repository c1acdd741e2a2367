import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import type { BodyBudget } from '../../src/http/body-budget.js'
import { MemoryAhead } from '../../src/http/memory-ahead.js'
import { eventually } from '../e2e/chat.js'
import { type Serving, serve } from './serve.js'

const MB = 1024 * 1024
const BODY = Buffer.alloc(8 * MB, 'bytes of one client ')

interface Scene extends Serving {
  readonly bodies: BodyBudget
  /** The parts of every body that came whole. */
  readonly taken: Buffer[][]
}

async function startScene(context: TestContext, bytesMax = 1024 * MB): Promise<Scene> {
  const bodies = { bytes: 0, bytesMax, aheadBytes: 0 }
  const taken: Buffer[][] = []
  const serving = await serve(
    async (exchange) => {
      taken.push(await exchange.readBody(32 * MB))
      exchange.replyJson(200, '{}')
    },
    { bodies },
  )
  context.after(() => serving.close())
  return { ...serving, bodies, taken }
}

/** A client that has announced so much. */
async function announce({ port }: Serving, bytes: number): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port })
  socket.on('error', () => {})
  await once(socket, 'connect')
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nconnection: keep-alive\r\ncontent-length: ${bytes}\r\n\r\n`,
  )
  return socket
}

async function readStatus(socket: Socket): Promise<string> {
  const [reply] = (await once(socket, 'data')) as [Buffer]
  return reply.toString().slice(9, 12)
}

function recordRes() {
  const calls: string[] = []
  return { calls, pause: () => void calls.push('pause'), resume: () => void calls.push('resume') }
}

const neverReady = (): void => assert.fail('this memory is not wanted any more')

const newBudget = (): BodyBudget => ({ bytes: 0, bytesMax: 1024 * MB, aheadBytes: 0 })

test('a large body lies in one piece of memory, which is its own to the byte', async (context) => {
  const scene = await startScene(context)
  for (let round = 0; round < 2; round += 1) {
    const socket = await announce(scene, BODY.length)
    await eventually(() => scene.bodies.aheadBytes === BODY.length, 'its memory is counted')
    socket.write(BODY)
    assert.equal(await readStatus(socket), '200')
    await eventually(() => scene.bodies.aheadBytes === 0, 'nothing is counted any more')
    socket.destroy()
  }
  for (const parts of scene.taken) {
    assert.deepEqual(
      parts.map((part) => [part.length, part.buffer.byteLength]),
      [[BODY.length, BODY.length]],
    )
    assert.ok(Buffer.concat(parts).equals(BODY))
  }
  const [[first] = [], [second] = []] = scene.taken
  assert.notEqual(first?.buffer, second?.buffer)
})

test('a body of which the first bytes come at once is whole', async (context) => {
  const scene = await startScene(context)
  const replies = await Promise.all(
    Array.from({ length: 6 }, () =>
      fetch(`http://127.0.0.1:${scene.port}/v1/chat/completions`, { method: 'POST', body: BODY }),
    ),
  )
  assert.deepEqual(
    replies.map(({ status }) => status),
    Array.from({ length: 6 }, () => 200),
  )
  for (const parts of scene.taken) assert.ok(Buffer.concat(parts).equals(BODY))
  await eventually(() => scene.bodies.aheadBytes === 0, 'nothing is counted any more')
})

test('clients that announce more than they send get memory for 64 MB together, and others are served', async (context) => {
  const scene = await startScene(context)
  const silent = await Promise.all(Array.from({ length: 5 }, () => announce(scene, 25 * MB)))
  await eventually(() => scene.bodies.aheadBytes === 50 * MB, 'two of them have memory')
  const other = await announce(scene, 20 * MB)
  const body = Buffer.alloc(20 * MB, 'x')
  other.write(body)
  assert.equal(await readStatus(other), '200')
  assert.ok(Buffer.concat(scene.taken[0] ?? []).equals(body))
  assert.equal(scene.bodies.aheadBytes, 50 * MB)
  for (const socket of [...silent, other]) socket.destroy()
  await eventually(() => scene.bodies.aheadBytes === 0, 'the memory of clients that are gone is free')
})

test('a client that is refused in the middle of a large body may use its connection again', async (context) => {
  const scene = await startScene(context, 4 * MB)
  const socket = await announce(scene, BODY.length)
  const statuses: string[] = []
  socket.on('data', (reply: Buffer) => void statuses.push(reply.toString().slice(9, 12)))
  socket.write(BODY)
  await eventually(() => statuses.length === 1, 'the refusal comes')
  await eventually(() => socket.writableLength === 0, 'the rest is read')
  socket.write('POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}')
  await eventually(() => statuses.length === 2, 'the next request is answered')
  assert.deepEqual(statuses, ['503', '200'])
  assert.deepEqual([scene.bodies.bytes, scene.bodies.aheadBytes], [0, 0])
  socket.destroy()
})

test('memory that is ready was touched: filling it brings no page faults', async () => {
  const bytes = 8 * MB
  const ready: Buffer[] = []
  MemoryAhead.make({ res: recordRes(), bytes, bodies: newBudget(), onReady: (memory) => ready.push(memory) })
  await eventually(() => ready.length > 0, 'the memory is ready')
  assert.equal(ready[0]?.length, bytes)
  const before = process.resourceUsage().minorPageFault
  ready[0]?.fill(1)
  const faults = process.resourceUsage().minorPageFault - before
  assert.ok(faults < bytes / 4096 / 10, `${faults} page faults`)
})

test('a small body, one of unknown length and one too many are not waited for', () => {
  const bodies = { ...newBudget(), aheadBytes: 60 * MB }
  for (const bytes of [0, MB - 1, Number.NaN, 5 * MB]) {
    const res = recordRes()
    assert.equal(MemoryAhead.make({ res, bytes, bodies, onReady: neverReady }), null)
    assert.deepEqual(res.calls, [])
  }
  assert.equal(bodies.aheadBytes, 60 * MB)
})

test('the client waits until its memory is ready, and not longer than that', async () => {
  const res = recordRes()
  const bodies = newBudget()
  const ahead = MemoryAhead.make({ res, bytes: MB, bodies, onReady: () => void res.calls.push('ready') })
  assert.deepEqual(res.calls, ['pause'])
  await eventually(() => res.calls.length === 3, 'the client goes on')
  ahead?.end()
  ahead?.end()
  await eventually(() => bodies.aheadBytes === 0, 'nothing is counted any more')
  assert.deepEqual(res.calls, ['pause', 'ready', 'resume'])
})

test('a body that is here before its memory does not get it, and its client goes on at once', async () => {
  const res = recordRes()
  const bodies = newBudget()
  const ahead = MemoryAhead.make({ res, bytes: MB, bodies, onReady: neverReady })
  ahead?.end()
  assert.deepEqual(res.calls, ['pause', 'resume'])
  assert.equal(bodies.aheadBytes, MB, 'a thread is still at work in the memory')
  await eventually(() => bodies.aheadBytes === 0, 'nothing is counted any more')
  assert.deepEqual(res.calls, ['pause', 'resume'])
})

test('a client does not wait for ever', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] })
  const res = recordRes()
  const bodies = newBudget()
  const ahead = MemoryAhead.make({ res, bytes: MB, bodies, onReady: neverReady })
  context.mock.timers.tick(1_000)
  assert.deepEqual(res.calls, ['pause', 'resume'])
  context.mock.timers.reset()
  ahead?.end()
  await eventually(() => bodies.aheadBytes === 0, 'nothing is counted any more')
  assert.deepEqual(res.calls, ['pause', 'resume'])
})

test('of a client that is gone nothing is touched any more', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] })
  const res = recordRes()
  const bodies = newBudget()
  MemoryAhead.make({ res, bytes: MB, bodies, onReady: neverReady })?.drop()
  context.mock.timers.tick(10_000)
  context.mock.timers.reset()
  await eventually(() => bodies.aheadBytes === 0, 'nothing is counted any more')
  assert.deepEqual(res.calls, ['pause'])
})
