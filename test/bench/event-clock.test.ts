import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { betweenStampsMs, stampNow } from './event-clock.js'

test('the time between two stamps is right over the start of a new period', () => {
  assert.equal(betweenStampsMs(1_000, 3_500), 2.5)
  assert.equal(betweenStampsMs(99_999_000, 1_000), 2)
})

test('a stamp from a little later gives less than nothing, not a whole period', () => {
  assert.equal(betweenStampsMs(3_500, 1_000), -2.5)
  assert.equal(betweenStampsMs(1_000, 99_999_000), -2)
})

test('two processes read the same clock', () => {
  const module = new URL('./event-clock.js', import.meta.url).href
  const before = stampNow()
  const script = `import('${module}').then(({ stampNow }) => console.log(stampNow()))`
  const { stdout } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' })
  const after = stampNow()
  const there = Number(stdout)
  assert.ok(betweenStampsMs(before, there) >= 0, `${before} then ${there}`)
  assert.ok(betweenStampsMs(there, after) >= 0, `${there} then ${after}`)
})
