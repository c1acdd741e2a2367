import type { BenchContext, Contender, Running } from './contender.js'
import type { Load, LoadResult } from './load.js'
import type { Probe, ProbeResult } from './probe.js'
import type { Cores } from './processes.js'
import type { Target } from './targets.js'
import type { UpstreamPlan } from './wire.js'

export interface Metric {
  readonly key: string
  readonly unit: string
  /** Decimals in the table. */
  readonly digits: number
  /** What the upstream takes directly, in the same round, is taken off. */
  readonly added?: true
  /** Shown beside these contenders' figures, with those that a target names. */
  readonly comparedWith?: readonly string[]
  /** What was asked for: who is not at it is overloaded. */
  readonly pace?: number
  /** Throughput: the load side must be able to do twice as much. */
  readonly throughput?: true
  /** What bedrockd is to reach. */
  readonly targets?: readonly Target[]
}

export type Times = Pick<Load, 'warmupMs' | 'windowMs'>

/** What a measurement may use. */
export interface Bench extends Times {
  readonly context: BenchContext
  /** Null: nothing is pinned. */
  readonly cores: Cores | null
  setPlan(plan: Partial<UpstreamPlan>): Promise<void>
  /** Throws when a reply was not what it must be. */
  load(load: Omit<Load, keyof Times>, times?: Times, onWindow?: () => void): Promise<LoadResult>
  /** The same from a second process of the load side, at the same time. */
  loadBeside(load: Omit<Load, keyof Times>, times?: Times): Promise<LoadResult>
  /** Small requests from a process of their own, which nothing but the contender holds up. */
  probe(probe: Omit<Probe, keyof Times>, times?: Times): Promise<ProbeResult>
}

export interface Measurement {
  readonly name: string
  readonly title: string
  readonly metrics: readonly Metric[]
  /** Names of the contenders that it is for; absent: all. */
  readonly contenders?: readonly string[]
  /** Rounds, where one says all; absent: as many as asked for. */
  readonly roundsMax?: number
  /** Each round has processes of its own, all started so long before; absent: those that serve the other measurements. */
  readonly freshMs?: number
  /** One run; a metric may be NaN where it means nothing for this contender. */
  run(subject: Subject, bench: Bench): Promise<Figures>
}

export type Figures = Readonly<Record<string, number>>

export interface Subject {
  readonly contender: Contender
  readonly running: Running
}
