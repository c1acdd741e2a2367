import { STAMP_DIGITS } from './wire.js'

const PERIOD_US = 10 ** STAMP_DIGITS
/** From this process's clock to CLOCK_MONOTONIC, which all processes of a machine share: `process.hrtime` in Node on Linux. */
const ORIGIN_US = Number(process.hrtime.bigint() / 1000n) - performance.now() * 1000

function nowUs(): number {
  return ORIGIN_US + performance.now() * 1000
}

/** The time as a stamp of an event: microseconds, begun anew every 100 s. */
export function stampNow(): number {
  return Math.floor(nowUs()) % PERIOD_US
}

/** Milliseconds between two stamps that lie less than 50 s apart; a stamp from a little later gives less than 0. */
export function betweenStampsMs(fromUs: number, toUs: number): number {
  const apart = (((toUs - fromUs) % PERIOD_US) + PERIOD_US) % PERIOD_US
  return (apart < PERIOD_US / 2 ? apart : apart - PERIOD_US) / 1000
}
