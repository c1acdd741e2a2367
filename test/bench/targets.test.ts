import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DIRECT, NGINX } from './contenders.js'
import type { Measurement, Metric } from './measurement.js'
import type { Row } from './report.js'
import { formatVerdicts, judgeTargets, type Target } from './targets.js'

function judge(
  metric: Partial<Metric>,
  target: Target,
  figures: Readonly<Record<string, number>>,
  cores = 2,
) {
  const metrics = [{ key: 'k', unit: 'ms', digits: 0, targets: [target], ...metric }]
  const rows = Object.entries(figures).map(
    ([contender, value]): Row => ({ type: 'measured', contender, runs: [{ k: value }] }),
  )
  return judgeTargets({ name: 'm', title: 't', metrics } as unknown as Measurement, rows, cores)
}

test('a target is met at its very value, from either side', () => {
  const atMost = { comparison: 'at most', value: 20 } as const
  const atLeast = { comparison: 'at least', value: 20 } as const
  const met = (target: Target, value: number) => judge({}, target, { bedrockd: value })[0]?.met
  assert.deepEqual([met(atMost, 19), met(atMost, 20), met(atMost, 21)], [true, true, false])
  assert.deepEqual([met(atLeast, 19), met(atLeast, 20), met(atLeast, 21)], [false, true, true])
})

test('a target in times another contender compares what each of them adds', () => {
  const target = { comparison: 'at most', value: 4, times: NGINX } as const
  const figures = { [DIRECT]: 100, [NGINX]: 150, 'bedrockd SigV4': 350 }
  const [verdict] = judge({ added: true }, target, figures)
  assert.equal(verdict?.value, 5)
  assert.equal(verdict?.met, false)
})

test('a target in times a contender that was not measured can’t be judged', () => {
  const target = { comparison: 'at most', value: 4, times: NGINX } as const
  assert.equal(judge({}, target, { 'bedrockd SigV4': 350 })[0]?.met, null)
})

test('a target that needs more cores than are free is reported without a verdict', () => {
  const target = { comparison: 'at least', value: 1.8, coresMin: 3 } as const
  assert.equal(judge({}, target, { bedrockd: 1.4 }, 2)[0]?.met, null)
  assert.equal(judge({}, target, { bedrockd: 1.4 }, 3)[0]?.met, false)
})

test('only bedrockd is held to targets, each way of signing by itself', () => {
  const target = { comparison: 'at most', value: 20 } as const
  const verdicts = judge({}, target, { nginx: 1, 'bedrockd SigV4': 21, 'bedrockd bearer': 19 })
  assert.deepEqual(
    verdicts.map(({ contender, met }) => [contender, met]),
    [
      ['bedrockd SigV4', false],
      ['bedrockd bearer', true],
    ],
  )
})

test('a verdict names target, figure and outcome', () => {
  const target = { comparison: 'at most', value: 1.5, times: NGINX } as const
  const text = formatVerdicts(judge({}, target, { nginx: 10, 'bedrockd SigV4': 21 }))
  assert.equal(text, '  target at most 1.5 × nginx (ms): bedrockd SigV4 2.1, MISSED')
})
