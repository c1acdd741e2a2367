import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { MessageChannel } from 'node:worker_threads'
import { createBodiesPool, createControlPool } from '../../src/aws/worker-pool.js'

const CPU_TASK = new URL('./cpu-task.js', import.meta.url)

test('the bodies pool moves buffers and returns results', async (context) => {
  const pool = createBodiesPool({ file: CPU_TASK })
  context.after(() => pool.close())
  const bytes = new Uint8Array([1, 2, 3]).buffer
  assert.equal(await pool.run({ bytes }, { transferList: [bytes] }), 6)
  assert.equal(bytes.byteLength, 0, 'moved, not copied')
})

test('a chat whose port the main thread closes while it waits for an answer ends, and the thread goes on', async (context) => {
  const pool = createBodiesPool()
  context.after(() => pool.close())
  const { port1, port2 } = new MessageChannel()
  const media = { fetchUrls: true, fetchMs: 60_000, fetchBytesMax: 1 }
  const task = { parts: [Buffer.from('{"model":"m"}')], port: port2, policy: {}, media }
  port1.once('message', () => port1.close())
  const result = (await pool.run(task, { name: 'prepareChatBody', transferList: [port2] })) as {
    type: string
  }
  assert.equal(result.type, 'refused')
  const body = JSON.stringify({ messages: [], inferenceConfig: { temperature: 1 } })
  assert.notEqual(await pool.run({ body, parameter: 'temperature' }, { name: 'takeOutParameter' }), null)
})

test('the control pool gives up a task at once when told to', async (context) => {
  const pool = createControlPool()
  context.after(() => pool.close())
  const task = {
    region: 'us-east-1',
    stateDir: '/dev/null',
    deadlineMs: 60_000,
    standing: null,
    mantleModels: null,
    heldBack: false,
  }
  const reason = new Error('enough')
  await assert.rejects(pool.run('refresh-region', task, { signal: AbortSignal.abort(reason) }), reason)
})

test('the control thread serves all tasks that come together, goes when idle, and another comes with the next task', async (context) => {
  const file = new URL('./thread-id-task.js', import.meta.url)
  const pool = createControlPool({ file, idleMs: 100 })
  context.after(() => pool.close())
  const run = async (): Promise<unknown> =>
    pool.run('resolve-runtime-access', { regions: [], credentials: false, deadlineMs: 1 })
  const [first, ...others] = await Promise.all([run(), run(), run()])
  assert.deepEqual(new Set(others), new Set([first]))
  let next = first
  // A loop that is held up may ask again before the thread is gone.
  for (let round = 0; round < 50 && next === first; round += 1) {
    await sleep(500)
    next = await run()
  }
  assert.notEqual(next, first)
})

test('a control thread that throws between tasks is reported and replaced, and ends nothing else', async (context) => {
  const errors: unknown[] = []
  const file = new URL('./late-error-task.js', import.meta.url)
  const pool = createControlPool({ file, onError: (error) => errors.push(error) })
  context.after(() => pool.close())
  const run = () => pool.run('resolve-runtime-access', { regions: [], credentials: false, deadlineMs: 1 })
  assert.equal(await run(), 'done')
  while (errors.length === 0) await sleep(10)
  assert.match(String(errors[0]), /late/)
  assert.equal(await run(), 'done')
})

test('a bodies pool with a full queue says that it is overloaded, not that it failed', async () => {
  const pool = createBodiesPool({ file: CPU_TASK })
  const codes: unknown[] = []
  const runs = Array.from({ length: 1_100 }, () =>
    pool.run({ endless: true }).catch((error: { code?: unknown }) => codes.push(error.code)),
  )
  while (codes.length === 0) await sleep(10)
  assert.deepEqual([...new Set(codes)], ['overloaded'])
  await pool.close()
  await Promise.all(runs)
})
