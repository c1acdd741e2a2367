export interface MemoryGrowth {
  readonly firstMb: number
  readonly lastMb: number
  readonly mostMb: number
  /** From the first sample to the last. */
  readonly growthMb: number
  readonly growthKbPer1000: number
}

/** How memory grew over samples that lie so many requests apart; at least two. */
export function growthOf(samplesBytes: readonly number[], requestsBetween: number): MemoryGrowth {
  const toMb = (bytes: number): number => bytes / 2 ** 20
  const first = samplesBytes[0] ?? Number.NaN
  const last = samplesBytes.at(-1) ?? Number.NaN
  const requests = (samplesBytes.length - 1) * requestsBetween
  return {
    firstMb: toMb(first),
    lastMb: toMb(last),
    mostMb: toMb(Math.max(...samplesBytes)),
    growthMb: toMb(last - first),
    growthKbPer1000: (last - first) / 1024 / (requests / 1000),
  }
}
