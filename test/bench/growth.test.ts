import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DIRECT, NGINX, type Running } from './contenders.js'
import { formatCharts, runSweep, type Sweep, toCharts } from './growth.js'
import type { Bench } from './measurement.js'

const sweep: Sweep = {
  name: 's',
  xLabel: 'streams',
  steps: [1, 10],
  charts: [
    { key: 'cpu', title: 'CPU', yLabel: 'µs' },
    { key: 'delay', title: 'Delay', yLabel: 'ms', added: true },
  ],
  run: async ({ port }, step) => ({ cpu: step * port, delay: step + port }),
}
const running = (port: number): Running => ({
  port,
  pid: null,
  request: () => Buffer.alloc(0),
  stop: async () => {},
})
const started = new Map([
  [DIRECT, running(2)],
  [NGINX, running(5)],
])

test('a sweep asks every contender at every step in every round', async () => {
  const result = await runSweep(sweep, started, { rounds: 3, bench: {} as Bench })
  assert.equal(result.points.length, 4)
  assert.ok(result.points.every(({ runs }) => runs.length === 3))
})

test('charts hold medians, less what the upstream takes directly where it is about what is added', async () => {
  const result = await runSweep(sweep, started, { rounds: 2, bench: {} as Bench })
  const [cpu, delay] = toCharts(result)
  assert.deepEqual(cpu?.lines, [
    {
      name: NGINX,
      points: [
        { x: 1, y: 5 },
        { x: 10, y: 50 },
      ],
    },
  ])
  assert.deepEqual(
    delay?.lines[0]?.points.map(({ y }) => y),
    [3, 3],
  )
})

test('the text names steps and figures', async () => {
  const result = await runSweep(sweep, started, { rounds: 1, bench: {} as Bench })
  const text = formatCharts(toCharts(result))
  assert.match(text, /^growth: CPU \(µs\)\n {2}streams +1 +10\n {2}nginx +5\.00 +50\.0\n/)
})
