import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { createAdminServer } from './admin/server.js'
import type { AdminBackend } from './admin/types.js'
import { createAccess } from './aws/access.js'
import { createBedrockClient } from './aws/bedrock-client.js'
import { createBodiesPool, createControlPool } from './aws/worker-pool.js'
import { regionsOf } from './catalog/catalog.js'
import { type Address, type Config, formatAddress } from './config.js'
import { drainingError } from './errors.js'
import { createHandlers } from './handlers.js'
import { createAuthenticator } from './http/authenticate.js'
import { createCors } from './http/cors.js'
import type { Exchange } from './http/exchange.js'
import { createServer, type Server } from './http/server.js'
import { logRequest } from './log.js'
import type { ChatLimits } from './pipeline.js'
import { createRefresher } from './state/refresher.js'
import { loadSnapshot } from './state/snapshot-store.js'
import { toStatus } from './status.js'
import { createStreamRegistry } from './stream-registry.js'

/** After the last reply, what is still on its way to a client gets this long. */
const LINGER_MS = 1_000
const POLL_MS = 20

export interface GatewayOptions {
  readonly config: Config
  readonly log: Logger
  readonly version: string
  /** Called once when somebody asks for a drain over the admin socket. */
  readonly onDrainAsked: () => void
}

export interface Gateway {
  readonly admin: AdminBackend
  /** Where the listeners are, ports filled in. */
  readonly listen: {
    readonly chat: Address
    readonly images: Address | null
    readonly metrics: Address | null
  }
  /** `/readyz` 503, listening stops, replies under way finish up to the limit, then everything is closed. */
  drain(): Promise<void>
}

/** Puts the daemon together and starts it. AWS is asked in the background: nothing here waits for it. */
export async function startGateway({ config, log, version, onDrainAsked }: GatewayOptions): Promise<Gateway> {
  const startedAtMs = Date.now()
  const now = (): number => performance.now()
  const snapshot = loadSnapshot(config.stateDir)
  if (snapshot.movedAside !== null) log.error({ file: snapshot.movedAside }, 'damaged snapshot moved aside')
  if (snapshot.damagedRegions.length > 0)
    log.error({ regions: snapshot.damagedRegions }, 'damaged regions left out')

  const control = createControlPool()
  const bodies = createBodiesPool()
  const access = createAccess({
    regions: regionsOf(config),
    bearerToken: config.bearerToken,
    resolve: (request) => control.run('resolve-runtime-access', request),
    log,
    now: Date.now,
  })
  const refresher = createRefresher({ config, pool: control, snapshot, onCatalog: () => {}, log })
  const bedrock = createBedrockClient({ access, now: Date.now })
  const registry = createStreamRegistry(now)
  const connections = { open: 0, max: config.connectionsMax }
  /** Requests whose reply has not ended, streams included. */
  const unanswered = new Set<Exchange>()
  let draining = false
  let accepting = true

  const readiness = () => ({ snapshot: refresher.catalog().loaded, credentials: access.ready, draining })
  const handlers = createHandlers({
    config,
    version,
    refresher,
    readiness,
    accepting: () => accepting,
    pipeline: {
      bedrock,
      registry,
      limits: toLimits(config),
      now,
      epochSeconds: () => Math.floor(Date.now() / 1000),
      receiver: {
        bodyBytesMax: config.bodyBytesMax,
        bodyInlineBytesMax: config.bodyInlineBytesMax,
        catalog: refresher.catalog,
        onUnlisted: refresher.hint,
        bodies,
      },
    },
  })
  const shared = {
    reusePort: config.reusePort,
    routePrefixes: config.routePrefixes,
    authenticate: createAuthenticator(config.apiKeys),
    cors: createCors(config.allowedOrigins),
    connections,
    newRequestId: randomUUID,
    now,
    keepsConnections: () => !draining,
    onStarted: (exchange: Exchange) => {
      unanswered.add(exchange)
    },
    onFinished: (exchange: Exchange) => {
      unanswered.delete(exchange)
      logRequest(log, exchange, now())
    },
  }
  const chatServer = createServer({ ...shared, address: config.listen, handlers: handlers.chat })
  const imagesServer =
    config.imagesListen === null
      ? null
      : createServer({ ...shared, address: config.imagesListen, handlers: handlers.images })
  const servers: Server[] = imagesServer === null ? [chatServer] : [chatServer, imagesServer]

  const admin: AdminBackend = {
    status: () =>
      toStatus({
        config,
        log,
        version,
        startedAtMs,
        listen,
        readiness: readiness(),
        access,
        refresher,
        registry,
        connections,
        counters: {},
      }),
    models: () => refresher.catalog().list('all'),
    refresh: refresher.refresh,
    streams: registry.describe,
    setLogLevel(level) {
      if (!Object.hasOwn(log.levels.values, level) && level !== 'silent') {
        throw new RangeError(`the level must be one of ${Object.keys(log.levels.values).join(', ')}, silent`)
      }
      log.level = level
      log.info({ level }, 'log level set')
    },
    drain: onDrainAsked,
  }
  const adminServer = createAdminServer({ socketPath: config.adminSocket, backend: admin, version })

  async function closeAll(): Promise<void> {
    for (const server of servers) server.close()
    registry.close()
    refresher.close()
    access.close()
    await adminServer.close()
    await Promise.allSettled([bedrock.close(), control.close(), bodies.close()])
  }

  const listen: { chat: Address; images: Address | null; metrics: Address | null } = {
    chat: config.listen,
    images: config.imagesListen,
    metrics: null,
  }
  try {
    await adminServer.listen()
    listen.chat = { ...config.listen, port: await chatServer.listen() }
    if (imagesServer !== null && config.imagesListen !== null) {
      listen.images = { ...config.imagesListen, port: await imagesServer.listen() }
    }
  } catch (error) {
    await closeAll()
    throw error
  }
  void access.refresh()
  refresher.start()
  const addresses = {
    chat: formatAddress(listen.chat),
    images: listen.images === null ? null : formatAddress(listen.images),
    metrics: listen.metrics === null ? null : formatAddress(listen.metrics),
    admin: config.adminSocket,
  }
  log.info({ version, listen: addresses, generation: snapshot.generation }, 'listening')

  async function waitUntil(done: () => boolean, limitMs: number): Promise<void> {
    const endMs = now() + limitMs
    while (!done() && now() < endMs) await sleep(POLL_MS)
  }

  return {
    admin,
    listen,
    async drain() {
      if (draining) return
      draining = true
      log.info({ streams: registry.size }, 'draining')
      await sleep(config.drainDelaySeconds * 1000)
      accepting = false
      for (const server of servers) server.stop()
      await waitUntil(() => unanswered.size === 0, config.drainSeconds * 1000)
      registry.shutDown()
      for (const exchange of [...unanswered]) exchange.replyError(drainingError())
      await waitUntil(() => connections.open === 0, LINGER_MS)
      await closeAll()
      log.info('stopped')
    },
  }
}

function toLimits(config: Config): ChatLimits {
  return {
    streamsMax: config.streamsMax,
    pingMs: config.pingSeconds * 1000,
    streamSilenceMs: config.streamSilenceSeconds * 1000,
    writeStallMs: config.writeStallSeconds * 1000,
    upstreamMs: config.upstreamSeconds * 1000,
    streamBufferBytesMax: config.streamBufferBytesMax,
  }
}
