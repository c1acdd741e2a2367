import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ByteQueue } from '../../src/http/byte-queue.js'
import { WINDOW_BYTES } from '../../src/http/reading-window.js'
import type { Parts } from '../../src/remote-bytes.js'
import { toRemote } from './remote-content.js'

/** Takes everything, waiting where the queue says so. */
async function takeAll(parts: Parts, bytesMax: number): Promise<Buffer> {
  let wake = { resolve(): void {}, reject(_cause: unknown): void {} }
  const queue = new ByteQueue({ onHere: () => wake.resolve(), onLost: (cause) => wake.reject(cause) })
  queue.push(parts)
  const taken: Buffer[] = []
  for (;;) {
    const here = new Promise<void>((resolve, reject) => {
      wake = { resolve, reject }
    })
    const piece = queue.take(bytesMax)
    if (piece === null) return Buffer.concat(taken)
    if (piece === 'later') {
      assert.equal(queue.take(1), 'later', 'and is asked for once')
      await here
    } else {
      assert.ok(piece.length > 0 && piece.length <= bytesMax)
      taken.push(Buffer.from(piece))
    }
  }
}

const numbers = (length: number, step: number): Buffer =>
  Buffer.from(Uint8Array.from({ length }, (_, index) => index * step))

test('bytes of a worker come in their place, in order', async () => {
  const [large, small] = [numbers(2 * WINDOW_BYTES + 5, 7), numbers(9, 3)]
  const parts = ['a', toRemote(large), 'b', toRemote(small), small, '', 'c']
  const taken = await takeAll(parts, 64 * 1024)
  assert.ok(
    taken.equals(Buffer.concat([Buffer.from('a'), large, Buffer.from('b'), small, small, Buffer.from('c')])),
  )
})

test('what is lost is said, and after a clear nothing is', async () => {
  const cause = new Error('gone')
  const lost = { length: 3, subarray: () => lost, read: () => Promise.reject(cause) }
  await assert.rejects(takeAll([lost], 10), cause)
  const said: unknown[] = []
  const queue = new ByteQueue({ onHere: () => said.push('here'), onLost: (error) => said.push(error) })
  queue.push([lost])
  queue.take(1)
  queue.clear()
  assert.equal(queue.take(1), null)
  await new Promise(setImmediate)
  assert.deepEqual(said, [])
})
