import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError } from '../../src/errors.js'
import { createFairLimiter } from '../../src/images/fair-limiter.js'

const NEVER = new AbortController().signal

/** Tasks that end when told, and the order they began in. */
function createTasks() {
  const begun: string[] = []
  const ends = new Map<string, () => void>()
  return {
    begun,
    task: (name: string) => () =>
      new Promise<string>((resolve) => {
        begun.push(name)
        ends.set(name, () => resolve(name))
      }),
    async end(name: string): Promise<void> {
      ends.get(name)?.()
      await new Promise((resolve) => setImmediate(resolve))
    },
  }
}

test('the limiter runs no more than so many, and gives back what each resolves with', async () => {
  const { begun, task, end } = createTasks()
  const limiter = createFairLimiter(2)
  const owner = {}
  const results = ['a', 'b', 'c'].map((name) => limiter.run(owner, NEVER, task(name)))
  assert.deepEqual(begun, ['a', 'b'])
  await end('b')
  assert.deepEqual(begun, ['a', 'b', 'c'])
  await end('a')
  await end('c')
  assert.deepEqual(await Promise.all(results), ['a', 'b', 'c'])
})

test('an owner with one task does not wait for all tasks of another', async () => {
  const { begun, task, end } = createTasks()
  const limiter = createFairLimiter(1)
  const [many, single] = [{}, {}]
  for (const name of ['m1', 'm2', 'm3', 'm4']) void limiter.run(many, NEVER, task(name))
  void limiter.run(single, NEVER, task('s1'))
  void limiter.run(single, NEVER, task('s2'))
  for (const name of ['m1', 'm2', 's1', 'm3', 's2', 'm4']) await end(name)
  assert.deepEqual(begun, ['m1', 'm2', 's1', 'm3', 's2', 'm4'])
})

test('who goes away while waiting is refused at once and takes no place', async () => {
  const { begun, task, end } = createTasks()
  const limiter = createFairLimiter(1)
  const leaving = new AbortController()
  void limiter.run({}, NEVER, task('first'))
  const gone = limiter.run({}, leaving.signal, task('gone'))
  void limiter.run({}, NEVER, task('last'))
  leaving.abort()
  await assert.rejects(gone, (error) => error instanceof GatewayError && error.code === 'client_closed')
  await assert.rejects(limiter.run({}, leaving.signal, task('late')))
  await end('first')
  assert.deepEqual(begun, ['first', 'last'])
})

test('a task that fails makes room for the next', async () => {
  const { begun, task, end } = createTasks()
  const limiter = createFairLimiter(1)
  const failing = limiter.run({}, NEVER, () => Promise.reject(new Error('no')))
  const next = limiter.run({}, NEVER, task('next'))
  await assert.rejects(failing, /no/)
  await end('next')
  assert.equal(await next, 'next')
  assert.deepEqual(begun, ['next'])
})
