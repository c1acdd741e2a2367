import type { HttpRequest, HttpResponse } from 'uWebSockets.js'
import { STATUS_CODES } from 'node:http'
import { ERRORS, GatewayError, toGatewayError } from '../errors.js'
import { DONE } from '../openai/chunks.js'
import { toErrorBody } from '../openai/error-body.js'
import type { Parts } from '../remote-bytes.js'
import type { Listed } from '../roster.js'
import type { Sanitized } from '../translate/repairs.js'
import { type AddressedBy, toBaseUrl } from './base-url.js'
import type { BodyBudget } from './body-budget.js'
import { createBodyParts } from './body-parts.js'
import type { Headers } from './cors.js'
import { toDroppedParams } from './dropped-params.js'
import { EventStream } from './event-stream.js'
import { MemoryAhead } from './memory-ahead.js'
import { createPartsSource } from './parts-source.js'
import type { PieceSource } from './piece-source.js'
import { PieceWriter } from './piece-writer.js'
import { toReasonPhrase } from './reason-phrase.js'

const JSON_TYPE = 'application/json'
/** How long a client may keep an idle connection that asked for one: uWebSockets.js closes it after 10 to 12 s. */
const KEEP_ALIVE_HINT = 'timeout=5'
/** This much of a refused upload is read, so that the client sees why. */
const DISCARDED_BYTES_MAX = 64 * 1024 * 1024
/** A smaller reply goes out in one piece: the socket's buffer has room for it. */
const WHOLE_REPLY_BYTES_MAX = 64 * 1024

/** What asked for pictures. */
export type PictureKind = 'generation' | 'edit' | 'chat'

/** What is logged and counted of one request once it is over. No text of the client or of a model. */
export interface ExchangeFacts {
  /** The id Bedrock was asked for. */
  model: string | null
  region: string | null
  promptTokens: number | null
  completionTokens: number | null
  /** Milliseconds until the first token (streamed) or the first reply byte. */
  firstByteMs: number | null
  bedrockRequestId: string | null
  streamed: boolean
  /** That were put into the reply; null: none was. */
  pictures: { readonly kind: PictureKind; readonly count: number } | null
  /** What had to be mended in the history; null: it was not read. */
  sanitized: Sanitized | null
  error: GatewayError | null
}

export interface ExchangeOptions {
  readonly requestId: string
  /** Milliseconds, from a monotonic clock. */
  readonly startedAtMs: number
  readonly corsHeaders: Headers
  /** A page of an origin that `ALLOWED_ORIGINS` does not name sent this. */
  readonly foreignOrigin: boolean
  /** `host:port` of the listener, for clients that send no proper `Host`. */
  readonly listener: string
  /** A client that takes nothing of a large reply for so long is closed. */
  readonly writeStallMs: number
  /** Monotonic milliseconds. */
  readonly now: () => number
  /** Asked when the reply starts: may the client go on to use its connection? */
  readonly keepsConnections: () => boolean
  readonly bodies: BodyBudget
  readonly onFinished: (exchange: Exchange) => void
}

/**
 * One request and its one reply on uWebSockets.js. Takes what it needs of `req` at once (it is dead after the handler
 * returns), attaches `onAborted` first, and never touches `res` once the reply ended or the client went away.
 */
export class Exchange implements Listed {
  readonly method: string
  readonly authorization: string
  readonly contentType: string
  readonly contentLength: number
  /** Without `?`. */
  readonly query: string
  readonly foreignOrigin: boolean
  readonly requestId: string
  readonly startedAtMs: number
  readonly facts: ExchangeFacts = {
    model: null,
    region: null,
    promptTokens: null,
    completionTokens: null,
    firstByteMs: null,
    bedrockRequestId: null,
    streamed: false,
    pictures: null,
    sanitized: null,
    error: null,
  }
  /** The matched route's pattern; the raw path could hold anything. */
  pattern = '(none)'
  /** What stands before the matched route's own path: `/v1`; empty where the route has none. */
  prefix = ''
  place = -1
  /** 0: nothing was sent yet. */
  status = 0
  clientGone = false
  /** Request parameters that the model does not see; the reply names them. */
  dropped: readonly string[] = []
  /** An error before the reply began is said in an event stream: this client shows nothing of an error status. */
  errorsInStream = false
  /** The status line of an error says what went wrong: this client shows nothing else of it. */
  reasonInStatus = false
  /** Called once when the client goes away before the reply ended. */
  onClientGone: (() => void) | null = null
  readonly #res: HttpResponse
  readonly #corsHeaders: Headers
  readonly #onFinished: (exchange: Exchange) => void
  readonly #bodies: BodyBudget
  /** This one's part of it. */
  #bodyBytes = 0
  #memoryAhead: MemoryAhead | null = null
  readonly #keepsConnections: () => boolean
  readonly #keepAlive: boolean
  readonly #addressedBy: AddressedBy
  readonly #writeStallMs: number
  readonly #now: () => number
  /** The body is still coming, from a client whose connection is closed right after the reply. */
  #uploading = false
  #discardedBytes = 0
  /** The reply, while it waits for the end of the upload. */
  #held: (() => void) | null = null
  #stream: EventStream | null = null
  #writer: PieceWriter | null = null
  /** In place of the status's own name. */
  #reason: string | null = null
  #over = false
  #replyHeaders: [string, string][] = []

  constructor(res: HttpResponse, req: HttpRequest, options: ExchangeOptions) {
    res.onAborted(() => this.#aborted())
    this.#res = res
    this.#corsHeaders = options.corsHeaders
    this.#keepsConnections = options.keepsConnections
    this.#onFinished = options.onFinished
    this.#bodies = options.bodies
    this.#writeStallMs = options.writeStallMs
    this.#now = options.now
    this.foreignOrigin = options.foreignOrigin
    this.requestId = options.requestId
    this.startedAtMs = options.startedAtMs
    this.method = req.getCaseSensitiveMethod()
    this.authorization = req.getHeader('authorization')
    this.contentType = req.getHeader('content-type')
    this.contentLength = Number(req.getHeader('content-length') || 0)
    this.query = req.getQuery()
    this.#keepAlive = mayReuse(req)
    this.#addressedBy = {
      host: req.getHeader('host'),
      forwardedHost: req.getHeader('x-forwarded-host'),
      forwardedProto: req.getHeader('x-forwarded-proto'),
      listener: options.listener,
    }
    if (losesEarlyReply(req)) {
      this.#uploading = true
      res.onData((chunk, isLast) => this.#discard(chunk.byteLength, isLast))
    }
  }

  /** The status that is logged and counted: 499 for a client that left before the end, whatever was sent till then. */
  get outcome(): number {
    return this.clientGone ? 499 : this.status
  }

  /** The reply ended, or the client is gone: nothing can be sent any more. */
  get over(): boolean {
    return this.#over
  }

  /** Where this client reaches the gateway: scheme and host, checked, without a path. */
  get baseUrl(): string {
    return toBaseUrl(this.#addressedBy)
  }

  /** Adds a header to the reply to come. Values are the gateway's own text. */
  setHeader(name: string, value: string): void {
    this.#replyHeaders.push([name, value])
  }

  /**
   * The whole body, as parts that this process owns. Throws 413 as soon as it is too long; the rest is then read and thrown
   * away, because closing now would lose the answer. Throws 503 where all bodies together take too much memory; whoever has
   * read the body for good says so (`releaseBody`). Rejects when the client goes away.
   */
  readBody(bytesMax: number): Promise<Buffer[]> {
    return new Promise((resolve, reject) => {
      if (this.contentLength > bytesMax) return reject(tooLarge(bytesMax))
      const parts = createBodyParts()
      const ahead = MemoryAhead.make({
        res: this.#res,
        bytes: this.contentLength,
        bodies: this.#bodies,
        onReady: (memory) => parts.moveTo(memory),
      })
      this.#memoryAhead = ahead
      let refused = false
      const refuse = (error: GatewayError): void => {
        refused = true
        ahead?.end()
        parts.drop()
        this.releaseBody()
        reject(error)
      }
      this.onClientGone = () => reject(new GatewayError('client_closed', 'The client went away.'))
      this.#res.onData((chunk, isLast) => {
        if (!refused) {
          this.#bodyBytes += chunk.byteLength
          this.#bodies.bytes += chunk.byteLength
          if (this.#bodyBytes > bytesMax) refuse(tooLarge(bytesMax))
          else if (this.#bodies.bytes > this.#bodies.bytesMax) refuse(tooManyBodies(this.#bodies))
        }
        if (refused) {
          this.#discard(chunk.byteLength, isLast)
          return
        }
        parts.push(chunk, isLast)
        if (isLast) {
          ahead?.end()
          this.#uploading = false
          this.onClientGone = null
          resolve(parts.take())
        }
      })
    })
  }

  /** The body was read for good: its memory is for others. The end of the exchange says so, too. */
  releaseBody(): void {
    this.#bodies.bytes -= this.#bodyBytes
    this.#bodyBytes = 0
  }

  /** Sends a whole JSON reply. Does nothing once the exchange is over. */
  replyJson(status: number, body: string): void {
    this.#end(status, JSON_TYPE, body)
  }

  /**
   * Sends a whole reply of any size that is in memory, here or in a worker, as parts, each let go once it was sent: the caller
   * must not keep them either. Large parts are bytes; strings are for the few words between them. Does nothing once the exchange is over.
   */
  replyParts(status: number, contentType: string, parts: Parts): void {
    const source = createPartsSource(parts)
    const isHere = parts.every((part) => typeof part === 'string' || part instanceof Uint8Array)
    if (isHere && source.bytesTotal < WHOLE_REPLY_BYTES_MAX) {
      this.#end(status, contentType, source.bytesTotal === 0 ? '' : (source.next() as Uint8Array))
    } else this.replyPieces(status, contentType, source)
  }

  /**
   * Sends a reply of known size piece by piece, as fast as the client takes it. A client that takes nothing for
   * `BEDROCKD_WRITE_STALL_SECONDS` is closed; a source that fails before its first piece is an error reply. The source is
   * closed in every case.
   */
  replyPieces(status: number, contentType: string, source: PieceSource): void {
    const writer = new PieceWriter(this.#res, {
      source,
      stallMs: this.#writeStallMs,
      now: this.#now,
      writeHead: () => {
        this.status = status
        this.#writeHead(status, contentType)
      },
      onEnded: () => this.#finish(),
      onFailed: (cause) => this.#giveUp(cause),
    })
    if (this.#answered) writer.stop()
    else if (this.method === 'HEAD') {
      writer.stop()
      this.#answer(() => this.#sendHeadOnly(status, contentType, source.bytesTotal))
    } else {
      this.#writer = writer
      this.#answer(() => writer.start())
    }
  }

  /** Sends a reply without a body, for example a preflight's 204. */
  replyEmpty(status: number): void {
    this.#end(status, null, '')
  }

  /**
   * Sends what went wrong in OpenAI's shape, with the headers that the official SDKs act on. Where an event stream is
   * open its status is gone: then it is the stream's last event, or, where an event is half sent, the connection is cut.
   */
  replyError(cause: unknown): void {
    if (this.#answered) return
    const error = toGatewayError(cause)
    this.facts.error = error
    if (this.errorsInStream && this.#stream === null) this.openEventStream()
    if (this.#stream !== null) {
      // A shutdown does not wait for a client that is in the middle of a picture: to it a connection that breaks is an error,
      // but an error glued to half an event is no event at all.
      if (this.#stream.insideEvent) this.close()
      else this.#stream.end(`data: ${toErrorBody(error)}\n\n${DONE}`)
      return
    }
    if (error.retryAfterSeconds !== null) this.setHeader('retry-after', String(error.retryAfterSeconds))
    if (!ERRORS[error.code].retry) this.setHeader('x-should-retry', 'false')
    if (this.reasonInStatus) this.#reason = toReasonPhrase(error)
    this.replyJson(error.status, toErrorBody(error))
  }

  /** Commits the 200 of an event stream. The exchange must not be over. */
  openEventStream(): EventStream {
    this.facts.streamed = true
    this.status = 200
    this.#res.cork(() => {
      this.#writeHead(200, 'text/event-stream; charset=utf-8')
      this.#res.writeHeader('cache-control', 'no-cache')
      this.#res.writeHeader('x-accel-buffering', 'no')
    })
    this.#stream = new EventStream(this.#res, () => this.#finish())
    return this.#stream
  }

  /** Cuts the connection, for a client that takes nothing any more. */
  close(): void {
    if (!this.#over) this.#res.close()
  }

  /** Takes bytes of a body that nobody reads, up to a limit: then the client may lose its reply. */
  #discard(bytes: number, isLast: boolean): void {
    this.#discardedBytes += bytes
    if (!isLast && this.#discardedBytes < DISCARDED_BYTES_MAX) return
    this.#uploading = false
    this.#held?.()
  }

  /** A reply was begun, waits for the end of the upload, or can't be sent any more. */
  get #answered(): boolean {
    return this.#over || this.#held !== null || this.#writer !== null
  }

  #answer(send: () => void): void {
    if (this.#uploading) this.#held = send
    else send()
  }

  #end(status: number, type: string | null, body: string | Uint8Array): void {
    if (!this.#answered) this.#answer(() => this.#send(status, type, body))
  }

  #send(status: number, type: string | null, body: string | Uint8Array): void {
    if (this.#over) return
    if (this.method === 'HEAD') {
      this.#sendHeadOnly(status, type, Buffer.byteLength(body))
      return
    }
    this.status = status
    this.#res.cork(() => {
      this.#writeHead(status, type)
      if (status === 204) this.#res.endWithoutBody()
      else this.#res.end(body)
    })
    this.#finish()
  }

  #sendHeadOnly(status: number, type: string | null, bodyBytes: number): void {
    if (this.#over) return
    this.status = status
    this.#res.cork(() => {
      this.#writeHead(status, type)
      this.#res.writeHeader('content-length', String(bodyBytes))
      this.#res.endWithoutBody()
    })
    this.#finish()
  }

  /** A reply in pieces can't go on: what has begun can only be cut. */
  #giveUp(cause: unknown): void {
    if (this.#over) return
    const begun = this.#writer?.begun === true
    this.#writer?.stop()
    if (begun) {
      if (cause !== null) this.facts.error = toGatewayError(cause)
      this.#res.close()
    } else {
      this.#writer = null
      this.#held = null
      this.replyError(cause)
    }
  }

  #writeHead(status: number, type: string | null): void {
    const res = this.#res
    res.writeStatus(`${status} ${this.#reason ?? STATUS_CODES[status] ?? 'Unknown'}`)
    if (type !== null) res.writeHeader('content-type', type)
    res.writeHeader('x-request-id', this.requestId)
    if (this.#keepAlive && this.#keepsConnections()) {
      res.writeHeader('connection', 'keep-alive')
      res.writeHeader('keep-alive', KEEP_ALIVE_HINT)
    } else res.writeHeader('connection', 'close')
    for (const [name, value] of this.#corsHeaders) res.writeHeader(name, value)
    for (const [name, value] of this.#replyHeaders) res.writeHeader(name, value)
    const dropped = this.dropped.length === 0 ? '' : toDroppedParams(this.dropped)
    if (dropped !== '') res.writeHeader('x-bedrockd-dropped-params', dropped)
  }

  #aborted(): void {
    if (this.#over) return
    this.clientGone = true
    this.#over = true
    this.#writer?.stop()
    this.#memoryAhead?.drop()
    this.releaseBody()
    this.onClientGone?.()
    this.#onFinished(this)
  }

  #finish(): void {
    if (this.#over) return
    this.#over = true
    this.#memoryAhead?.drop()
    this.releaseBody()
    this.#onFinished(this)
  }
}

/**
 * Whether the client may send its next request on this connection. uWebSockets.js closes idle connections after 10 to 12 s,
 * which can't be configured, and clients that keep them longer (Open WebUI's: 15 s) lose a POST in that race. So a reply
 * announces the end of the connection, unless the client asked for a longer one by name and thus is told for how long.
 * What came through a proxy does not count: the proxy's idle time is its own.
 */
function mayReuse(req: HttpRequest): boolean {
  if (!/\bkeep-alive\b/i.test(req.getHeader('connection'))) return false
  return (
    req.getHeader('x-forwarded-for') === '' &&
    req.getHeader('forwarded') === '' &&
    req.getHeader('via') === ''
  )
}

/**
 * Whether a reply sent before the whole body is here would be lost: uWebSockets.js closes the connection of a client that
 * asks for it (`connection: close`) right after the reply, and what the client still sends then makes the kernel reset it.
 * A client that expects a 100 sends, too: the library has told it to go on.
 */
function losesEarlyReply(req: HttpRequest): boolean {
  if (!/\bclose\b/i.test(req.getHeader('connection'))) return false
  return Number(req.getHeader('content-length')) > 0 || req.getHeader('transfer-encoding') !== ''
}

function tooManyBodies({ bytesMax }: BodyBudget): GatewayError {
  return new GatewayError(
    'overloaded',
    `The requests under way are too large together: this gateway reads ${bytesMax} bytes at once (BEDROCKD_BODIES_BYTES_MAX).`,
  )
}

function tooLarge(bytesMax: number): GatewayError {
  return new GatewayError(
    'body_too_large',
    `The request body must be at most ${bytesMax} bytes (BEDROCKD_BODY_BYTES_MAX).`,
  )
}
