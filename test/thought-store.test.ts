import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ReasoningBlock } from '../src/bedrock/types.js'
import { createThoughtStore } from '../src/thought-store.js'

const thought = (text: string): ReasoningBlock => ({ reasoningText: { text, signature: 's' } })

function createStore(options: { readonly keepMs?: number; readonly bytesMax?: number } = {}) {
  const clock = { nowMs: 0 }
  const store = createThoughtStore({ keepMs: 1000, bytesMax: 10_000, now: () => clock.nowMs, ...options })
  return { store, clock }
}

test('thoughts are found under each call that followed them, and under no other', () => {
  const { store } = createStore()
  const blocks = [thought('why'), { redactedContent: 'AAAA' }]
  store.keep({ toolCallIds: ['a', 'b'], blocks })
  assert.deepEqual(store.find(['a', 'c']), { a: blocks })
  assert.deepEqual(store.find(['b']), { b: blocks })
  assert.deepEqual(store.find([]), {})
})

test('thoughts are forgotten when their time is over', () => {
  const { store, clock } = createStore()
  store.keep({ toolCallIds: ['a'], blocks: [thought('old')] })
  clock.nowMs = 999
  assert.deepEqual(Object.keys(store.find(['a'])), ['a'])
  clock.nowMs = 1000
  assert.deepEqual(store.find(['a']), {})
})

test('the oldest thoughts go first when there are too many, and a call that comes again counts as new', () => {
  const { store } = createStore({ bytesMax: 600 })
  const blocks = [thought('123456789')]
  for (const id of ['a', 'b', 'a', 'c']) store.keep({ toolCallIds: [id], blocks })
  assert.deepEqual(Object.keys(store.find(['a', 'b', 'c'])), ['a', 'c'])
})

test('thoughts that are too large alone are not kept, and with no memory at all none are', () => {
  const { store } = createStore({ bytesMax: 5 })
  store.keep({ toolCallIds: ['a'], blocks: [thought('a long one')] })
  assert.deepEqual(store.find(['a']), {})
  const none = createStore({ keepMs: 0 }).store
  none.keep({ toolCallIds: ['a'], blocks: [thought('x')] })
  assert.deepEqual(none.find(['a']), {})
})

test('a call named like a member of Object.prototype is only found when it was kept', () => {
  const { store } = createStore()
  store.keep({ toolCallIds: ['a'], blocks: [thought('x')] })
  assert.deepEqual(store.find(['constructor', '__proto__', 'toString']), {})
})

test('one-word thoughts take memory, too: a thousand of them do not fit in 10 kB', () => {
  const { store } = createStore()
  const ids = Array.from({ length: 1_000 }, (_, index) => `call-${index}`)
  for (const id of ids) store.keep({ toolCallIds: [id], blocks: [thought('x')] })
  const found = Object.keys(store.find(ids))
  assert.ok(found.length < 50, `${found.length}`)
  assert.equal(found.at(-1), 'call-999')
})
