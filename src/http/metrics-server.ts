import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Address } from '../config.js'
import type { Metrics } from '../metrics.js'

/** A scraper needs one connection; more than a few are a mistake. */
const connectionsMax = 32
const requestTimeoutMs = 10_000

export interface MetricsServer {
  /** Resolves with the port listened on. Rejects with Node's error where the address is taken or not ours. */
  listen(): Promise<number>
  /** Stops listening and cuts what is left; resolves also when it never listened. */
  close(): Promise<void>
}

/** `GET /metrics` for Prometheus, without a key, on a listener of its own. */
export function createMetricsServer(address: Address, metrics: Metrics): MetricsServer {
  const server = createServer({ requestTimeout: requestTimeoutMs, headersTimeout: requestTimeoutMs })
  server.maxConnections = connectionsMax
  server.on('request', (request, response) => {
    answer(request, response, metrics).catch(() => response.destroy())
  })
  return {
    listen: async () => {
      server.listen(address.port, address.host)
      // `once` rejects when `error` comes first.
      await once(server, 'listening')
      const bound = server.address()
      return typeof bound === 'object' && bound !== null ? bound.port : address.port
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function answer(request: IncomingMessage, response: ServerResponse, metrics: Metrics): Promise<void> {
  request.resume()
  if (request.url?.split('?')[0] !== '/metrics') {
    response.writeHead(404, { 'content-type': 'text/plain' }).end('There is /metrics only.\n')
  } else if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { 'content-type': 'text/plain', allow: 'GET, HEAD' }).end('GET only.\n')
  } else {
    const { contentType, text } = await metrics.expose()
    response
      .writeHead(200, { 'content-type': contentType, 'content-length': Buffer.byteLength(text) })
      .end(text)
  }
}
