import type { FileRead } from './read-text-file.js'

/** Kept free for listeners, SQLite, the workers, AWS control calls, the admin socket and logs. */
export const descriptorSlack = 100
/** Without `/proc/self/limits`: what most systems give at least. */
const descriptorLimitFallback = 1024
/** More than one core can relay; larger values have to be asked for. */
const streamsDefaultMax = 10_000
const connectionsDefaultMax = 30_000

/** Soft `RLIMIT_NOFILE` out of `/proc/self/limits` (proc(5)); 1024 where that cannot be read. */
export function parseDescriptorLimit(limits: FileRead): number {
  if (limits.type !== 'text') return descriptorLimitFallback
  const soft = /^Max open files\s+(\d+|unlimited)\s/m.exec(limits.text)?.[1]
  if (soft === undefined) return descriptorLimitFallback
  return soft === 'unlimited' ? Number.MAX_SAFE_INTEGER : Number(soft)
}

export interface Admission {
  readonly streamsMax: number
  readonly connectionsMax: number
}

/**
 * Completes what the operator left open, so that `connectionsMax` client sockets and one upstream socket per stream
 * fit below the limit. The result may not fit when both are given or the limit is tiny: see `admissionFits`.
 */
export function deriveAdmission(
  descriptorLimit: number,
  given: { readonly streamsMax: number | undefined; readonly connectionsMax: number | undefined },
): Admission {
  const room = Math.max(0, descriptorLimit - descriptorSlack)
  if (given.connectionsMax === undefined) {
    const streamsMax = given.streamsMax ?? Math.min(Math.floor(room / 3), streamsDefaultMax)
    const wanted = Math.max(connectionsDefaultMax, 2 * streamsMax)
    return { streamsMax, connectionsMax: Math.min(room - streamsMax, wanted) }
  }
  const left = Math.min(room - given.connectionsMax, given.connectionsMax, streamsDefaultMax)
  return { streamsMax: given.streamsMax ?? left, connectionsMax: given.connectionsMax }
}

/** True when every stream and connection can have its descriptor. */
export function admissionFits(descriptorLimit: number, admission: Admission): boolean {
  const { streamsMax, connectionsMax } = admission
  return (
    streamsMax >= 1 && connectionsMax >= 1 && streamsMax + connectionsMax + descriptorSlack <= descriptorLimit
  )
}
