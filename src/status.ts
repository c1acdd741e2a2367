import type { Logger } from 'pino'
import type { Status } from './admin/types.js'
import type { Access } from './aws/access.js'
import { type Address, type Config, formatAddress } from './config.js'
import type { Readiness } from './handlers.js'
import type { ConnectionCap } from './http/server.js'
import type { Refresher } from './state/refresher.js'
import type { StreamRegistry } from './stream-registry.js'

export interface StatusSource {
  readonly config: Config
  readonly log: Logger
  readonly version: string
  readonly startedAtMs: number
  readonly listen: {
    readonly chat: Address
    readonly images: Address | null
    readonly metrics: Address | null
  }
  readonly readiness: Readiness
  readonly access: Access
  readonly refresher: Refresher
  readonly registry: StreamRegistry
  readonly connections: ConnectionCap
  readonly counters: Readonly<Record<string, number>>
}

/** What `bedrockctl status` shows. */
export function toStatus(source: StatusSource): Status {
  const { config, readiness, listen, registry, connections } = source
  const memory = process.memoryUsage()
  return {
    name: 'bedrockd',
    version: source.version,
    pid: process.pid,
    startedAtMs: source.startedAtMs,
    uptimeSeconds: Math.round((Date.now() - source.startedAtMs) / 1000),
    ready: readiness.snapshot && readiness.credentials && !readiness.draining,
    readiness,
    listen: {
      chat: formatAddress(listen.chat),
      images: listen.images === null ? null : formatAddress(listen.images),
      metrics: listen.metrics === null ? null : formatAddress(listen.metrics),
    },
    logLevel: source.log.level,
    credentials: source.access.status(),
    snapshot: source.refresher.status(),
    streams: { open: registry.size, max: config.streamsMax },
    connections: { open: connections.open, max: connections.max },
    counters: source.counters,
    memory: { rssBytes: memory.rss, heapUsedBytes: memory.heapUsed },
  }
}
