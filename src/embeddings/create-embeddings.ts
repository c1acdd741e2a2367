import type { Logger } from 'pino'
import type { InvokeClient } from '../aws/invoke-client.js'
import type { BodiesPool } from '../aws/worker-pool.js'
import type { Catalog } from '../catalog/types.js'
import type { Config } from '../config.js'
import type { Exchange } from '../http/exchange.js'
import { createCallQueue } from './call-queue.js'
import { SYSTEM_CLOCK } from './clock.js'
import { type EmbeddingQueue, handleEmbeddings } from './handle-embeddings.js'
import { createTurns } from './turns.js'

/**
 * While calls run, one that could start waits so long for texts of other requests. Measured with 300 one-text requests on as many
 * connections and a model that takes 60 ms: 17 calls with 1 ms, 8 to 12 with 5 ms, 5 with 20 ms, all within 0.3 to 0.6 s; a query
 * that comes alone does not wait.
 */
const GATHER_MS = 5

/** A request takes 0.1 to 0.2 ms to read, and as long to answer. */
const REQUESTS_PER_TURN = 4

export interface EmbeddingsOptions {
  readonly config: Config
  readonly catalog: () => Catalog
  readonly onUnlisted: () => void
  readonly bodies: BodiesPool
  readonly invoke: InvokeClient
  readonly log: Logger
  /** AWS began to throttle; `lane` is region and model. */
  readonly onThrottled: (lane: string) => void
}

/** The embeddings part of the gateway. */
export interface Embeddings {
  /** Answers `POST /embeddings`; rejects with a `GatewayError`. */
  handle(exchange: Exchange): Promise<void>
  /** Inputs of all requests under way, those in a call among them. */
  readonly inputsWaiting: number
  /** What waits or runs ends with `draining`. */
  close(): void
}

/** Puts the embeddings part together: one queue for all models. */
export function createEmbeddings(options: EmbeddingsOptions): Embeddings {
  const { config, catalog, onUnlisted, bodies, invoke, log, onThrottled } = options
  const queue: EmbeddingQueue = createCallQueue({
    callsMax: config.embeddingCallsMax,
    gatherMs: GATHER_MS,
    waitMs: config.embeddingWaitSeconds * 1000,
    clock: SYSTEM_CLOCK,
    onThrottled(lane, callsPerSecond) {
      log.warn({ lane, callsPerSecond }, 'embedding calls throttled')
      onThrottled(lane)
    },
  })
  const { bodyBytesMax, bodyInlineBytesMax, dropParams, embeddingInputsMax: inputsMax } = config
  const deps = {
    queue,
    invoke,
    upstreamMs: config.upstreamSeconds * 1000,
    receiver: {
      bodyBytesMax,
      bodyInlineBytesMax,
      inputsMax,
      dropParams,
      catalog,
      onUnlisted,
      bodies,
      takeTurn: createTurns(REQUESTS_PER_TURN),
    },
  }
  return {
    handle: (exchange) => handleEmbeddings(exchange, deps),
    get inputsWaiting() {
      return queue.inputsWaiting
    },
    close: () => queue.close(),
  }
}
