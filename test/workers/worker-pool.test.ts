import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createBodiesPool, createControlPool } from '../../src/aws/worker-pool.js'

const CPU_TASK = new URL('./cpu-task.js', import.meta.url)

test('the bodies pool moves buffers, returns results and survives an aborted task', async (context) => {
  const pool = createBodiesPool({ file: CPU_TASK })
  context.after(() => pool.close())
  const bytes = new Uint8Array([1, 2, 3]).buffer
  assert.equal(await pool.run({ bytes }, { transferList: [bytes] }), 6)
  assert.equal(bytes.byteLength, 0, 'moved, not copied')
  const signal = AbortSignal.timeout(50)
  await assert.rejects(pool.run({ endless: true }, { signal }), { name: 'AbortError' })
  assert.equal(await pool.run({ bytes: new Uint8Array([4]).buffer }), 4)
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
