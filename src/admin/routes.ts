import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { ModelKind } from '../catalog/types.js'
import { readBody } from './read-body.js'
import type { AdminBackend } from './types.js'

const KINDS: readonly (ModelKind | 'all')[] = ['chat', 'image', 'embedding', 'rerank', 'other', 'all']

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'
type Route = (request: IncomingMessage, query: URLSearchParams) => unknown

/** A refusal with its status; anything else that a route throws is a 500. */
class Refusal extends Error {
  readonly status: number
  readonly code: string
  readonly param: string | null

  constructor(message: string, { status = 400, code = 'invalid_value', param = null as string | null } = {}) {
    super(message)
    this.status = status
    this.code = code
    this.param = param
  }
}

class MethodRefusal extends Refusal {
  readonly allow: string

  constructor(methods: readonly string[]) {
    super(`this path takes ${methods.join(', ')}`, { status: 405, code: 'method_not_allowed' })
    this.allow = methods.join(', ')
  }
}

/** Answers every request with JSON, errors as `{"error":{"message","type","param","code"}}`; never throws. */
export function createAdminHandler(backend: AdminBackend, version: string): RequestListener {
  const routes = createRoutes(backend, version)
  return (request, response) => {
    request.on('error', () => response.destroy())
    response.on('error', () => response.destroy())
    answer(request, routes)
      .then((value) => reply(response, 200, value))
      .catch((error: unknown) => refuse(response, error))
  }
}

function createRoutes(
  backend: AdminBackend,
  version: string,
): ReadonlyMap<string, Partial<Record<Method, Route>>> {
  const setLogLevel: Route = async (request) => {
    const level = await parseLevel(request)
    applyLevel(backend, level)
    return { logLevel: level }
  }
  return new Map<string, Partial<Record<Method, Route>>>([
    ['/status', { GET: () => backend.status() }],
    ['/models', { GET: (_request, query) => ({ models: listModels(backend, query.get('kind') ?? 'all') }) }],
    [
      '/lessons',
      {
        GET: () => ({ lessons: backend.lessons() }),
        DELETE: async (_request, query) => ({ forgotten: await backend.forgetLessons(query.get('model')) }),
      },
    ],
    ['/streams', { GET: () => ({ streams: backend.streams() }) }],
    ['/version', { GET: () => ({ name: 'bedrockd', version, node: process.version, pid: process.pid }) }],
    ['/refresh', { POST: () => backend.refresh() }],
    ['/drain', { POST: () => startDrain(backend) }],
    [
      '/log-level',
      { GET: () => ({ logLevel: backend.status().logLevel }), PUT: setLogLevel, POST: setLogLevel },
    ],
  ])
}

async function answer(
  request: IncomingMessage,
  routes: ReadonlyMap<string, Partial<Record<Method, Route>>>,
): Promise<unknown> {
  const [path = '/', query = ''] = (request.url ?? '/').split('?', 2)
  const methods = routes.get(path)
  if (methods === undefined) {
    const known = [...routes.keys()].join(' ')
    throw new Refusal(`no such path; there are ${known}`, { status: 404, code: 'not_found' })
  }
  const route = Object.entries(methods).find(([method]) => method === request.method)?.[1]
  if (route === undefined) throw new MethodRefusal(Object.keys(methods))
  return await route(request, new URLSearchParams(query))
}

function listModels(backend: AdminBackend, kind: string): unknown {
  if (!KINDS.some((known) => known === kind)) {
    throw new Refusal(`kind must be one of ${KINDS.join(', ')}`, { param: 'kind' })
  }
  return backend.models().filter((entry) => kind === 'all' || entry.kind === kind)
}

function startDrain(backend: AdminBackend): unknown {
  const openStreams = backend.status().streams.open
  backend.drain()
  return { draining: true, openStreams }
}

async function parseLevel(request: IncomingMessage): Promise<string> {
  const text = await readBody(request)
  if (text === null) throw new Refusal('the body is too large', { status: 413, code: 'body_too_large' })
  const level = toLevel(text)
  if (level === null) throw new Refusal('the body must be JSON such as {"level":"debug"}', { param: 'level' })
  return level
}

function toLevel(text: string): string | null {
  try {
    const body: unknown = JSON.parse(text)
    if (typeof body !== 'object' || body === null || !('level' in body)) return null
    return typeof body.level === 'string' ? body.level : null
  } catch {
    return null
  }
}

function applyLevel(backend: AdminBackend, level: string): void {
  try {
    backend.setLogLevel(level)
  } catch (error) {
    if (error instanceof RangeError) throw new Refusal(error.message, { param: 'level' })
    throw error
  }
}

function refuse(response: ServerResponse, error: unknown): void {
  const refusal =
    error instanceof Refusal ? error : new Refusal(toMessage(error), { status: 500, code: 'internal' })
  if (refusal instanceof MethodRefusal) response.setHeader('allow', refusal.allow)
  // The rest of a refused body is not worth reading.
  if (refusal.status === 413) response.setHeader('connection', 'close')
  const type = refusal.status === 500 ? 'server_error' : 'invalid_request_error'
  const { message, param, code } = refusal
  reply(response, refusal.status, { error: { message, type, param, code } })
}

function toMessage(error: unknown): string {
  return error instanceof Error ? error.message : 'the daemon failed to answer'
}

function reply(response: ServerResponse, status: number, value: unknown): void {
  if (response.destroyed || response.headersSent) return
  const body = Buffer.from(`${JSON.stringify(value)}\n`)
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': body.length })
  response.end(body)
}
