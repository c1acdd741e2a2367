import { failureKindOf } from '../aws/failure-kind.js'
import { RETRIES_MAX, toPauseMs } from '../aws/retry.js'
import { GatewayError, toGatewayError } from '../errors.js'
import { CallRate } from './call-rate.js'
import type { Clock } from './clock.js'
import { type QueuedRequest, WaitingInput } from './queued-request.js'
import { WaitingLine } from './waiting-line.js'

export interface LaneLimits {
  /** Calls at once. */
  readonly callsMax: number
  /** How long a call that has room waits for others to share it with, while others run. */
  readonly gatherMs: number
}

export interface LaneHooks {
  /** A wave of throttles began; calls per second from now on. */
  readonly onThrottled: (lane: string, perSecond: number) => void
}

interface RunningCall<Content, Result> {
  readonly members: readonly WaitingInput<Content, Result>[]
  readonly startedAtMs: number
  readonly abort: AbortController
}

/** What pauses after a fault, as it was together in a call. */
interface RestingInputs<Content, Result> {
  items: readonly WaitingInput<Content, Result>[]
  readonly untilMs: number
}

/**
 * The calls to one model in one region. Nobody else knows what waits, what runs and what AWS lets through. It looks around
 * (`#advance`) after everything that happens, and by one timer for what only time brings.
 */
export class CallLane<Content, Result> {
  readonly #name: string
  readonly #limits: LaneLimits
  readonly #clock: Clock
  readonly #hooks: LaneHooks
  readonly #rate: CallRate
  readonly #line = new WaitingLine<WaitingInput<Content, Result>>()
  readonly #running = new Set<RunningCall<Content, Result>>()
  readonly #resting = new Set<RestingInputs<Content, Result>>()
  /** In the order of their deadlines, since all wait equally long. */
  readonly #beforeDeadline = new Set<QueuedRequest<Content, Result>>()
  #gatherUntilMs = 0
  #closed = false
  #throttle: { readonly error: GatewayError; readonly atMs: number } | null = null
  #cancelTimer: () => void = () => {}

  constructor(name: string, options: LaneLimits & LaneHooks & { readonly clock: Clock }) {
    this.#name = name
    this.#limits = options
    this.#hooks = options
    this.#clock = options.clock
    this.#rate = new CallRate(options.clock.random)
  }

  get idle(): boolean {
    return this.#line.size === 0 && this.#running.size === 0 && this.#resting.size === 0
  }

  /** Nothing runs or waits, and it knows nothing that a new one would not know. */
  get forgettable(): boolean {
    return this.idle && this.#rate.isForgettable(this.#clock.now())
  }

  add(request: QueuedRequest<Content, Result>): void {
    const wasEmpty = this.#line.size === 0
    const items = request.job.inputs.map((input, index) => new WaitingInput(request, index, input))
    request.waiting = items.length
    this.#line.push(request, items)
    this.#gather(request, wasEmpty)
    this.#beforeDeadline.add(request)
    this.#advance()
  }

  /** The request is over: its inputs leave, and a call that was for nobody else is broken off. */
  remove(request: QueuedRequest<Content, Result>): void {
    this.#forget(request)
    this.#advance()
  }

  close(): void {
    this.#closed = true
    this.#cancelTimer()
    for (const { abort } of this.#running) abort.abort()
  }

  #forget(request: QueuedRequest<Content, Result>): void {
    this.#line.remove(request)
    this.#beforeDeadline.delete(request)
    for (const group of this.#resting) {
      group.items = group.items.filter(({ owner }) => owner !== request)
      if (group.items.length === 0) this.#resting.delete(group)
    }
    for (const { members, abort } of this.#running) {
      if (members.every(({ owner }) => owner.over)) abort.abort()
    }
  }

  #fail(request: QueuedRequest<Content, Result>, error: GatewayError): void {
    request.fail(error)
    this.#forget(request)
  }

  /** A first call goes at once: a lone query shall not wait. While calls run, more texts are likely to come. */
  #gather({ job }: QueuedRequest<Content, Result>, isFirst: boolean): void {
    const shares = job.inputs.every(({ share }) => share !== null && this.#line.size < share.countMax)
    if (!shares || this.#running.size === 0) this.#gatherUntilMs = 0
    else if (isFirst) this.#gatherUntilMs = this.#clock.now() + this.#limits.gatherMs
  }

  #advance(): void {
    if (this.#closed) return
    this.#cancelTimer()
    const nowMs = this.#clock.now()
    this.#wakeRested(nowMs)
    while (this.#mayStart && this.#startDelayMs(nowMs) === 0) this.#startNext(nowMs)
    this.#giveUpOverdue(nowMs)
    const delayMs = this.#wakeDelayMs(nowMs)
    this.#cancelTimer = Number.isFinite(delayMs)
      ? this.#clock.after(Math.ceil(delayMs), () => this.#advance())
      : () => {}
  }

  get #mayStart(): boolean {
    return this.#line.size > 0 && this.#running.size < this.#limits.callsMax
  }

  #startDelayMs(nowMs: number): number {
    return Math.max(0, this.#rate.delayMs(nowMs), this.#gatherUntilMs - nowMs)
  }

  #wakeDelayMs(nowMs: number): number {
    const [request] = this.#beforeDeadline
    let delayMs = Number.POSITIVE_INFINITY
    for (const { untilMs } of this.#resting) delayMs = Math.min(delayMs, untilMs - nowMs)
    if (this.#mayStart) delayMs = Math.min(delayMs, this.#startDelayMs(nowMs))
    if (request !== undefined) delayMs = Math.min(delayMs, request.deadlineMs - nowMs)
    return Math.max(0, delayMs)
  }

  #wakeRested(nowMs: number): void {
    for (const group of this.#resting) {
      if (group.untilMs > nowMs) continue
      this.#resting.delete(group)
      this.#line.putBack(group.items)
    }
  }

  #giveUpOverdue(nowMs: number): void {
    for (const request of this.#beforeDeadline) {
      if (request.deadlineMs > nowMs) return
      // What runs may still come back well; what is thrown back later is given up then.
      this.#beforeDeadline.delete(request)
      if (request.waiting > 0) this.#fail(request, this.#waitedTooLong(request))
    }
  }

  /** Says what held the request up, and what to change. */
  #waitedTooLong({ sinceMs, deadlineMs }: QueuedRequest<Content, Result>): GatewayError {
    const throttle = this.#throttle !== null && this.#throttle.atMs >= sinceMs ? this.#throttle.error : null
    const why =
      throttle === null
        ? `no more than ${this.#limits.callsMax} calls to a model run at once (BEDROCKD_EMBEDDING_CALLS_MAX). Raise one of the two settings, or send less at once.`
        : `AWS throttles this model. Raise the setting, send less at once, or have the quota raised (AWS Service Quotas). ${throttle.message}`
    return new GatewayError(
      'rate_limit_exceeded',
      `The request waited ${(deadlineMs - sinceMs) / 1000} seconds for its turn (BEDROCKD_EMBEDDING_WAIT_SECONDS): ${why}`,
      { retryAfterSeconds: throttle?.retryAfterSeconds ?? 5 },
    )
  }

  #startNext(nowMs: number): void {
    const members = this.#line.takeBatch()
    const [first] = members
    if (first === undefined) return
    for (const { owner } of members) owner.waiting -= 1
    const call = { members, startedAtMs: nowMs, abort: new AbortController() }
    this.#running.add(call)
    this.#rate.onStarted(nowMs)
    const contents = members.map(({ input }) => input.content)
    first.owner.job.call(contents, call.abort.signal).then(
      (results) => this.#onSuccess(call, results),
      (error: unknown) => this.#onFailure(call, toGatewayError(error)),
    )
  }

  #onSuccess(call: RunningCall<Content, Result>, results: readonly Result[]): void {
    this.#running.delete(call)
    this.#rate.onSucceeded(call.startedAtMs, this.#clock.now())
    for (const [position, { owner, index }] of call.members.entries()) {
      owner.answer(index, results[position] as Result)
      if (owner.over) this.#beforeDeadline.delete(owner)
    }
    this.#advance()
  }

  #onFailure(call: RunningCall<Content, Result>, error: GatewayError): void {
    this.#running.delete(call)
    const living = call.members.filter(({ owner }) => !owner.over)
    const kind = failureKindOf(error)
    switch (kind) {
      case 'throttled':
        this.#onThrottled(call, error)
        this.#returnToLine(living)
        break
      // A vector costs next to nothing.
      case 'costly':
      case 'passing':
        this.#rest(living, error)
        break
      case 'final':
        if (blamesInput(error)) this.#tellApart(call, error)
        else for (const { owner } of living) this.#fail(owner, error)
        break
      default:
        kind satisfies never
    }
    this.#advance()
  }

  #onThrottled({ startedAtMs }: RunningCall<Content, Result>, error: GatewayError): void {
    const nowMs = this.#clock.now()
    this.#throttle = { error, atMs: nowMs }
    if (!this.#rate.onThrottled(startedAtMs, nowMs)) return
    this.#hooks.onThrottled(this.#name, this.#rate.perSecond(nowMs))
  }

  /** Everybody is asked about alone, so that only the guilty one fails. */
  #tellApart({ members }: RunningCall<Content, Result>, error: GatewayError): void {
    const owners = new Set(members.map(({ owner }) => owner))
    if (owners.size === 1) {
      for (const owner of owners) this.#fail(owner, error)
      return
    }
    for (const owner of owners) owner.apart = true
    this.#returnToLine(members.filter(({ owner }) => !owner.over))
  }

  #returnToLine(items: readonly WaitingInput<Content, Result>[]): void {
    const returning = items.filter((item) => !this.#isGivenUp(item))
    for (const { owner } of returning) owner.waiting += 1
    this.#line.putBack(returning)
  }

  #rest(items: readonly WaitingInput<Content, Result>[], error: GatewayError): void {
    for (const { owner, retries } of items) if (retries === RETRIES_MAX) this.#fail(owner, error)
    const resting = items.filter((item) => !this.#isGivenUp(item))
    const [first] = resting
    if (first === undefined) return
    for (const item of resting) {
      item.retries += 1
      item.lastTry = item.retries === RETRIES_MAX
      item.owner.waiting += 1
    }
    const pauseMs = toPauseMs(first.retries - 1, this.#clock.random())
    this.#resting.add({ items: resting, untilMs: this.#clock.now() + pauseMs })
  }

  #isGivenUp({ owner }: WaitingInput<Content, Result>): boolean {
    if (!owner.over && owner.deadlineMs <= this.#clock.now()) this.#fail(owner, this.#waitedTooLong(owner))
    return owner.over
  }
}

/** Something is wrong with an input, which may be another request's. */
function blamesInput({ status }: GatewayError): boolean {
  return status === 400 || status === 413
}
