import type { Logger } from 'pino'
import type { AdminBackend, Status } from './admin/types.js'
import type { Access } from './aws/access.js'
import { modelOf } from './catalog/names.js'
import type { Config } from './config.js'
import type { Readiness } from './handlers.js'
import type { ConnectionCap } from './http/server.js'
import type { LessonBook } from './lesson-book.js'
import type { Listening } from './listeners.js'
import type { Metrics } from './metrics.js'
import type { Refresher } from './state/refresher.js'
import type { StreamRegistry } from './stream-registry.js'

export interface AdminSources {
  readonly config: Config
  readonly log: Logger
  readonly version: string
  readonly listening: () => Listening
  readonly readiness: () => Readiness
  readonly access: Access
  readonly refresher: Refresher
  readonly lessons: LessonBook
  readonly registry: StreamRegistry
  readonly connections: ConnectionCap
  readonly metrics: Metrics
  readonly onDrainAsked: () => void
}

/** What the admin socket can see and do. */
export function createAdminBackend(sources: AdminSources): AdminBackend {
  const { log, refresher, lessons, registry } = sources
  const startedAtMs = Date.now()
  return {
    status: () => toStatus(sources, startedAtMs),
    models: () => refresher.catalog().list('all'),
    lessons: lessons.list,
    forgetLessons: (model) => lessons.forget(model === null ? null : toLessonModel(model, sources)),
    refresh: refresher.refresh,
    streams: registry.describe,
    setLogLevel(level) {
      const levels = [...Object.keys(log.levels.values), 'silent']
      if (!levels.includes(level)) throw new RangeError(`the level must be one of ${levels.join(', ')}`)
      log.level = level
      log.info({ level }, 'log level set')
    },
    drain: sources.onDrainAsked,
  }
}

/** A model by any of its names → as lessons call it. */
function toLessonModel(name: string, { lessons, refresher }: AdminSources): string {
  if (lessons.list().some(({ model }) => model === name)) return name
  const resolution = refresher.catalog().resolve(name)
  return 'target' in resolution ? modelOf(resolution.target) : name
}

function toStatus(sources: AdminSources, startedAtMs: number): Status {
  const { config, registry, connections } = sources
  const readiness = sources.readiness()
  const memory = process.memoryUsage()
  return {
    name: 'bedrockd',
    version: sources.version,
    pid: process.pid,
    startedAtMs,
    uptimeSeconds: Math.round((Date.now() - startedAtMs) / 1000),
    ready: readiness.snapshot && readiness.credentials && !readiness.draining,
    readiness,
    listen: sources.listening(),
    logLevel: sources.log.level,
    credentials: sources.access.status(),
    snapshot: sources.refresher.status(),
    streams: { open: registry.size, max: config.streamsMax },
    connections: { open: connections.open, max: connections.max },
    counters: sources.metrics.snapshotCounters(),
    memory: { rssBytes: memory.rss, heapUsedBytes: memory.heapUsed },
  }
}
