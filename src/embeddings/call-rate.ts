/** What is left of the rate that went well before a throttle. */
const FRACTION = 0.7
/** How far back successes count as recent: AWS refills most quotas within a second. */
const RECENT_MS = 1_000
const PER_SECOND_MIN = 0.5
/** Growth in each second, as a part of the rate, but at least one call per second more. */
const GROWTH = 0.1
const GROWTH_PER_SECOND_MIN = 1
/** The first pause after a throttle; doubled for each wave that follows without a success. */
const PAUSE_MS_MIN = 250
const PAUSE_MS_MAX = 10_000
/** A late timer may be made up for by this much; more would be a burst. */
const LAG_MS = 10
/** Quotas count by the minute (bedrock-facts C13): two minutes after the last throttle nothing of it is left. */
const KEPT_MS = 120_000

interface Limit {
  readonly perSecond: number
  /** The rate grows from here on. */
  readonly sinceMs: number
}

/**
 * How fast calls to one model may start: additive increase, multiplicative decrease. Without limit until AWS throttles; then a part
 * of the rate that went well, after a pause, and from there slowly more. Calls that were under way together are throttled together:
 * that is one wave, and it counts once. Times are milliseconds of one monotonic clock.
 */
export class CallRate {
  readonly #random: () => number
  readonly #successes: number[] = []
  #limit: Limit | null = null
  #lastWaveMs = Number.NEGATIVE_INFINITY
  #loweredMs = Number.NEGATIVE_INFINITY
  #wavesInRow = 0
  #nextStartMs = Number.NEGATIVE_INFINITY

  constructor(random: () => number) {
    this.#random = random
  }

  /** Calls that may start per second; infinite: no limit. */
  perSecond(nowMs: number): number {
    if (this.#limit === null) return Number.POSITIVE_INFINITY
    const { perSecond, sinceMs } = this.#limit
    const growth = Math.max(GROWTH_PER_SECOND_MIN, perSecond * GROWTH)
    return perSecond + (growth * Math.max(0, nowMs - sinceMs)) / 1000
  }

  /** How long the next call has to wait; 0: it may start. */
  delayMs(nowMs: number): number {
    return Math.max(0, this.#nextStartMs - nowMs)
  }

  /** Nothing is known that a new one would not know. */
  isForgettable(nowMs: number): boolean {
    return nowMs - this.#lastWaveMs > KEPT_MS
  }

  onStarted(nowMs: number): void {
    if (this.#limit === null) return
    if (this.isForgettable(nowMs)) this.#limit = null
    else this.#nextStartMs = Math.max(this.#nextStartMs, nowMs - LAG_MS) + 1000 / this.perSecond(nowMs)
  }

  onSucceeded(startedAtMs: number, nowMs: number): void {
    if (startedAtMs > this.#lastWaveMs) this.#wavesInRow = 0
    this.#successes.push(nowMs)
    this.#forgetOld(nowMs)
  }

  /** Returns whether this begins a new wave: only that one slows down. */
  onThrottled(startedAtMs: number, nowMs: number): boolean {
    if (startedAtMs <= this.#lastWaveMs) return false
    this.#forgetOld(nowMs)
    const before = this.perSecond(nowMs)
    const slowsDown = nowMs - this.#loweredMs > RECENT_MS
    // In a pause nothing can succeed: that says nothing of the rate.
    const recent = this.#successes.length === 0 && this.#limit !== null ? before : this.#successes.length
    const pauseMs = this.#toPauseMs()
    const lowered = FRACTION * Math.min(before, (recent * 1000) / RECENT_MS)
    this.#limit = {
      // AWS still counts the calls that led to the last wave: it takes a pause, but no lower rate.
      perSecond: slowsDown ? Math.max(PER_SECOND_MIN, lowered) : before,
      sinceMs: nowMs + pauseMs,
    }
    if (slowsDown) this.#loweredMs = nowMs
    this.#nextStartMs = nowMs + pauseMs
    this.#lastWaveMs = nowMs
    this.#wavesInRow += 1
    return true
  }

  /** Doubling, up to a limit, and jitter: other gateways were throttled in the same moment. */
  #toPauseMs(): number {
    const longest = Math.min(PAUSE_MS_MAX, PAUSE_MS_MIN * 2 ** this.#wavesInRow)
    return longest * (0.5 + 0.5 * this.#random())
  }

  #forgetOld(nowMs: number): void {
    const firstRecent = this.#successes.findIndex((atMs) => atMs > nowMs - RECENT_MS)
    this.#successes.splice(0, firstRecent < 0 ? this.#successes.length : firstRecent)
  }
}
