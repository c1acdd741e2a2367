import type { Catalog, ModelEntry, ModelKind } from './catalog/types.js'
import type { Config } from './config.js'
import type { Embeddings } from './embeddings/create-embeddings.js'
import { drainingError, GatewayError } from './errors.js'
import type { Exchange } from './http/exchange.js'
import type { RouteName } from './http/router.js'
import type { RouteHandler } from './http/server.js'
import { handleImageEdit, handleImageGeneration, type ImageService } from './images/handle-images.js'
import type { ImageLinks } from './images/links.js'
import { replyLink } from './images/reply-link.js'
import { toModelBody, toModelListBody } from './openai/models.js'
import { handleChat, type Pipeline } from './pipeline.js'
import type { Rerank } from './rerank/create-rerank.js'
import type { Refresher } from './state/refresher.js'

export interface Readiness {
  readonly snapshot: boolean
  readonly credentials: boolean
  readonly draining: boolean
}

export interface HandlersOptions {
  readonly config: Config
  readonly version: string
  readonly refresher: Refresher
  readonly pipeline: Pipeline
  readonly images: ImageService
  readonly rerank: Rerank
  readonly links: ImageLinks
  readonly embeddings: Embeddings
  readonly readiness: () => Readiness
  /** False once listening stopped: what still comes on an open connection is sent elsewhere. */
  readonly accepting: () => boolean
}

type Handlers = Readonly<Record<RouteName, RouteHandler>>

/** What each route does, on the chat listener and on the images listener: they differ in the models they list. */
export function createHandlers(options: HandlersOptions): {
  readonly chat: Handlers
  readonly images: Handlers
} {
  const { version, readiness, accepting, pipeline, images, rerank, links, embeddings } = options
  /** What asks AWS for something is not begun any more once the daemon closes. */
  const whileAccepting =
    (handle: (exchange: Exchange) => Promise<void>): RouteHandler =>
    (exchange) => {
      if (!accepting()) throw drainingError()
      return handle(exchange)
    }
  const shared = {
    model: (exchange, id) => replyModel(exchange, options, id),
    chat: whileAccepting((exchange) => handleChat(exchange, pipeline)),
    embeddings: whileAccepting((exchange) => embeddings.handle(exchange)),
    rerank: whileAccepting((exchange) => rerank.handle(exchange)),
    imageGenerations: whileAccepting((exchange) => handleImageGeneration(exchange, images)),
    imageEdits: whileAccepting((exchange) => handleImageEdit(exchange, images)),
    imageFile: (exchange, id) => replyLink(exchange, id, links),
    root: (exchange) =>
      replyObject(exchange, 200, { name: 'bedrockd', version, status: toStatusWord(readiness()) }),
    healthz: (exchange) => replyObject(exchange, 200, { status: 'alive' }),
    readyz: (exchange) => replyReadiness(exchange, readiness()),
    version: (exchange) => replyObject(exchange, 200, { version }),
  } as const satisfies Partial<Handlers>
  return {
    chat: { ...shared, models: (exchange) => replyModels(exchange, options, 'chat') },
    images: { ...shared, models: (exchange) => replyModels(exchange, options, 'image') },
  }
}

function replyObject(exchange: Exchange, status: number, body: object): void {
  exchange.replyJson(status, JSON.stringify(body))
}

function replyReadiness(exchange: Exchange, readiness: Readiness): void {
  const status = toStatusWord(readiness)
  replyObject(exchange, status === 'ready' ? 200 : 503, { status, ...readiness })
}

function toStatusWord({ snapshot, credentials, draining }: Readiness): string {
  if (draining) return 'draining'
  return snapshot && credentials ? 'ready' : 'not ready'
}

const KINDS = ['chat', 'image', 'embedding', 'rerank', 'all'] as const
type ListedKind = (typeof KINDS)[number]

/** Lists are rendered once per catalogue: Open WebUI asks on nearly every page load. */
const renderedLists = new WeakMap<Catalog, Map<ModelKind | 'all', string>>()

async function replyModels(
  exchange: Exchange,
  { refresher, config }: HandlersOptions,
  kind: ListedKind,
): Promise<void> {
  const asked = new URLSearchParams(exchange.query).get('type') ?? kind
  const wanted = KINDS.find((name) => name === asked)
  if (wanted === undefined) {
    throw new GatewayError('invalid_request', `type must be one of ${KINDS.join(', ')}`, { param: 'type' })
  }
  await requireCatalog(exchange, refresher, config)
  if (!exchange.over) exchange.replyJson(200, renderList(refresher.catalog(), wanted))
}

/** Only before the very first snapshot there is anything to wait for; an empty list is never the answer. */
async function requireCatalog(exchange: Exchange, refresher: Refresher, config: Config): Promise<void> {
  if (refresher.catalog().loaded) return
  if (await refresher.waitForFirst(config.firstRefreshWaitSeconds * 1000)) return
  if (exchange.over) return
  throw new GatewayError(
    'no_models_yet',
    'The model list is not there yet: AWS has not answered since the first start. `bedrockctl status` says why.',
    { retryAfterSeconds: 5 },
  )
}

function renderList(catalog: Catalog, kind: ListedKind): string {
  let lists = renderedLists.get(catalog)
  if (lists === undefined) {
    lists = new Map()
    renderedLists.set(catalog, lists)
  }
  let body = lists.get(kind)
  if (body === undefined) {
    body = toModelListBody(catalog.list(kind))
    lists.set(kind, body)
  }
  return body
}

async function replyModel(
  exchange: Exchange,
  { refresher, config }: HandlersOptions,
  id: string,
): Promise<void> {
  await requireCatalog(exchange, refresher, config)
  const catalog = refresher.catalog()
  const entry = catalog.find(id) ?? findResolved(catalog, id)
  if (entry !== undefined) {
    exchange.replyJson(200, toModelBody(entry))
    return
  }
  throw new GatewayError(
    'model_not_found',
    'There is no such model: GET /v1/models lists what can be used.',
    {
      param: 'model',
    },
  )
}

/** A chat takes more names than the list has (the id of a profile-only model, LiteLLM's prefixes): each is what it leads to. */
function findResolved(catalog: Catalog, name: string): ModelEntry | undefined {
  const resolution = catalog.resolve(name)
  return resolution.type === 'listed' ? catalog.find(resolution.target.id) : undefined
}
