import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Listed, Roster } from '../src/roster.js'

interface Member extends Listed {
  readonly name: string
}

function rosterOf(...names: readonly string[]) {
  const roster = new Roster<Member>()
  const members = names.map((name): Member => ({ name, place: -1 }))
  for (const member of members) roster.add(member)
  return { roster, members }
}

const namesIn = (roster: Roster<Member>): readonly string[] =>
  roster
    .list()
    .map(({ name }) => name)
    .sort()

test('whoever leaves, in whatever order, the others stay', () => {
  for (const order of [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ]) {
    const { roster, members } = rosterOf('a', 'b', 'c')
    const left = new Set(['a', 'b', 'c'])
    for (const index of order) {
      const member = members[index]
      assert.ok(member)
      roster.remove(member)
      left.delete(member.name)
      assert.deepEqual(namesIn(roster), [...left].sort())
      assert.equal(roster.size, left.size)
    }
  }
})

test('leaving twice, or without having come, removes nobody else', () => {
  const { roster, members } = rosterOf('a', 'b')
  const [a] = members
  assert.ok(a)
  roster.remove(a)
  roster.remove(a)
  roster.remove({ name: 'stranger', place: -1 })
  roster.remove({ name: 'liar', place: 0 })
  assert.deepEqual(namesIn(roster), ['b'])
})

test('who left may come again', () => {
  const { roster, members } = rosterOf('a', 'b', 'c')
  const [a] = members
  assert.ok(a)
  roster.remove(a)
  roster.add(a)
  assert.deepEqual(namesIn(roster), ['a', 'b', 'c'])
  for (const member of members) roster.remove(member)
  assert.equal(roster.size, 0)
})

test('a list is not changed by who leaves while it is walked', () => {
  const { roster } = rosterOf('a', 'b', 'c', 'd')
  const walked: string[] = []
  for (const member of roster.list()) {
    walked.push(member.name)
    roster.remove(member)
  }
  assert.deepEqual(walked.sort(), ['a', 'b', 'c', 'd'])
  assert.equal(roster.size, 0)
})
