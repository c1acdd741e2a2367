import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type LineItem, type ShareLimits, WaitingLine } from '../../src/embeddings/waiting-line.js'

interface Named extends LineItem {
  readonly name: string
}

const ONE: ShareLimits = { countMax: 1, charactersMax: 1_000 }

/** An owner is what stands before the number: `a1`. */
function toItems(
  names: string,
  { owners = new Map<string, object>(), shareKey = 'k', characters = 10, apart = false } = {},
) {
  return names.split(' ').map((name): Named => {
    const key = name.replace(/\d+/, '')
    const owner = owners.get(key) ?? { key }
    owners.set(key, owner)
    return { name, owner, shareKey, characters, apart }
  })
}

function createLine(...groups: readonly Named[][]): WaitingLine<Named> {
  const line = new WaitingLine<Named>()
  for (const items of groups) line.push(items[0]?.owner ?? {}, items)
  return line
}

function takeNames(line: WaitingLine<Named>, limits: ShareLimits): string {
  return line
    .takeBatch(() => limits)
    .map(({ name }) => name)
    .join(' ')
}

function takeAll(line: WaitingLine<Named>, limits: ShareLimits): string[] {
  const batches: string[] = []
  for (let names = takeNames(line, limits); names !== ''; names = takeNames(line, limits)) batches.push(names)
  return batches
}

test('owners take turns, each in its own order', () => {
  const line = createLine(toItems('a1 a2 a3'), toItems('b1'), toItems('c1 c2'))
  assert.equal(line.size, 6)
  assert.deepEqual(takeAll(line, ONE), ['a1', 'b1', 'c1', 'a2', 'c2', 'a3'])
  assert.equal(line.size, 0)
})

test('a shared call is filled in turns, too', () => {
  const line = createLine(toItems('a1 a2 a3 a4'), toItems('b1'), toItems('c1 c2'))
  assert.deepEqual(takeAll(line, { countMax: 4, charactersMax: 1_000 }), ['a1 b1 c1 a2', 'c2 a3 a4'])
})

test('a call takes no more characters than it may, but a single input of any length', () => {
  const owners = new Map<string, object>()
  const line = createLine(
    toItems('a1', { characters: 60, owners }),
    toItems('b1', { characters: 50, owners }),
    toItems('c1', { characters: 40, owners }),
    toItems('d1', { characters: 500, owners }),
  )
  assert.deepEqual(takeAll(line, { countMax: 9, charactersMax: 100 }), ['a1 c1', 'b1', 'd1'])
})

test('only what agrees shares a call; what has no key is alone', () => {
  const owners = new Map<string, object>()
  const line = createLine(
    toItems('a1 a2', { shareKey: 'x', owners }),
    toItems('b1', { shareKey: 'y', owners }),
    toItems('c1', { shareKey: 'x', owners }),
  )
  const alone = toItems('d1 d2').map((item) => ({ ...item, shareKey: null }))
  line.push(alone[0]?.owner ?? {}, alone)
  assert.deepEqual(takeAll(line, { countMax: 9, charactersMax: 1_000 }), ['a1 c1 a2', 'b1', 'd1', 'd2'])
})

test('what is apart shares with its own owner only', () => {
  const owners = new Map<string, object>()
  const line = createLine(
    toItems('a1 a2', { apart: true, owners }),
    toItems('b1', { apart: true, owners }),
    toItems('c1', { owners }),
    toItems('d1', { owners }),
  )
  assert.deepEqual(takeAll(line, { countMax: 9, charactersMax: 1_000 }), ['a1 a2', 'b1', 'c1 d1'])
})

test('what is put back is first of its owner, whose turn is next', () => {
  const line = createLine(toItems('a1 a2'), toItems('b1 b2'))
  const [a1] = line.takeBatch(() => ONE)
  assert.ok(a1)
  line.putBack([a1])
  assert.deepEqual(takeAll(line, ONE), ['a1', 'b1', 'a2', 'b2'])
})

test('an owner leaves with everything', () => {
  const [a, b] = [toItems('a1 a2'), toItems('b1')]
  const line = createLine(a, b)
  const [a1] = line.takeBatch(() => ONE)
  assert.ok(a1)
  line.putBack([a1])
  line.remove(a1.owner)
  assert.equal(line.size, 1)
  assert.deepEqual(takeAll(line, ONE), ['b1'])
})
