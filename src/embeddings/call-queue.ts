import { drainingError, GatewayError } from '../errors.js'
import { CallLane, type LaneHooks, type LaneLimits } from './call-lane.js'
import type { Clock } from './clock.js'
import { QueuedRequest, type QueueJob } from './queued-request.js'

export type { QueuedInput, QueueJob } from './queued-request.js'

/** More waiting inputs than this are refused: each holds its text. */
export const WAITING_INPUTS_MAX = 200_000
/** Of all that waits together. */
export const WAITING_CHARACTERS_MAX = 256 * 1024 * 1024

export interface CallQueueOptions extends LaneLimits, Partial<LaneHooks> {
  /** How long a request may wait for its turn, and for AWS to stop throttling. */
  readonly waitMs: number
  readonly clock: Clock
  readonly waitingInputsMax?: number
  readonly waitingCharactersMax?: number
}

/** Calls to embedding models, in turn. */
export interface CallQueue<Content, Result> {
  /**
   * The result of each input, in order. Rejects with what AWS refused; with 429 when the request waited too long; with 503 where too
   * much waits already; with `client_closed` at once when the signal aborts.
   */
  run(job: QueueJob<Content, Result>): Promise<readonly Result[]>
  /** Inputs of all requests under way, those in a call among them. */
  readonly inputsWaiting: number
  /** Everything that waits or runs ends with `draining`. */
  close(): void
}

/**
 * Open WebUI sends hundreds of one-text calls at once, never retries, and takes any error as the end of the upload
 * (openwebui-contract §6), while AWS throttles without saying for how long: so calls wait here instead of failing. For each model
 * and region a lane of its own; a lane exists while something is in it, or while AWS's last throttle is worth remembering.
 */
export function createCallQueue<Content, Result>(options: CallQueueOptions): CallQueue<Content, Result> {
  const {
    waitingInputsMax = WAITING_INPUTS_MAX,
    waitingCharactersMax = WAITING_CHARACTERS_MAX,
    onThrottled = () => {},
  } = options
  const lanes = new Map<string, CallLane<Content, Result>>()
  const requests = new Set<QueuedRequest<Content, Result>>()
  const waiting = { inputs: 0, characters: 0 }
  let closed = false

  function laneOf(name: string): CallLane<Content, Result> {
    const standing = lanes.get(name)
    if (standing !== undefined) return standing
    // Names may come from clients: what is over is forgotten before more comes.
    for (const [other, lane] of lanes) if (lane.forgettable) lanes.delete(other)
    const lane = new CallLane<Content, Result>(name, { ...options, onThrottled })
    lanes.set(name, lane)
    return lane
  }

  function requireRoom(inputs: number, characters: number): void {
    const fits =
      waiting.inputs + inputs <= waitingInputsMax && waiting.characters + characters <= waitingCharactersMax
    if (!fits)
      throw new GatewayError('overloaded', 'Too many inputs wait for embedding models: send it again.')
  }

  async function run(job: QueueJob<Content, Result>): Promise<readonly Result[]> {
    const inputs = job.inputs.length
    const characters = job.inputs.reduce((sum, input) => sum + input.characters, 0)
    if (closed) throw drainingError()
    requireRoom(inputs, characters)
    const request = new QueuedRequest(job, { nowMs: options.clock.now(), waitMs: options.waitMs })
    const lane = laneOf(job.lane)
    const onAbort = (): void => {
      request.fail(new GatewayError('client_closed', 'The client went away.'))
      lane.remove(request)
    }
    requests.add(request)
    waiting.inputs += inputs
    waiting.characters += characters
    job.signal.addEventListener('abort', onAbort, { once: true })
    try {
      if (job.signal.aborted) onAbort()
      else lane.add(request)
      return await request.done
    } finally {
      job.signal.removeEventListener('abort', onAbort)
      requests.delete(request)
      waiting.inputs -= inputs
      waiting.characters -= characters
      if (lane.forgettable && lanes.get(job.lane) === lane) lanes.delete(job.lane)
    }
  }

  return {
    run,
    get inputsWaiting() {
      return waiting.inputs
    },
    close() {
      closed = true
      for (const request of requests) request.fail(drainingError())
      for (const lane of lanes.values()) lane.close()
    },
  }
}
