import type { GatewayError } from '../errors.js'
import type { LineItem, Share } from './waiting-line.js'

/** One input on its way to a call. */
export interface QueuedInput<Content> {
  readonly content: Content
  /** With what inputs, of any request, it may share a call; null: a call of its own. */
  readonly share: Share | null
  readonly characters: number
}

/** The inputs of one request to one model. */
export interface QueueJob<Content, Result> {
  /** Model and region: what AWS throttles together. */
  readonly lane: string
  readonly inputs: readonly QueuedInput<Content>[]
  /** Aborts when nobody waits for the results any more. */
  readonly signal: AbortSignal
  /** Makes one call; one result for each input, in order. Rejects with a `GatewayError`. Those of jobs that share calls must do the same. */
  readonly call: (contents: readonly Content[], signal: AbortSignal) => Promise<readonly Result[]>
}

/** One job while it is in the queue, and what became of it so far. */
export class QueuedRequest<Content, Result> {
  readonly job: QueueJob<Content, Result>
  readonly sinceMs: number
  readonly deadlineMs: number
  /** In the order of the inputs; complete once resolved. */
  readonly done: Promise<readonly Result[]>
  /** A call that it shared was refused: from now on it shares none. */
  apart = false
  over = false
  /** Inputs in no call now. */
  waiting = 0
  readonly #results: Result[] = []
  #missing: number
  #resolve: (results: readonly Result[]) => void = () => {}
  #reject: (error: GatewayError) => void = () => {}

  constructor(
    job: QueueJob<Content, Result>,
    { nowMs, waitMs }: { readonly nowMs: number; readonly waitMs: number },
  ) {
    this.job = job
    this.sinceMs = nowMs
    this.deadlineMs = nowMs + waitMs
    this.#missing = job.inputs.length
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  /** Keeps the result of one input; the last one resolves. */
  answer(index: number, result: Result): void {
    if (this.over) return
    this.#results[index] = result
    this.#missing -= 1
    if (this.#missing > 0) return
    this.over = true
    this.#resolve(this.#results)
  }

  fail(error: GatewayError): void {
    if (this.over) return
    this.over = true
    this.#reject(error)
  }
}

/** One input, as the line sees it. */
export class WaitingInput<Content, Result> implements LineItem {
  readonly owner: QueuedRequest<Content, Result>
  readonly index: number
  readonly input: QueuedInput<Content>
  /** Tries after a transient fault. */
  retries = 0
  /** The fault may be another one's input: the last try is without the others. */
  lastTry = false

  constructor(owner: QueuedRequest<Content, Result>, index: number, input: QueuedInput<Content>) {
    this.owner = owner
    this.index = index
    this.input = input
  }

  get share(): Share | null {
    return this.input.share
  }

  get characters(): number {
    return this.input.characters
  }

  get apart(): boolean {
    return this.owner.apart || this.lastTry
  }
}
