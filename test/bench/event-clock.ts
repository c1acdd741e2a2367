import { STAMP_DIGITS } from './wire.js'

const PERIOD_US = 10 ** STAMP_DIGITS
/**
 * The time as a stamp of an event: microseconds, begun anew every 100 s. `process.hrtime` is CLOCK_MONOTONIC on Linux, which all
 * processes of a machine share; `performance.now` has an origin in each, and the way from one to the other is only as exact as
 * two readings that nothing came between.
 */
export function stampNow(): number {
  const [seconds, nanoseconds] = process.hrtime()
  return (seconds * 1e6 + Math.floor(nanoseconds / 1000)) % PERIOD_US
}

/** Milliseconds between two stamps that lie less than 50 s apart; a stamp from a little later gives less than 0. */
export function betweenStampsMs(fromUs: number, toUs: number): number {
  const apart = (((toUs - fromUs) % PERIOD_US) + PERIOD_US) % PERIOD_US
  return (apart < PERIOD_US / 2 ? apart : apart - PERIOD_US) / 1000
}
