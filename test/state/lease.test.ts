import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type Database from 'better-sqlite3'
import fc from 'fast-check'
import { openDatabase } from '../../src/state/database.js'
import { LEASE_MS, releaseLease, takeLease } from '../../src/state/lease.js'
import { temporaryFolder } from './temporary-folder.js'

const START_MS = 1_750_000_000_000

/** Connections of their own on one file, as processes have them. */
function openHolders(context: TestContext, count: number): readonly Database.Database[] {
  const stateDir = temporaryFolder(context)
  const databases = Array.from({ length: count }, () => openDatabase(stateDir))
  context.after(() => {
    for (const database of databases) database.close()
  })
  return databases
}

type Step =
  | { readonly type: 'take'; readonly holder: number }
  | { readonly type: 'release'; readonly holder: number }
  | { readonly type: 'wait'; readonly ms: number }

const HOLDERS = 4
const anyHolder = fc.integer({ min: 0, max: HOLDERS - 1 })
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constant('take' as const), holder: anyHolder }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('release' as const), holder: anyHolder }) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('wait' as const),
      ms: fc.oneof(
        fc.integer({ min: 0, max: LEASE_MS }),
        fc.constantFrom(LEASE_MS - 1, LEASE_MS, 10 * LEASE_MS),
      ),
    }),
  },
)

test('whatever N holders do, at most one has the lease, and it is refused to nobody while it is free', (context) => {
  const databases = openHolders(context, HOLDERS)
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 40 }), (steps) => {
      databases[0]?.exec('DELETE FROM lease')
      let nowMs = START_MS
      /** Until when each one may think that it has the lease. */
      const endsMs = new Map<number, number>()
      const holding = (): number[] =>
        [...endsMs].filter(([, endMs]) => endMs > nowMs).map(([holder]) => holder)
      for (const step of steps) {
        const database = step.type === 'wait' ? undefined : databases[step.holder]
        if (step.type === 'wait') nowMs += step.ms
        else if (step.type === 'release' && database) {
          releaseLease(database, `holder-${step.holder}`)
          endsMs.delete(step.holder)
        } else if (step.type === 'take' && database) {
          const others = holding().filter((holder) => holder !== step.holder)
          const outcome = takeLease(database, { holder: `holder-${step.holder}`, nowMs })
          assert.equal(outcome.type, others.length === 0 ? 'taken' : 'busy')
          if (outcome.type === 'taken') endsMs.set(step.holder, nowMs + LEASE_MS)
          else endsMs.delete(step.holder)
        }
        assert.ok(holding().length <= 1, `${holding().join(' and ')} have it`)
      }
    }),
    { numRuns: 300 },
  )
})

test('wherever a clock jumps to, somebody has the lease at the latest after its time', (context) => {
  const [first, second] = openHolders(context, 2)
  assert.ok(first && second)
  fc.assert(
    fc.property(fc.integer({ min: -100 * LEASE_MS, max: 100 * LEASE_MS }), (jumpMs) => {
      first.exec('DELETE FROM lease')
      assert.equal(takeLease(first, { holder: 'killed', nowMs: START_MS }).type, 'taken')
      const laterMs = START_MS + jumpMs + LEASE_MS
      takeLease(second, { holder: 'other', nowMs: START_MS + jumpMs })
      assert.equal(takeLease(second, { holder: 'other', nowMs: laterMs }).type, 'taken')
    }),
  )
})

test('who is refused hears since when the other one has it; renewing does not change that', (context) => {
  const [first, second] = openHolders(context, 2)
  assert.ok(first && second)
  takeLease(first, { holder: 'one', nowMs: START_MS })
  for (const laterMs of [1, LEASE_MS / 2, LEASE_MS]) {
    assert.deepEqual(takeLease(first, { holder: 'one', nowMs: START_MS + laterMs }), { type: 'taken' })
    assert.deepEqual(takeLease(second, { holder: 'two', nowMs: START_MS + laterMs }), {
      type: 'busy',
      takenAtMs: START_MS,
    })
  }
})

test('a release that comes late does not end the lease of the next one', (context) => {
  const [first, second] = openHolders(context, 2)
  assert.ok(first && second)
  takeLease(first, { holder: 'one', nowMs: START_MS })
  takeLease(second, { holder: 'two', nowMs: START_MS + LEASE_MS })
  releaseLease(first, 'one')
  assert.equal(takeLease(first, { holder: 'three', nowMs: START_MS + LEASE_MS }).type, 'busy')
})
