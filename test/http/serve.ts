import { createAuthenticator } from '../../src/http/authenticate.js'
import { createCors } from '../../src/http/cors.js'
import type { Exchange } from '../../src/http/exchange.js'
import type { RouteName } from '../../src/http/router.js'
import { createServer, type RouteHandler, type ServerOptions } from '../../src/http/server.js'

const ROUTE_NAMES: readonly RouteName[] = [
  'models',
  'model',
  'chat',
  'embeddings',
  'rerank',
  'imageGenerations',
  'imageEdits',
  'imageFile',
  'root',
  'healthz',
  'readyz',
  'version',
]

/** A server on a free port with one handler for every route. */
export interface Serving {
  readonly port: number
  /** Every exchange that is over. */
  readonly finished: readonly Exchange[]
  /** Resolves once `count` exchanges are over, with the last of them. */
  waitFinished(count: number): Promise<Exchange>
  close(): void
}

export async function serve(
  handler: RouteHandler,
  options: Partial<Pick<ServerOptions, 'writeStallMs' | 'authenticate' | 'routePrefixes' | 'bodies'>> = {},
): Promise<Serving> {
  const finished: Exchange[] = []
  const waiting: (() => void)[] = []
  const server = createServer({
    address: { host: '127.0.0.1', port: 0 },
    reusePort: false,
    routePrefixes: ['/v1'],
    handlers: Object.fromEntries(ROUTE_NAMES.map((name) => [name, handler])) as Record<
      RouteName,
      RouteHandler
    >,
    authenticate: createAuthenticator([]),
    cors: createCors([]),
    connections: { open: 0, max: 100 },
    bodies: { bytes: 0, bytesMax: 1_000_000, aheadBytes: 0 },
    writeStallMs: 20_000,
    newRequestId: () => 'made-here',
    now: () => performance.now(),
    onStarted: () => {},
    keepsConnections: () => true,
    onFinished(exchange) {
      finished.push(exchange)
      for (const look of waiting) look()
    },
    ...options,
  })
  return {
    port: await server.listen(),
    finished,
    waitFinished: (count) =>
      new Promise((resolve) => {
        const look = (): void => {
          const last = finished[count - 1]
          if (last !== undefined) resolve(last)
        }
        waiting.push(look)
        look()
      }),
    close: () => server.close(),
  }
}
