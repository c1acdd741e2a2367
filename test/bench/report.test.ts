import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DIRECT } from './contenders.js'
import type { Measurement, Metric } from './measurement.js'
import { parseCpuList } from './processes.js'
import { formatTable, type Row, summarize } from './report.js'
import { median, percentile } from './statistics.js'

const rate: Metric = { key: 'rate', unit: 'events/s', digits: 0, throughput: true }
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

test('a list of cores is read with ranges', () => {
  assert.deepEqual(parseCpuList('0-2,5'), [0, 1, 2, 5])
  assert.deepEqual(parseCpuList(''), [])
})
