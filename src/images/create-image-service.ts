import type { Access } from '../aws/access.js'
import { RETRY_CLOCK } from '../aws/retry.js'
import type { BodiesPool, ImagesPool } from '../aws/worker-pool.js'
import type { Config } from '../config.js'
import type { StreamRegistry } from '../stream-registry.js'
import { createFairLimiter } from './fair-limiter.js'
import type { ImageService } from './handle-images.js'
import { createImageMaker } from './image-maker.js'
import type { ImageLinks } from './links.js'
import { createRequestGate } from './request-gate.js'
import type { ImageModels } from './resolve-image-target.js'

export interface ImageServiceOptions extends ImageModels {
  readonly config: Config
  readonly access: Access
  readonly bodies: BodiesPool
  readonly pool: ImagesPool
  readonly links: ImageLinks
  readonly registry: StreamRegistry
  /** Monotonic milliseconds. */
  readonly now: () => number
  /** Seconds since the epoch. */
  readonly epochSeconds: () => number
}

/** Puts together what image requests need. */
export function createImageService(options: ImageServiceOptions): ImageService {
  const { config, access, bodies, pool, links, registry, catalog, onUnlisted, now, epochSeconds } = options
  return {
    gate: createRequestGate(config.imageRequestsMax),
    receiver: {
      bodyBytesMax: config.bodyBytesMax,
      catalog,
      onUnlisted,
      bodies,
      policy: {
        imagesMax: config.imagesMax,
        dropParams: config.dropParams,
        guardrail: config.guardrail,
        guardrailRequired: config.guardrailRequired,
        media: {
          fetchUrls: config.fetchUrls,
          fetchMs: config.fetchSeconds * 1000,
          fetchBytesMax: config.fetchBytesMax,
        },
      },
    },
    calls: {
      maker: createImageMaker({ access, pool }),
      limiter: createFairLimiter(config.imageCallsMax),
      upstreamMs: config.upstreamSeconds * 1000,
      clock: RETRY_CLOCK,
    },
    links,
    registry,
    chatImageBytesMax: config.chatImageBytesMax,
    publicUrl: config.publicUrl,
    pingMs: config.pingSeconds * 1000,
    writeStallMs: config.writeStallSeconds * 1000,
    now,
    epochSeconds,
  }
}
