import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { createTurns } from '../../src/embeddings/turns.js'

test('what becomes due together is spread over turns of the loop, in order', async () => {
  const takeTurn = createTurns(2)
  const done: number[] = []
  const all = Promise.all(
    [0, 1, 2, 3, 4].map(async (index) => {
      await takeTurn()
      done.push(index)
    }),
  )
  const seen: number[] = []
  while (done.length < 5) {
    await nextTurn()
    seen.push(done.length)
  }
  await all
  assert.deepEqual(done, [0, 1, 2, 3, 4])
  assert.deepEqual([...new Set(seen)], [2, 4, 5])
})

test('who comes while others wait is last, and later ones wait for nobody that has gone', async () => {
  const takeTurn = createTurns(1)
  const order: string[] = []
  const first = takeTurn().then(() => order.push('first'))
  const second = takeTurn().then(() => order.push('second'))
  await first
  const third = takeTurn().then(() => order.push('third'))
  await Promise.all([second, third])
  await takeTurn()
  assert.deepEqual(order, ['first', 'second', 'third'])
})
