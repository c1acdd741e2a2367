import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toAge, toDuration, toSize, toTable } from '../../src/admin/format.js'

test('toDuration shows the two largest units that say something', () => {
  const cases: readonly (readonly [number, string])[] = [
    [0, '0ms'],
    [999, '999ms'],
    [1000, '1s'],
    [59_999, '59s'],
    [60_000, '1m'],
    [3_599_999, '59m'],
    [3_600_000, '1h'],
    [11_530_000, '3h 12m'],
    [86_400_000, '1d'],
    [187_200_000, '2d 4h'],
  ]
  for (const [durationMs, expected] of cases) assert.equal(toDuration(durationMs), expected)
})

test('toAge tells past from future and never from now', () => {
  assert.equal(toAge(null, 1000), '-')
  assert.equal(toAge(1000, 181_000), '3m ago')
  assert.equal(toAge(181_000, 1000), 'in 3m')
})

test('toSize counts in powers of 1024', () => {
  assert.equal(toSize(0), '0 B')
  assert.equal(toSize(1023), '1023 B')
  assert.equal(toSize(1024), '1.0 KiB')
  assert.equal(toSize(1536), '1.5 KiB')
  assert.equal(toSize(129_394_278), '123.4 MiB')
  assert.equal(toSize(2 ** 60), '1048576.0 TiB')
})

test('toTable aligns, shows empty cells as a dash and leaves no trailing blanks', () => {
  const columns = [{ title: 'NAME' }, { title: 'COUNT', align: 'right' }, { title: 'NOTE' }] as const
  assert.deepEqual(
    toTable(columns, [
      ['long name', '7', ''],
      ['b', '1234567', 'x'],
    ]),
    ['NAME         COUNT  NOTE', 'long name        7  -', 'b          1234567  x'],
  )
})
