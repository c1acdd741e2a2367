import type { InvokeClient } from '../aws/invoke-client.js'
import { RETRY_CLOCK } from '../aws/retry.js'
import type { BodiesPool } from '../aws/worker-pool.js'
import type { Catalog } from '../catalog/types.js'
import type { Config } from '../config.js'
import type { Exchange } from '../http/exchange.js'
import { handleRerank } from './handle-rerank.js'

export interface RerankOptions {
  readonly config: Config
  readonly catalog: () => Catalog
  readonly onUnlisted: () => void
  readonly bodies: BodiesPool
  readonly invoke: InvokeClient
}

/** The rerank part of the gateway. */
export interface Rerank {
  /** Answers `POST /rerank`; rejects with a `GatewayError`. */
  handle(exchange: Exchange): Promise<void>
}

/** Puts the rerank part together. */
export function createRerank({ config, catalog, onUnlisted, bodies, invoke }: RerankOptions): Rerank {
  const { bodyBytesMax, bodyInlineBytesMax, dropParams } = config
  const deps = {
    receiver: { bodyBytesMax, bodyInlineBytesMax, dropParams, catalog, onUnlisted, bodies },
    invoke,
    upstreamMs: config.upstreamSeconds * 1000,
    clock: RETRY_CLOCK,
  }
  return { handle: (exchange) => handleRerank(exchange, deps) }
}
