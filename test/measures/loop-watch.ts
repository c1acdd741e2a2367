import { writeSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'

/** Loaded into a daemon before its own code (`node --import`): says on stdout how long its main thread holds its event loop. */

const TICK_MS = 1
const REPORT_MS = 250

/** A log line of a daemon that is watched. */
export interface LoopReport {
  readonly msg: 'loop watched'
  /** The longest stretches since the last line in which no timer ran, in milliseconds, or the CPU time that the process used meanwhile, if that is less. */
  readonly heldMs: readonly number[]
}

/** Most stretches in one line. */
const STRETCHES_MAX = 20
const STRETCH_MS_MIN = 3

function watch(): void {
  // Of the whole process: an upper bound for this thread, and nothing while all of it waits for a CPU.
  const cpuMs = (): number => {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1000
  }
  let lastMs = performance.now()
  let lastCpuMs = cpuMs()
  let held: number[] = []
  setInterval(() => {
    const nowMs = performance.now()
    const nowCpuMs = cpuMs()
    const stretchMs = Math.min(nowMs - lastMs, nowCpuMs - lastCpuMs)
    if (stretchMs >= STRETCH_MS_MIN) held.push(stretchMs)
    lastMs = nowMs
    lastCpuMs = nowCpuMs
  }, TICK_MS).unref()
  setInterval(() => {
    const heldMs = held.sort((one, other) => other - one).slice(0, STRETCHES_MAX)
    held = []
    writeSync(1, `${JSON.stringify({ msg: 'loop watched', heldMs } satisfies LoopReport)}\n`)
  }, REPORT_MS).unref()
}

if (isMainThread) watch()
