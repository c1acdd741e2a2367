import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Contender, DIRECT_BY_WRK, NGINX, type Running } from './contenders.js'
import type { Bench, Measurement } from './measurement.js'
import { runRounds } from './rounds.js'

/** Contenders that say what happens to them. */
function stage(names: readonly string[]) {
  const events: string[] = []
  const contenders = names.map((name): Contender => {
    const start = async (): Promise<Running> => {
      events.push(`start ${name}`)
      const stop = async () => {
        events.push(`stop ${name}`)
      }
      return { port: 1, pid: null, request: () => Buffer.alloc(0), stop }
    }
    return { name, missing: null, start }
  })
  const serving: Running = { port: 9, pid: null, request: () => Buffer.alloc(0), stop: async () => {} }
  return { events, started: new Map(contenders.map((contender) => [contender, serving])) }
}

function toMeasurement(run: Measurement['run'], more: Partial<Measurement> = {}): Measurement {
  return { name: 'm', title: 't', metrics: [{ key: 'k', unit: 'u', digits: 0 }], run, ...more }
}

const options = { runs: 3, benchOf: () => ({ context: {} }) as unknown as Bench, onRun: () => {} }

test('each round asks every contender once', async () => {
  const { started } = stage(['a', 'b'])
  const asked: string[] = []
  const measurement = toMeasurement(async ({ contender }) => ({ k: asked.push(contender.name) }))
  const rows = await runRounds(measurement, started, options)
  assert.equal(asked.join(''), 'ababab')
  assert.deepEqual(rows, [
    { type: 'measured', contender: 'a', runs: [{ k: 1 }, { k: 3 }, { k: 5 }] },
    { type: 'measured', contender: 'b', runs: [{ k: 2 }, { k: 4 }, { k: 6 }] },
  ])
  asked.length = 0
  await runRounds({ ...measurement, roundsMax: 1 }, started, options)
  assert.equal(asked.join(''), 'ab')
})

test('who fails, or did not start, is not asked again, and the row says why', async () => {
  const { started } = stage(['a', 'b'])
  let asked = 0
  const measurement = toMeasurement(async ({ contender }) => {
    if (contender.name === 'b') throw new Error(`failed ${++asked} times`)
    return { k: 1 }
  })
  const all = new Map<Contender, Running | string>([
    ...started,
    [{ name: 'c', missing: 'not installed', start: () => Promise.reject() }, 'not installed'],
  ])
  const [a, b, c] = await runRounds(measurement, all, options)
  assert.equal(a?.type, 'measured')
  assert.deepEqual(b, { type: 'missing', contender: 'b', reason: 'Error: failed 1 times' })
  assert.deepEqual(c, { type: 'missing', contender: 'c', reason: 'not installed' })
})

test('fresh processes are all started at the beginning of a round, and each ends after its run', async () => {
  const { events, started } = stage(['a', 'b'])
  const measurement = toMeasurement(
    async ({ contender, running }) => {
      events.push(`run ${contender.name} on ${running.port}`)
      if (contender.name === 'b') throw new Error('failed')
      return { k: 1 }
    },
    { freshMs: 1 },
  )
  await runRounds(measurement, started, { ...options, runs: 2 })
  const first = ['start a', 'start b', 'run a on 1', 'stop a', 'run b on 1', 'stop b']
  assert.deepEqual(events, [...first, 'start a', 'run a on 1', 'stop a'])
})

test('wrk is asked where replies are counted, others where the measurement is for them', async () => {
  const { started } = stage([DIRECT_BY_WRK, NGINX, 'a'])
  const asked = async (more: Partial<Measurement>) =>
    (
      await runRounds(
        toMeasurement(async () => ({ k: 1 }), more),
        started,
        options,
      )
    ).map(({ contender }) => contender)
  assert.deepEqual(await asked({}), [NGINX, 'a'])
  assert.deepEqual(await asked({ metrics: [{ key: 'k', unit: 'u', digits: 0, throughput: true }] }), [
    DIRECT_BY_WRK,
    NGINX,
    'a',
  ])
  assert.deepEqual(await asked({ contenders: [NGINX] }), [NGINX])
})
