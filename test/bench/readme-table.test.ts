import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { BEDROCKD_SIGV4, DIRECT, NGINX, SDK_RELAY } from './contenders.js'
import { PORTKEY } from './portkey.js'
import { type BenchResults, toReadmeTable, withNumbers } from './readme-table.js'

const row = (contender: string, figures: Readonly<Record<string, number | undefined>>, more = {}) => ({
  contender,
  figures: Object.entries(figures).map(([key, median]) => ({
    key,
    ...(median === undefined ? {} : { median }),
    ...more,
  })),
})

const atMost = (value: number, times?: string) => ({
  comparison: 'at most' as const,
  value,
  ...(times === undefined ? {} : { times }),
})

const results: BenchResults = {
  date: '2026-01-02T03:04:05.678Z',
  machine: { cpu: 'Some CPU', cpus: 2, kernel: '6.18', node: 'v22.1.0' },
  runs: 5,
  windowMs: 2_000,
  results: [
    {
      name: 'steady',
      overloaded: [{ name: SDK_RELAY, reached: 13_211.4 }],
      targets: [
        {
          contender: BEDROCKD_SIGV4,
          metric: 'cpu/event',
          target: atMost(1.5, NGINX),
          value: 1.718,
          met: false,
        },
        {
          contender: 'bedrockd bearer',
          metric: 'cpu/event',
          target: atMost(1.5, NGINX),
          value: 9,
          met: false,
        },
      ],
      rows: [
        row(NGINX, { 'cpu/event': 12.345, 'events/s': 16_000 }, { pace: 16_000 }),
        row(SDK_RELAY, { 'cpu/event': 62.04 }),
        row(BEDROCKD_SIGV4, { 'cpu/event': 21.21 }),
        row(PORTKEY, { 'cpu/event': undefined }),
      ],
    },
    {
      name: 'requests',
      overloaded: [],
      targets: [
        { contender: BEDROCKD_SIGV4, metric: 'cpu/request', target: atMost(80), value: 77.7, met: true },
      ],
      rows: [
        row(DIRECT, { 'requests/s': 60_000 }, { throughput: true }),
        row(NGINX, { 'requests/s': 48_123 }, { throughput: true }),
        row(BEDROCKD_SIGV4, { 'requests/s': 12_345, 'cpu/request': 77.7 }, { throughput: true }),
      ],
    },
  ],
}

test('each line has its target with the outcome, and a figure for each contender that has one', () => {
  const lines = toReadmeTable(results).split('\n')
  const line = (text: string) => lines.find((each) => each.startsWith(`| ${text}`))
  assert.equal(
    line('CPU per event, 400'),
    '| CPU per event, 400 streams of 40 events/s, one event in each write | at most 1.5 × nginx: 1.72, missed | 21.2 µs | 12.3 µs | 62 µs \\* | – |',
  )
  assert.equal(line('CPU per such'), '| CPU per such request | at most 80 µs | 77.7 µs | – | – | – |')
  assert.equal(line('streamed events/s'), undefined)
})

test('what limits a figure is said below: the load side, or a pace that is not kept', () => {
  const text = toReadmeTable(results)
  assert.match(text, /\| 12,300 \| 48,100 † \|/)
  assert.match(text, /^† The load side/m)
  assert.match(text, /^\\\* .*\(SDK relay 13,200 of 16,000 events\/s\)/m)
  const calm = { ...results, results: results.results.map((each) => ({ ...each, overloaded: [] })) }
  assert.doesNotMatch(toReadmeTable(calm), /\\\*/)
})

test('it begins with day, machine and length of the run', () => {
  const [first] = toReadmeTable(results).split('\n')
  assert.equal(
    first,
    '2026-01-02: 2 cores of Some CPU, Linux 6.18, Node 22.1.0; medians of 5 runs of 2 s, taken in turns.',
  )
  assert.match(toReadmeTable({ ...results, runs: 4 }), /^.* in turns\. \*\*A trial run/)
})

test('the README has a place for the table, which takes what stood there', () => {
  const readme = readFileSync('README.md', 'utf8')
  const once = withNumbers(readme, 'first table')
  assert.match(once, /\nfirst table\n/)
  const twice = withNumbers(once, 'second table')
  assert.doesNotMatch(twice, /first table/)
  assert.equal(twice.length - once.length, 'second table'.length - 'first table'.length)
  assert.throws(() => withNumbers('# nothing here\n', 'table'), /numbers/)
})
