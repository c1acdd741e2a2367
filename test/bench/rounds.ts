import { setTimeout as sleep } from 'node:timers/promises'
import { type Contender, DIRECT_BY_WRK, type Running } from './contenders.js'
import type { Bench, Figures, Measurement } from './measurement.js'
import type { Row } from './report.js'

/** Contenders with what serves their requests, or why there is nothing. */
export type Started = ReadonlyMap<Contender, Running | string>

interface Options {
  readonly runs: number
  readonly benchOf: (contender: Contender) => Bench
  /** Told before each run: which one it is. */
  readonly onRun: (text: string) => void
}

/** Measures in turns: each round asks every contender once. Who fails in one round is not asked again. */
export async function runRounds(
  measurement: Measurement,
  started: Started,
  { runs, benchOf, onRun }: Options,
): Promise<readonly Row[]> {
  const asked = [...started].filter(([{ name }]) => isAsked(measurement, name))
  const rounds = new Map<Contender, Figures[]>()
  const failed = new Map<Contender, string>()
  for (const [contender, running] of asked) if (typeof running === 'string') failed.set(contender, running)
  const roundsWanted = Math.min(runs, measurement.roundsMax ?? runs)
  for (let round = 1; round <= roundsWanted; round += 1) {
    const able = new Map(asked.filter(([contender]) => !failed.has(contender)))
    const subjects =
      measurement.freshMs === undefined ? able : await startAnew(able, benchOf, measurement.freshMs)
    for (const [contender, running] of subjects) {
      onRun(`${measurement.name} ${round}/${roundsWanted} ${contender.name}`)
      try {
        if (typeof running === 'string') throw running
        const figures = await measurement.run({ contender, running }, benchOf(contender))
        rounds.set(contender, [...(rounds.get(contender) ?? []), figures])
      } catch (error) {
        failed.set(contender, String(error))
      } finally {
        if (measurement.freshMs !== undefined) await stop(running)
      }
    }
  }
  return asked.map(([contender]): Row => {
    const reason = failed.get(contender)
    return reason === undefined
      ? { type: 'measured', contender: contender.name, runs: rounds.get(contender) ?? [] }
      : { type: 'missing', contender: contender.name, reason }
  })
}

function isAsked({ contenders, metrics }: Measurement, name: string): boolean {
  // wrk counts replies and no more.
  if (name === DIRECT_BY_WRK && !metrics.some(({ throughput }) => throughput)) return false
  return contenders?.includes(name) ?? true
}

async function startAnew(
  asked: Started,
  benchOf: (contender: Contender) => Bench,
  waitMs: number,
): Promise<Started> {
  const fresh = new Map<Contender, Running | string>()
  for (const contender of asked.keys())
    fresh.set(contender, await contender.start(benchOf(contender).context).catch(String))
  await sleep(waitMs)
  return fresh
}

async function stop(running: Running | string): Promise<void> {
  if (typeof running !== 'string') await running.stop()
}
