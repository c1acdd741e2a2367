import type { HttpRequest, HttpResponse, TemplatedApp, us_listen_socket } from 'uWebSockets.js'
import { type Address, formatAddress } from '../config.js'
import { GatewayError } from '../errors.js'
import type { Authenticator } from './authenticate.js'
import type { BodyBudget } from './body-budget.js'
import { allowsOrigin, type Cors } from './cors.js'
import { Exchange } from './exchange.js'
import { createRouter, type RouteName } from './router.js'
import { createApp, EXCLUSIVE_PORT, localPort, stopListening } from './uws.js'

/** Answers one request. A throw or a rejection becomes an error reply. */
export type RouteHandler = (exchange: Exchange, id: string) => void | Promise<void>

export interface ServerOptions {
  readonly address: Address
  readonly reusePort: boolean
  readonly routePrefixes: readonly string[]
  readonly handlers: Readonly<Record<RouteName, RouteHandler>>
  readonly authenticate: Authenticator
  readonly cors: Cors
  readonly connections: ConnectionCap
  readonly bodies: BodyBudget
  /** A client that takes nothing of a large reply for so long is closed. */
  readonly writeStallMs: number
  readonly newRequestId: () => string
  /** Monotonic milliseconds. */
  readonly now: () => number
  /** False while the gateway shuts down: replies then ask clients to close their connection. */
  readonly keepsConnections: () => boolean
  readonly onStarted: (exchange: Exchange) => void
  readonly onFinished: (exchange: Exchange) => void
}

/** Open WebUI shows nothing of an error of these but the reason phrase (openwebui-contract §5). */
const REASON_ROUTES: ReadonlySet<RouteName> = new Set(['imageGenerations', 'imageEdits'])

/** Connections of all listeners together, against one limit. */
export interface ConnectionCap {
  open: number
  readonly max: number
}

/** One listener: every request goes through one handler, so that no path is answered by the library itself. */
export function createServer(options: ServerOptions) {
  const matchRoute = createRouter(options.routePrefixes)
  const { connections } = options
  let listening: us_listen_socket | null = null
  let listener = formatAddress(options.address)

  /** A throw out of this would end the process. */
  function handle(res: HttpResponse, req: HttpRequest): void {
    const origin = req.getHeader('origin')
    const isPreflight =
      req.getCaseSensitiveMethod() === 'OPTIONS' && req.getHeader('access-control-request-method') !== ''
    const askedHeaders = isPreflight ? req.getHeader('access-control-request-headers') : ''
    const path = req.getUrl()
    const corsHeaders = isPreflight
      ? options.cors.preflightHeaders(origin, askedHeaders)
      : options.cors.replyHeaders(origin)
    const exchange = new Exchange(res, req, {
      requestId: parseRequestId(req.getHeader('x-request-id')) ?? options.newRequestId(),
      startedAtMs: options.now(),
      corsHeaders,
      foreignOrigin: origin !== '' && !allowsOrigin(corsHeaders),
      listener,
      writeStallMs: options.writeStallMs,
      now: options.now,
      keepsConnections: options.keepsConnections,
      bodies: options.bodies,
      onFinished: options.onFinished,
    })
    options.onStarted(exchange)
    if (isPreflight) exchange.replyEmpty(204)
    else void answer(exchange, path).catch((error: unknown) => exchange.replyError(error))
  }

  async function answer(exchange: Exchange, path: string): Promise<void> {
    const match = matchRoute(exchange.method, path)
    switch (match.type) {
      case 'not-found':
        throw new GatewayError('route_not_found', 'There is nothing at this path: the API is under /v1.')
      case 'method-not-allowed':
        exchange.pattern = match.pattern
        exchange.setHeader('allow', match.allow)
        throw new GatewayError('method_not_allowed', `${match.pattern} takes ${match.allow} only.`)
      case 'route':
        exchange.pattern = match.pattern
        exchange.prefix = match.prefix
        exchange.reasonInStatus = REASON_ROUTES.has(match.name)
        if (match.needsKey) options.authenticate(exchange)
        return options.handlers[match.name](exchange, match.id)
      default:
        return match satisfies never
    }
  }

  /** A connection over the limit is closed before it can ask anything: without descriptors all would suffer. */
  function countConnection(res: HttpResponse, change: number): void {
    connections.open += change
    if (change > 0 && connections.open > connections.max) res.close()
  }

  // The library's types leave `filter` out.
  const app = createApp() as TemplatedApp & { filter: (handler: typeof countConnection) => void }
  app.filter(countConnection)
  app.any('/*', handle)

  return {
    /** Resolves with the port listened on. Rejects where the address is taken. */
    listen(): Promise<number> {
      const { host, port } = options.address
      return new Promise((resolve, reject) => {
        const done = (socket: us_listen_socket | false): void => {
          if (socket === false) {
            reject(new Error(`cannot listen on ${host}:${port}: the address is taken or not ours`))
          } else {
            listening = socket
            listener = formatAddress({ host, port: localPort(socket) })
            resolve(localPort(socket))
          }
        }
        if (options.reusePort) app.listen(host, port, done)
        else listenExclusively(app, host, port, done)
      })
    },
    /** Stops accepting; what runs goes on. */
    stop(): void {
      if (listening !== null) stopListening(listening)
      listening = null
    },
    /** Cuts every connection. */
    close(): void {
      app.close()
      listening = null
    },
  }
}

export type Server = ReturnType<typeof createServer>

/** The four-argument form, which the library has and its types lack. */
function listenExclusively(
  app: TemplatedApp,
  host: string,
  port: number,
  done: (socket: us_listen_socket | false) => void,
): void {
  const { listen } = app as unknown as {
    listen: (
      host: string,
      port: number,
      options: number,
      done: (socket: us_listen_socket | false) => void,
    ) => void
  }
  listen.call(app, host, port, EXCLUSIVE_PORT, done)
}

/** The client's own id is echoed only when it is a plain token: nothing else of a client may reach a header or the log. */
function parseRequestId(text: string): string | null {
  return /^[A-Za-z0-9._~-]{1,128}$/.test(text) ? text : null
}
