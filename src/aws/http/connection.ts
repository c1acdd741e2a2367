import { connect, isIP, type Socket } from 'node:net'
import { connect as connectTls, type SecureContext } from 'node:tls'
import { MalformedResponseError } from './response-head.js'
import { ResponseParser, type ResponseSink } from './response-parser.js'

const CONNECT_TIMEOUT_MS = 10_000
/** A model may think for minutes; NAT gateways forget a connection that is silent for 350 s (AWS: "NAT gateways"). */
const KEEP_ALIVE_PROBE_MS = 60_000
/** Bodies above this are written in slices, so that encrypting one never holds the loop for long. */
const BODY_WHOLE_BYTES_MAX = 1024 * 1024
const BODY_SLICE_BYTES = 64 * 1024
/**
 * Of a body in slices, in one turn of the event loop. A near or fast server takes all that comes: 23 MB were written in one
 * turn, which held the loop for 7 ms, without TLS.
 */
const TURN_BYTES_MAX = 1024 * 1024

/**
 * Every connection reads into this: what a read brought is used up before the next one begins. Node would allocate 64 KB
 * for each read otherwise, and push it through a stream.
 */
const readBuffer = Buffer.allocUnsafeSlow(64 * 1024)

/** What went wrong on a connection, other than what the system or TLS reports. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError'
  readonly code: 'CONNECT_TIMEOUT' | 'CONNECTION_CLOSED' | 'CLIENT_CLOSED'

  constructor(code: ConnectionError['code']) {
    super(code)
    this.code = code
  }
}

/** A listener threw: a fault of ours, which ends its request and nothing else. */
export class ListenerError extends Error {
  override readonly name = 'ListenerError'
}

export interface HttpRequest {
  /** Request line and headers with the empty line at their end; ASCII. */
  readonly head: string
  readonly body: Uint8Array | string
  /** As the head says. */
  readonly bodyBytes: number
}

/** What comes back, in this order: `onHead`, then `onBody` and `onReadEnd` …, then one of `onEnd` and `onError`. */
export interface ResponseListener extends ResponseSink {
  /** All that one read brought has been given, and the reply goes on. */
  onReadEnd(): void
  onEnd(): void
  onError(error: Error): void
}

export interface Origin {
  readonly secure: boolean
  readonly host: string
  readonly port: number
}

/** Who keeps a connection between two requests. */
export interface ConnectionOwner {
  readonly origin: Origin
  /** Null: none yet. */
  readonly tlsSession: Buffer | null
  readonly tlsContext: SecureContext | null
  /** The connection can carry a request. */
  onIdle(connection: Connection, keepAliveSeconds: number | null): void
  onClosed(connection: Connection): void
  onTlsSession(session: Buffer): void
}

/**
 * One connection, with at most one request on it. It opens at once; a request that is sent earlier waits for that. Whatever
 * happens to it between two requests closes it: a server has nothing to say then.
 */
export class Connection {
  /** Set by the owner: how long the server may be trusted to keep this open, in its own milliseconds. */
  usableUntilMs = 0
  readonly #owner: ConnectionOwner
  readonly #socket: Socket
  readonly #parser = new ResponseParser()
  /** Null: connected, or given up. */
  #connectTimer: NodeJS.Timeout | null
  #listener: ResponseListener | null = null
  /** Sent as soon as the connection is open. */
  #waiting: HttpRequest | null = null
  #bodyRest: Buffer | null = null
  #turnBytes = 0
  #open = false
  #closed = false
  #paused = false
  #heard = false

  constructor(owner: ConnectionOwner) {
    this.#owner = owner
    this.#socket = openSocket(owner, (bytes) => this.#onRead(bytes))
    this.#connectTimer = setTimeout(
      () => this.#fail(new ConnectionError('CONNECT_TIMEOUT')),
      CONNECT_TIMEOUT_MS,
    )
    this.#socket
      .on(owner.origin.secure ? 'secureConnect' : 'connect', () => this.#onOpen())
      .on('drain', () => this.#writeSlices())
      .on('end', () => this.#onHalfClose())
      .on('error', (error) => this.#fail(error))
      .on('close', () => this.#fail(new ConnectionError('CONNECTION_CLOSED')))
  }

  get closed(): boolean {
    return this.#closed
  }

  /** A byte has come since the last request was sent. */
  get heard(): boolean {
    return this.#heard
  }

  /** Only on a connection that is new or came from its owner. */
  send(request: HttpRequest, listener: ResponseListener): void {
    if (this.#closed) {
      process.nextTick(() => listener.onError(new ConnectionError('CLIENT_CLOSED')))
      return
    }
    this.#listener = listener
    this.#heard = false
    this.#parser.reset()
    if (this.#open) this.#write(request)
    else this.#waiting = request
  }

  /** What a read has brought already still comes. */
  pause(): void {
    this.#paused = true
    this.#socket.pause()
  }

  resume(): void {
    this.#paused = false
    this.#socket.resume()
  }

  /** Closes at once; the listener hears nothing more. */
  abort(): void {
    this.#listener = null
    this.#close()
  }

  /** Closes at once; a request under way fails. */
  destroy(): void {
    this.#fail(new ConnectionError('CLIENT_CLOSED'))
  }

  #onOpen(): void {
    this.#endConnectTimer()
    if (this.#closed) return
    this.#open = true
    this.#socket.setNoDelay(true)
    this.#socket.setKeepAlive(true, KEEP_ALIVE_PROBE_MS)
    const waiting = this.#waiting
    this.#waiting = null
    if (waiting !== null) this.#write(waiting)
    else if (this.#listener === null) this.#owner.onIdle(this, null)
  }

  #write({ head, body, bodyBytes }: HttpRequest): void {
    if (bodyBytes > BODY_WHOLE_BYTES_MAX) {
      this.#bodyRest = toBuffer(body)
      this.#socket.write(head, 'latin1')
      this.#writeSlices()
    } else if (typeof body === 'string') {
      // As many bytes as characters: all of it is ASCII, which needs no encoder.
      this.#socket.write(head + body, bodyBytes === body.length ? 'latin1' : 'utf8')
    } else {
      this.#socket.cork()
      this.#socket.write(head, 'latin1')
      this.#socket.write(body)
      this.#socket.uncork()
    }
  }

  /** Goes on as the socket takes it, and in the next turn. */
  #writeSlices(): void {
    while (this.#bodyRest !== null && !this.#closed && this.#turnBytes < TURN_BYTES_MAX) {
      if (this.#turnBytes === 0) setImmediate(() => this.#onNextTurn())
      this.#turnBytes += BODY_SLICE_BYTES
      const rest = this.#bodyRest
      this.#bodyRest = rest.length > BODY_SLICE_BYTES ? rest.subarray(BODY_SLICE_BYTES) : null
      if (!this.#socket.write(rest.subarray(0, BODY_SLICE_BYTES))) return
    }
  }

  #onNextTurn(): void {
    this.#turnBytes = 0
    if (!this.#socket.writableNeedDrain) this.#writeSlices()
  }

  #onRead(bytes: number): void {
    if (this.#closed) return
    const listener = this.#listener
    if (listener === null) {
      this.#close()
      return
    }
    this.#heard = true
    let used = 0
    try {
      used = this.#parser.push(readBuffer, bytes, listener)
      if (!this.#closed && !this.#parser.ended) listener.onReadEnd()
    } catch (cause) {
      this.#fail(cause instanceof MalformedResponseError ? cause : new ListenerError('', { cause }))
      return
    }
    if (!this.#closed && this.#parser.ended) this.#onReplyEnd(listener, used === bytes)
  }

  #onHalfClose(): void {
    const listener = this.#listener
    if (listener !== null && this.#parser.finish()) this.#onReplyEnd(listener, false)
    else this.#fail(new ConnectionError('CONNECTION_CLOSED'))
  }

  /** `clean`: the server has sent nothing beyond the reply. */
  #onReplyEnd(listener: ResponseListener, clean: boolean): void {
    const { keepsAlive, keepAliveSeconds } = this.#parser
    const isWritten = this.#bodyRest === null && this.#socket.writableLength === 0
    this.#listener = null
    if (!clean || !isWritten || !keepsAlive) this.#close()
    else {
      if (this.#paused) this.resume()
      // First, so that a request that this end brings about finds the connection.
      this.#owner.onIdle(this, keepAliveSeconds)
    }
    listener.onEnd()
  }

  #fail(error: Error): void {
    const listener = this.#listener
    this.#listener = null
    this.#close()
    listener?.onError(error)
  }

  #endConnectTimer(): void {
    if (this.#connectTimer !== null) clearTimeout(this.#connectTimer)
    this.#connectTimer = null
  }

  #close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#waiting = null
    this.#bodyRest = null
    this.#endConnectTimer()
    this.#socket.destroy()
    this.#owner.onClosed(this)
  }
}

function openSocket(owner: ConnectionOwner, onRead: (bytes: number) => void): Socket {
  const { secure, host, port } = owner.origin
  const onread = {
    buffer: readBuffer,
    callback(bytes: number) {
      onRead(bytes)
      return true
    },
  }
  if (!secure) return connect({ host, port, onread })
  const options = {
    host,
    port,
    onread,
    ALPNProtocols: ['http/1.1'],
    ...(isIP(host) === 0 && { servername: host }),
    ...(owner.tlsContext !== null && { secureContext: owner.tlsContext }),
    ...(owner.tlsSession !== null && { session: owner.tlsSession }),
  }
  return connectTls(options).on('session', (session) => owner.onTlsSession(session))
}

function toBuffer(body: Uint8Array | string): Buffer {
  return typeof body === 'string'
    ? Buffer.from(body)
    : Buffer.from(body.buffer, body.byteOffset, body.byteLength)
}
