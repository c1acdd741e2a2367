import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createBodiesPool, createControlPool } from '../../src/aws/worker-pool.js'

const CPU_TASK = new URL('./cpu-task.js', import.meta.url)

test('the bodies pool moves buffers, returns results and survives an aborted task', async (context) => {
  const pool = createBodiesPool(CPU_TASK)
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
    heldBack: false,
  }
  const reason = new Error('enough')
  await assert.rejects(pool.run('refresh-region', task, { signal: AbortSignal.abort(reason) }), reason)
})
