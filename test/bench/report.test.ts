import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WIDTH_MAX } from './columns.js'
import { DIRECT, DIRECT_BY_WRK, listContenders, NGINX, SDK_RELAY } from './contenders.js'
import type { Measurement, Metric } from './measurement.js'
import { MEASUREMENTS } from './measurements/all.js'
import { PORTKEY } from './portkey.js'
import { parseCpuList } from './processes.js'
import { formatTable, type Row, ratiosOf, summarize } from './report.js'
import { median, percentile } from './statistics.js'

const rate: Metric = {
  key: 'rate',
  unit: 'events/s',
  digits: 0,
  throughput: true,
  comparedWith: [NGINX],
  targets: [SDK_RELAY, PORTKEY].map((times) => ({ comparison: 'at least', value: 5, times })),
}
const latency: Metric = { key: 'p50', unit: 'µs', digits: 0, added: true }

function measured(contender: string, key: string, values: readonly number[]): Row {
  return { type: 'measured', contender, runs: values.map((value) => ({ [key]: value })) }
}

test('median is the middle value, or the mean of the two', () => {
  assert.equal(median([5, 1, 3]), 3)
  assert.equal(median([4, 1, 2, 3]), 2.5)
  assert.ok(Number.isNaN(median([])))
})

test('percentile takes the value below which the fraction lies', () => {
  const sorted = Array.from({ length: 100 }, (_, index) => index + 1)
  assert.equal(percentile(sorted, 0.5), 51)
  assert.equal(percentile(sorted, 0.99), 100)
})

test('added metrics lose what the upstream takes directly in the same round', () => {
  const direct = measured(DIRECT, 'p50', [10, 20, 30])
  const row = measured('nginx', 'p50', [15, 27, 36])
  assert.deepEqual(summarize(row, latency, direct), { median: 6, min: 5, max: 7 })
  assert.deepEqual(summarize(direct, latency, direct), { median: 20, min: 10, max: 30 })
})

test('the table says where the load side is too slow to judge a contender', () => {
  const measurement = { name: 'm', title: 't', metrics: [rate] } as unknown as Measurement
  const slow = formatTable(measurement, [measured(DIRECT, 'rate', [100]), measured('nginx', 'rate', [60])])
  assert.match(slow, /less than 2 times the events\/s of: nginx \(1\.67\)/)
  const fast = formatTable(measurement, [measured(DIRECT, 'rate', [100]), measured('nginx', 'rate', [40])])
  assert.match(fast, /at least 2 times/)
})

test('the table names what could not be measured, and why', () => {
  const measurement = { name: 'm', title: 't', metrics: [rate] } as unknown as Measurement
  const table = formatTable(measurement, [{ type: 'missing', contender: 'nginx', reason: 'not installed' }])
  assert.match(table, /nginx +not measured: not installed/)
})

test('each contender has its ratio to every reference that was measured', () => {
  const rows = [
    measured(DIRECT, 'rate', [900]),
    measured(DIRECT_BY_WRK, 'rate', [950]),
    measured(NGINX, 'rate', [400]),
    measured(SDK_RELAY, 'rate', [10, 20, 60]),
    measured('bedrockd', 'rate', [200]),
    measured(PORTKEY, 'rate', [16]),
  ]
  const of = (name: string) => {
    const row = rows.find(({ contender }) => contender === name)
    assert.ok(row !== undefined)
    return ratiosOf(row, rate, rows)
  }
  assert.deepEqual(of('bedrockd'), { [NGINX]: 0.5, [SDK_RELAY]: 10, [PORTKEY]: 12.5 })
  assert.equal(of(PORTKEY)[PORTKEY], 1)
  assert.deepEqual(of(DIRECT), {})
  assert.deepEqual(of(DIRECT_BY_WRK), {})
})

test('the ratios of added times are those of what was added', () => {
  const rows = [
    measured(DIRECT, 'p50', [100, 200]),
    measured(NGINX, 'p50', [110, 210]),
    measured('bedrockd', 'p50', [140, 240]),
  ]
  const row = rows[2]
  assert.ok(row !== undefined)
  assert.deepEqual(ratiosOf(row, latency, rows), { [NGINX]: 4 })
})

test('there is no ratio to less than nothing, which noise makes of what is added', () => {
  const rows = [
    measured(DIRECT, 'p50', [100]),
    measured(NGINX, 'p50', [90]),
    measured('bedrockd', 'p50', [140]),
  ]
  const row = rows[2]
  assert.ok(row !== undefined)
  assert.deepEqual(ratiosOf(row, latency, rows), {})
})

test('a reference that is not measured has no column', () => {
  const measurement = { name: 'm', title: 't', metrics: [rate] } as unknown as Measurement
  const missing: Row = { type: 'missing', contender: PORTKEY, reason: 'it is not installed (make peers)' }
  const own = measured('bedrockd', 'rate', [200])
  const without = formatTable(measurement, [measured(NGINX, 'rate', [400]), own, missing])
  assert.match(without, /events\/s {2}× nginx\n/)
  assert.match(without, /Portkey SigV4 +not measured: it is not installed/)
  const all = formatTable(measurement, [
    measured(NGINX, 'rate', [400]),
    measured(SDK_RELAY, 'rate', [20]),
    own,
    measured(PORTKEY, 'rate', [16]),
  ])
  assert.match(all, /events\/s {2}× nginx {2}× SDK {2}× Portkey\n/)
  assert.match(all, /bedrockd +200 \(200–200\) +0\.50 +10\.0 +12\.5\n/)
})

test('ratios stand where a target or the measurement asks for them', () => {
  const measurement = { name: 'm', title: 't', metrics: [{ ...rate, comparedWith: [], targets: [] }] }
  const rows = [measured(NGINX, 'rate', [400]), measured('bedrockd', 'rate', [200])]
  assert.doesNotMatch(formatTable(measurement as unknown as Measurement, rows), /×/)
})

test('who does not keep up with the pace is named, since its other figures are those of overload', () => {
  const paced: Metric = { key: 'rate', unit: 'events/s', digits: 0, pace: 16_000 }
  const measurement = { name: 'm', title: 't', metrics: [paced] } as unknown as Measurement
  const rows = [measured(NGINX, 'rate', [15_990]), measured(SDK_RELAY, 'rate', [9_000, 15_199, 16_000])]
  assert.match(
    formatTable(measurement, rows),
    /pace of 16,000 events\/s: SDK relay \(15,199\)\.\n {2}Their CPU/,
  )
  assert.match(formatTable(measurement, [measured(PORTKEY, 'rate', [21_000])]), /Portkey SigV4 \(21,000\)/)
  const kept = [measured(SDK_RELAY, 'rate', [9_000, 15_200, 16_000])]
  assert.doesNotMatch(formatTable(measurement, kept), /pace/)
})

test('no table is wider than a terminal, whatever stands in it', () => {
  for (const measurement of MEASUREMENTS) {
    const keys = measurement.metrics.map(({ key }) => key)
    const runs = [100, 123, 999].map((factor) =>
      Object.fromEntries(keys.map((key, index) => [key, (index + 1) * factor * 999])),
    )
    const rows = [...listContenders({})].map(
      ({ name: contender }): Row => ({ type: 'measured', contender, runs }),
    )
    const [, ...lines] = formatTable(measurement, rows).split('\n')
    const table = lines.filter((line) => !/^ {2}(Directly|Not at|Their)/.test(line))
    assert.ok(table.length > rows.length)
    for (const line of table)
      assert.ok(line.length <= WIDTH_MAX, `${measurement.name}: ${line.length} columns`)
    for (const { unit } of measurement.metrics)
      assert.ok(
        table.some((line) => line.includes(unit)),
        unit,
      )
  }
})

test('what wrk gets directly is no contender that the load side must beat', () => {
  const measurement = { name: 'm', title: 't', metrics: [rate] } as unknown as Measurement
  const rows = [measured(DIRECT, 'rate', [100]), measured(DIRECT_BY_WRK, 'rate', [110])]
  assert.doesNotMatch(formatTable(measurement, rows), /2 times/)
  assert.match(formatTable(measurement, [...rows, measured('bedrockd', 'rate', [50])]), /at least 2 times/)
})

test('a list of cores is read with ranges', () => {
  assert.deepEqual(parseCpuList('0-2,5'), [0, 1, 2, 5])
  assert.deepEqual(parseCpuList(''), [])
})
