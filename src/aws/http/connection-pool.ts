import { createSecureContext, type SecureContext } from 'node:tls'
import { Connection, type ConnectionOwner, type Origin } from './connection.js'

/** Below what AWS's load balancers grant an idle connection, so that we are the first to close it. */
const KEEP_ALIVE_MS = 50_000
/** A request must be under way when the server's own time is over. */
const KEEP_ALIVE_MARGIN_MS = 1_000
const SWEEP_MS = 5_000

export interface PoolOptions {
  /** Monotonic milliseconds. */
  readonly now?: () => number
  readonly keepAliveMs?: number
  /** Idle connections are looked through this often. */
  readonly sweepMs?: number
  readonly tlsContext?: SecureContext
}

/** The connections to one origin: as many as there are requests at once. */
export class ConnectionPool implements ConnectionOwner {
  readonly origin: Origin
  readonly tlsContext: SecureContext | null
  tlsSession: Buffer | null = null
  /** The newest last. Those that have closed meanwhile stay until they are met. */
  #idle: Connection[] = []
  readonly #connections = new Set<Connection>()
  readonly #now: () => number
  readonly #keepAliveMs: number
  readonly #sweepTimer: NodeJS.Timeout
  #destroyed = false

  constructor(url: URL, options: PoolOptions = {}) {
    this.origin = toOrigin(url)
    this.tlsContext = this.origin.secure ? (options.tlsContext ?? createSecureContext()) : null
    this.#now = options.now ?? (() => performance.now())
    this.#keepAliveMs = options.keepAliveMs ?? KEEP_ALIVE_MS
    this.#sweepTimer = setInterval(() => this.#sweep(), options.sweepMs ?? SWEEP_MS)
    this.#sweepTimer.unref()
  }

  /** The connection that was used last and is idle; null: none. A server may have closed it all the same. */
  takeIdle(): Connection | null {
    for (let last = this.#idle.pop(); last !== undefined; last = this.#idle.pop()) {
      if (last.closed) continue
      if (this.#now() < last.usableUntilMs) return last
      last.destroy()
    }
    return null
  }

  /** A connection that nothing was sent on. */
  open(): Connection {
    const connection = new Connection(this)
    this.#connections.add(connection)
    if (this.#destroyed) connection.destroy()
    return connection
  }

  /** Opens connections that wait for requests. A failure is silent: the request that needs a connection reports it. */
  warm(count: number): void {
    for (let opened = 0; opened < count; opened += 1) this.open()
  }

  /** Closes everything; requests under way fail. */
  destroy(): void {
    this.#destroyed = true
    clearInterval(this.#sweepTimer)
    this.#idle = []
    for (const connection of [...this.#connections]) connection.destroy()
  }

  onIdle(connection: Connection, keepAliveSeconds: number | null): void {
    const serverMs = keepAliveSeconds === null ? Infinity : keepAliveSeconds * 1000 - KEEP_ALIVE_MARGIN_MS
    connection.usableUntilMs = this.#now() + Math.min(this.#keepAliveMs, serverMs)
    this.#idle.push(connection)
  }

  onClosed(connection: Connection): void {
    this.#connections.delete(connection)
  }

  onTlsSession(session: Buffer): void {
    this.tlsSession = session
  }

  #sweep(): void {
    const nowMs = this.#now()
    for (const connection of this.#idle) if (nowMs >= connection.usableUntilMs) connection.destroy()
    this.#idle = this.#idle.filter(({ closed }) => !closed)
  }
}

function toOrigin({ protocol, hostname, port }: URL): Origin {
  const secure = protocol === 'https:'
  // An IPv6 address stands in brackets in a URL and nowhere else.
  const host = hostname.replace(/^\[(.*)\]$/, '$1')
  return { secure, host, port: port === '' ? (secure ? 443 : 80) : Number(port) }
}
