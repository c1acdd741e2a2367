/** A logarithmic axis. */
export interface LogScale {
  /** Where a value lies, between the two ends that were given. */
  at(value: number): number
  /** Round values along it, ends included. */
  readonly ticks: readonly number[]
}

/** From this many decades on, powers of ten are ticks enough. */
const DECADES_MAX_FINE = 2

/** The scale that holds all of these values, which are above 0, from `from` to `to`. Its ends are 1, 2 or 5 times a power of ten. */
export function toLogScale(
  values: readonly number[],
  { from, to }: { readonly from: number; readonly to: number },
): LogScale {
  const least = Math.min(...values)
  const most = Math.max(...values)
  const fine = listSteps(least, most)
  const first = fine[0] ?? 1
  const last = fine.at(-1) ?? 10
  const isFine = Math.log10(last / first) <= DECADES_MAX_FINE
  const ticks = isFine ? fine : fine.filter((step) => Number.isInteger(round(Math.log10(step))))
  return {
    at: (value) => from + (Math.log10(value / first) / Math.log10(last / first)) * (to - from),
    ticks,
  }
}

/** 1, 2 and 5 times powers of ten, from the last one that is not above `least` to the first one that is not below `most`. */
function listSteps(least: number, most: number): readonly number[] {
  const steps: number[] = []
  for (let power = Math.floor(Math.log10(least)); power <= Math.ceil(Math.log10(most)); power += 1) {
    // From text: powers below 1 are not exact otherwise.
    for (const digit of [1, 2, 5]) steps.push(Number(`${digit}e${power}`))
  }
  const first = steps.findLastIndex((step) => step <= least)
  const last = steps.findIndex((step) => step >= most)
  // At least two, else there is no axis.
  return steps.slice(Math.max(0, first), Math.max(last, first + 1) + 1)
}

/** Without the noise of the last bits. */
function round(value: number): number {
  return Math.round(value * 1e9) / 1e9
}
