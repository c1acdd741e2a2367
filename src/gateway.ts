import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { createAdminServer } from './admin/server.js'
import type { AdminBackend } from './admin/types.js'
import { createAdminBackend } from './admin-backend.js'
import { createAccess } from './aws/access.js'
import { createBedrockClient } from './aws/bedrock-client.js'
import { createInvokeClient } from './aws/invoke-client.js'
import { createTeachableClient } from './aws/teachable-client.js'
import { createBodiesPool, createControlPool, createImagesPool } from './aws/worker-pool.js'
import { regionsOf } from './catalog/catalog.js'
import type { Config } from './config.js'
import { createEmbeddings } from './embeddings/create-embeddings.js'
import { drainingError } from './errors.js'
import { createHandlers } from './handlers.js'
import { createAuthenticator } from './http/authenticate.js'
import { createCors } from './http/cors.js'
import type { Exchange } from './http/exchange.js'
import { createServer } from './http/server.js'
import { createImageService } from './images/create-image-service.js'
import { createImageLinks } from './images/links.js'
import { createLessonBook } from './lesson-book.js'
import { createListeners, type Listening } from './listeners.js'
import { logRequest, toErrorFacts } from './log.js'
import { countExchange, createMetrics } from './metrics.js'
import type { ChatLimits } from './pipeline.js'
import { createRerank } from './rerank/create-rerank.js'
import { Roster } from './roster.js'
import { createRefresher } from './state/refresher.js'
import { loadSnapshot, type Snapshot } from './state/snapshot-store.js'
import { createStreamRegistry } from './stream-registry.js'
import { createThoughtStore } from './thought-store.js'
import type { TranslationPolicy } from './translate/policy.js'

/** After the last reply, what is still on its way to a client gets this long. */
const LINGER_MS = 1_000
const POLL_MS = 20
/**
 * On a shared port a process gets its part of the connections from the moment it listens: it waits for its credentials, at most so
 * long. Without, each restart under load answered some 200 requests with 503 that the other process would have served.
 */
const SHARED_START_MS_MAX = 10_000
/** And what it accepted last it still serves after it stopped listening: those clients were not told to go elsewhere. */
const SHARED_STOP_MS = 250

export interface GatewayOptions {
  readonly config: Config
  readonly log: Logger
  readonly version: string
  /** Called when somebody asks for a drain over the admin socket. */
  readonly onDrainAsked: () => void
}

export interface Gateway {
  readonly admin: AdminBackend
  readonly listening: Listening
  /** `/readyz` 503, listening stops, replies under way finish up to the limit, then everything is closed. */
  drain(): Promise<void>
}

/**
 * Puts the daemon together and starts it. AWS is asked in the background: nothing here waits for it. Rejects where the
 * state directory or an address can't be used.
 */
export async function startGateway({ config, log, version, onDrainAsked }: GatewayOptions): Promise<Gateway> {
  const now = (): number => performance.now()
  const snapshot = loadSnapshot(config.stateDir)
  reportDamage(snapshot, log)

  const onError = (cause: unknown): void => log.error({ error: toErrorFacts(cause) }, 'worker thread died')
  const control = createControlPool({ onError })
  const bodies = createBodiesPool({ onError })
  /** Uploads of pictures: decoding one takes seconds, and a large chat shall not wait behind it. */
  const uploads = createBodiesPool({ onError })
  const imagesPool = createImagesPool({ onError })
  const registry = createStreamRegistry(now)
  const connections = { open: 0, max: config.connectionsMax }
  const metrics = createMetrics({
    streamsOpen: () => registry.size,
    connectionsOpen: () => connections.open,
    embeddingInputsWaiting: () => embeddings.inputsWaiting,
  })
  const access = createAccess({
    regions: regionsOf(config),
    bearerToken: config.bearerToken,
    resolve: (request) =>
      control.run('resolve-runtime-access', {
        ...request,
        deadlineMs: config.refreshDeadlineSeconds * 1000,
      }),
    log,
    now: Date.now,
  })
  const lessons = createLessonBook({
    stateDir: config.stateDir,
    pool: control,
    lessons: snapshot.lessons,
    onLearned: metrics.countLesson,
    log,
  })
  const links = createImageLinks({
    dir: join(config.stateDir, 'images'),
    keepMs: config.imageLinkSeconds * 1000,
    bytesMax: config.imageLinkBytesMax,
    log,
    now: Date.now,
  })
  const refresher = createRefresher({
    config,
    pool: control,
    snapshot,
    onOutcome: metrics.countRefresh,
    onRefreshed: lessons.reload,
    log,
  })
  const client = createBedrockClient({ access, now: Date.now })
  const bedrock = createTeachableClient({
    client,
    bodies,
    bodyInlineBytesMax: config.bodyInlineBytesMax,
    onLesson: lessons.learn,
  })
  const invoke = createInvokeClient(bedrock)
  const models = { catalog: refresher.catalog, onUnlisted: refresher.hint }
  const embeddings = createEmbeddings({
    ...models,
    config,
    bodies,
    invoke,
    log,
    onThrottled: metrics.countEmbeddingThrottle,
  })
  const rerank = createRerank({ ...models, config, bodies, invoke })

  /** `serving` → `draining` (still accepting, `/readyz` says no) → `closing` (what comes is sent elsewhere). */
  let phase: 'serving' | 'draining' | 'closing' = 'serving'
  /** Requests whose reply has not ended, streams included. */
  const unanswered = new Roster<Exchange>()
  const readiness = () => ({
    snapshot: refresher.catalog().loaded,
    credentials: access.ready,
    draining: phase !== 'serving',
  })
  const epochSeconds = (): number => Math.floor(Date.now() / 1000)
  const images = createImageService({
    ...models,
    config,
    access,
    bodies: uploads,
    pool: imagesPool,
    links,
    registry,
    now,
    epochSeconds,
  })
  const handlers = createHandlers({
    config,
    version,
    refresher,
    embeddings,
    rerank,
    readiness,
    links,
    accepting: () => phase !== 'closing',
    images,
    pipeline: {
      bedrock,
      images,
      registry,
      now,
      limits: toLimits(config),
      epochSeconds,
      receiver: {
        bodyBytesMax: config.bodyBytesMax,
        bodyInlineBytesMax: config.bodyInlineBytesMax,
        ...models,
        bodies,
        policy: toPolicy(config),
        media: {
          fetchUrls: config.fetchUrls,
          fetchMs: config.fetchSeconds * 1000,
          fetchBytesMax: config.fetchBytesMax,
        },
        lessonsOf: lessons.lessonsOf,
        thoughts: createThoughtStore({
          keepMs: config.reasoningKeepSeconds * 1000,
          bytesMax: config.reasoningKeepBytesMax,
          now,
        }),
        toolRoundErrorsInStream: config.toolRoundErrorsInStream,
        imagesInChat: config.imagesInChat,
        imagesMax: config.imagesMax,
      },
    },
  })
  const front = {
    reusePort: config.reusePort,
    routePrefixes: config.routePrefixes,
    authenticate: createAuthenticator(config.apiKeys),
    cors: createCors(config.allowedOrigins),
    connections,
    bodies: { bytes: 0, bytesMax: config.bodiesBytesMax, aheadBytes: 0 },
    writeStallMs: config.writeStallSeconds * 1000,
    newRequestId: randomUUID,
    now,
    keepsConnections: () => phase === 'serving',
    onStarted(exchange: Exchange) {
      unanswered.add(exchange)
    },
    onFinished(exchange: Exchange) {
      unanswered.remove(exchange)
      const nowMs = now()
      logRequest(log, exchange, nowMs)
      countExchange(metrics, exchange, nowMs)
    },
  }
  const admin = createAdminBackend({
    config,
    log,
    version,
    listening: () => listeners.listening,
    readiness,
    access,
    refresher,
    lessons,
    registry,
    connections,
    metrics,
    onDrainAsked,
  })
  const listeners = createListeners({
    config,
    log,
    metrics,
    chat: createServer({ ...front, address: config.listen, handlers: handlers.chat }),
    images:
      config.imagesListen === null
        ? null
        : createServer({ ...front, address: config.imagesListen, handlers: handlers.images }),
    admin: createAdminServer({ socketPath: config.adminSocket, backend: admin, version }),
  })

  async function closeAll(): Promise<void> {
    await listeners.close()
    registry.close()
    embeddings.close()
    refresher.close()
    access.close()
    links.close()
    await Promise.allSettled([
      bedrock.close(),
      control.close(),
      bodies.close(),
      uploads.close(),
      imagesPool.close(),
    ])
  }

  async function waitUntil(done: () => boolean, limitMs: number): Promise<void> {
    const endMs = now() + limitMs
    while (!done() && now() < endMs) await sleep(POLL_MS)
  }

  async function drain(): Promise<void> {
    if (phase !== 'serving') return
    phase = 'draining'
    log.info({ streams: registry.size }, 'draining')
    await sleep(config.drainDelaySeconds * 1000)
    listeners.stop()
    if (config.reusePort) await sleep(SHARED_STOP_MS)
    phase = 'closing'
    await waitUntil(() => unanswered.size === 0, config.drainSeconds * 1000)
    registry.shutDown()
    for (const exchange of unanswered.list()) exchange.replyError(drainingError())
    await waitUntil(() => connections.open === 0, LINGER_MS)
    await closeAll()
    log.info('stopped')
  }

  /** What readiness waits for goes first: on one core, everything else that starts would hold it up. */
  async function startBackground(): Promise<void> {
    await accessFound
    if (phase === 'closing') return
    client.warm(regionsOf(config))
    refresher.start()
    if (config.metricsListen !== null) await metrics.watchProcess()
  }

  const accessFound = access.refresh()
  if (config.reusePort) await Promise.race([accessFound, sleep(SHARED_START_MS_MAX, null, { ref: false })])
  try {
    await listeners.listen()
  } catch (error) {
    await closeAll()
    throw error
  }
  void startBackground()
  log.info({ version, listen: listeners.listening, generation: snapshot.generation }, 'listening')
  return { admin, listening: listeners.listening, drain }
}

function reportDamage({ movedAside, damagedRegions, readOnlyReason }: Snapshot, log: Logger): void {
  if (movedAside !== null) log.error({ file: movedAside }, 'damaged snapshot moved aside')
  if (damagedRegions.length > 0) log.error({ regions: damagedRegions }, 'damaged regions left out')
  if (readOnlyReason !== null)
    log.error({ code: readOnlyReason }, 'snapshot only readable: is the disk full?')
}

function toPolicy(config: Config): TranslationPolicy {
  return {
    promptCaching: config.promptCaching,
    promptCacheTtl: config.promptCacheTtl,
    outputTokensDefault: config.outputTokensDefault === 0 ? null : config.outputTokensDefault,
    choicesMax: config.choicesMax,
    guardrail: config.guardrail,
    guardrailRequired: config.guardrailRequired,
    dropParams: config.dropParams,
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
