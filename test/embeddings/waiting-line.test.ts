import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type LineItem, type Share, WaitingLine } from '../../src/embeddings/waiting-line.js'

interface Named extends LineItem {
  readonly name: string
}

const ONE: Share = { key: 'x', countMax: 1, charactersMax: 1_000 }
const MANY: Share = { key: 'x', countMax: 9, charactersMax: 1_000 }

/** An owner is what stands before the number: `a1`. */
function toItems(
  names: string,
  { share = ONE as Share | null, characters = 10, apart = false } = {},
): Named[] {
  const owners = new Map<string, object>()
  return names.split(' ').map((name): Named => {
    const key = name.replace(/\d+/, '')
    const owner = owners.get(key) ?? { key }
    owners.set(key, owner)
    return { name, owner, share, characters, apart }
  })
}

function createLine(...groups: readonly Named[][]): WaitingLine<Named> {
  const line = new WaitingLine<Named>()
  for (const items of groups) line.push(items[0]?.owner ?? {}, items)
  return line
}

function takeAll(line: WaitingLine<Named>): string[] {
  const batches: string[] = []
  for (let batch = line.takeBatch(); batch.length > 0; batch = line.takeBatch()) {
    batches.push(batch.map(({ name }) => name).join(' '))
  }
  return batches
}

test('owners take turns, each in its own order', () => {
  const line = createLine(toItems('a1 a2 a3'), toItems('b1'), toItems('c1 c2'))
  assert.equal(line.size, 6)
  assert.deepEqual(takeAll(line), ['a1', 'b1', 'c1', 'a2', 'c2', 'a3'])
  assert.equal(line.size, 0)
})

test('a query that comes amid a flood of requests as small as itself has its turn next', () => {
  const flood = Array.from({ length: 1_000 }, (_, index) => toItems(`flood${index}`, {}))
  const line = createLine(...flood)
  for (let taken = 0; taken < 100; taken += 1) line.takeBatch()
  line.push({}, toItems('query1'))
  const next = [line.takeBatch(), line.takeBatch()].flat().map(({ name }) => name)
  assert.ok(next.includes('query1'), String(next))
  // And who came first is not forgotten over those that come later.
  for (let more = 0; more < 2_000 && line.size > 0; more += 1) {
    line.push({}, toItems('late1'))
    line.takeBatch()
    line.takeBatch()
  }
  assert.equal(line.size, 0)
})

test('a shared call is filled in turns, too', () => {
  const share = { ...MANY, countMax: 4 }
  const line = createLine(
    toItems('a1 a2 a3 a4', { share }),
    toItems('b1', { share }),
    toItems('c1 c2', { share }),
  )
  assert.deepEqual(takeAll(line), ['a1 b1 c1 a2', 'c2 a3 a4'])
})

test('a call takes no more characters than it may, but a single input of any length', () => {
  const share = { ...MANY, charactersMax: 100 }
  const line = createLine(
    toItems('a1', { characters: 60, share }),
    toItems('b1', { characters: 50, share }),
    toItems('c1', { characters: 40, share }),
    toItems('d1', { characters: 500, share }),
  )
  assert.deepEqual(takeAll(line), ['a1 c1', 'b1', 'd1'])
})

test('only what agrees shares a call; what has no key is alone', () => {
  const line = createLine(
    toItems('a1 a2', { share: MANY }),
    toItems('b1', { share: { ...MANY, key: 'y' } }),
    toItems('c1', { share: MANY }),
    toItems('d1 d2', { share: null }),
  )
  assert.deepEqual(takeAll(line), ['a1 c1 a2', 'b1', 'd1', 'd2'])
})

test('what is apart shares with its own owner only', () => {
  const line = createLine(
    toItems('a1 a2', { share: MANY, apart: true }),
    toItems('b1', { share: MANY, apart: true }),
    toItems('c1', { share: MANY }),
    toItems('d1', { share: MANY }),
  )
  assert.deepEqual(takeAll(line), ['a1 a2', 'b1', 'c1 d1'])
})

test('what is put back is first of its owner, whose turn is next', () => {
  const line = createLine(toItems('a1 a2'), toItems('b1 b2'))
  const [a1] = line.takeBatch()
  assert.ok(a1)
  line.putBack([a1])
  assert.deepEqual(takeAll(line), ['a1', 'b1', 'a2', 'b2'])
})

test('an owner leaves with everything', () => {
  const [a, b] = [toItems('a1 a2'), toItems('b1')]
  const line = createLine(a, b)
  const [a1] = line.takeBatch()
  assert.ok(a1)
  line.putBack([a1])
  line.remove(a1.owner)
  assert.equal(line.size, 1)
  assert.deepEqual(takeAll(line), ['b1'])
})
