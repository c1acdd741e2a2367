import { fromBedrockFailure, parseErrorBody, parseErrorType } from '../bedrock/errors.js'
import type { ModelTarget } from '../catalog/types.js'
import { GatewayError, toGatewayError } from '../errors.js'
import type { Access } from './access.js'
import {
  type Connection,
  ConnectionError,
  type HttpRequest,
  ListenerError,
  type ResponseListener,
} from './http/connection.js'
import { ConnectionPool } from './http/connection-pool.js'
import type { ResponseHead } from './http/response-head.js'
import { createMantlePaths, type MantlePaths, type MantleRoute } from './mantle-paths.js'
import { createEndpoints, type Endpoint, type Endpoints } from './request-heads.js'
import { encodeRfc3986 } from './sigv4.js'

/** An error body is a short JSON object; more than this is not worth reading. */
const ERROR_BODY_BYTES_MAX = 64 * 1024

export interface BedrockRequest {
  readonly target: Pick<ModelTarget, 'id' | 'region' | 'dialect' | 'foundationId' | 'kind'>
  readonly stream: boolean
  readonly body: Uint8Array | string
  /** SHA-256 of the body in hex, where somebody else computed it already. */
  readonly payloadHash: string | null
  /** Beside those of every call; names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** Fields that the client says to the model itself, by name: what one of them does teaches nothing about the others' requests. */
  readonly ownFields: readonly string[]
  /** False: a parameter is refused rather than left out. */
  readonly dropsParams: boolean
}

/** What the headers of a reply say. */
export interface ReplyHead {
  readonly requestId: string | null
  /** The body is a stream of events, not one document. */
  readonly streams: boolean
  /** Of InvokeModel, where the model counts (facts C4). */
  readonly inputTokens: number | null
}

/**
 * What comes back, in this order: `onHeaders`, `onData` and `onReadEnd` …, then one of `onEnd` and `onError`. Nothing after
 * those two.
 */
export interface BedrockHandler {
  /** Called before `onHeaders`, once for each parameter that the call was sent without in the end, by the client's name. */
  onDropped?(parameter: string): void
  /** Status 200 and the kind of body that was asked for: everything else arrives as `onError`. */
  onHeaders(head: ReplyHead): void
  /** The bytes are valid during the call only: whoever keeps them copies them. */
  onData(chunk: Buffer): void
  /** All that one read of the connection brought has been given, and the reply goes on. */
  onReadEnd?(): void
  onEnd(): void
  onError(error: GatewayError): void
}

/** A call under way. */
export interface BedrockCall {
  /** Nothing more is read once the headers are there; what a read has brought already still comes. */
  pause(): void
  resume(): void
  /** Closes the connection at once; the handler hears nothing more. */
  abort(): void
}

/** What the rest of the daemon has of the data plane. */
export interface BedrockClient {
  /** Sends one request. Throws a `GatewayError` without credentials or an endpoint; everything later goes to the handler. */
  send(request: BedrockRequest, handler: BedrockHandler): BedrockCall
  /** Cuts what still runs. */
  close(): Promise<void>
}

/** The data plane: signed calls to Bedrock Runtime over kept-alive HTTP/1.1 connections, one pool per endpoint. */
export function createBedrockClient({
  access,
  now,
}: {
  readonly access: Pick<Access, 'forRegion' | 'refused'>
  readonly now: () => number
}) {
  const pools = new Map<string, ConnectionPool>()
  const endpoints = createEndpoints({ now })
  const context: CallContext = { access, endpoints, mantlePaths: createMantlePaths(), poolFor }

  function poolFor({ origin }: Endpoint): ConnectionPool {
    let pool = pools.get(origin)
    if (pool === undefined) {
      pool = new ConnectionPool(toUrl(origin))
      pools.set(origin, pool)
    }
    return pool
  }

  return {
    send(request: BedrockRequest, handler: BedrockHandler): BedrockCall {
      const call = new Call(context, request, handler)
      call.start()
      return call
    },
    /** Opens a connection to each region ahead of the first request. Silent where there is no way to one. */
    warm(regions: readonly string[]): void {
      for (const region of regions) {
        try {
          poolFor(endpoints.of(access.forRegion(region))).warm(1)
        } catch (error) {
          // No credentials, or no endpoint: the first request says so.
          if (!(error instanceof GatewayError)) throw error
        }
      }
    },
    async close(): Promise<void> {
      for (const pool of pools.values()) pool.destroy()
    },
  }
}

/** What calls share. */
interface CallContext {
  readonly access: Pick<Access, 'forRegion' | 'refused'>
  readonly endpoints: Endpoints
  readonly mantlePaths: MantlePaths
  readonly poolFor: (endpoint: Endpoint) => ConnectionPool
}

/** A reply with an error status, while its body comes in. */
interface FailedReply {
  readonly status: number
  readonly type: string | null
  readonly requestId: string | null
  readonly parts: Buffer[]
  bytes: number
}

/**
 * One call: a request on one connection, once more on a second one where the first had died unnoticed, and once more where
 * the model stands under another path.
 */
class Call implements BedrockCall, ResponseListener {
  readonly #context: CallContext
  readonly #handler: BedrockHandler
  readonly #target: BedrockRequest['target']
  readonly #stream: boolean
  readonly #route: MantleRoute
  /** Null once Bedrock has accepted it: it may be large, and is not sent again. */
  #request: BedrockRequest | null
  #http: HttpRequest | null = null
  #pool: ConnectionPool | null = null
  #connection: Connection | null = null
  /** The connection waited idle: what dies on it before any reply may have been dead for long. */
  #mayBeStale = false
  #answered = false
  #over = false
  #paused = false
  #failure: FailedReply | null = null

  constructor(context: CallContext, request: BedrockRequest, handler: BedrockHandler) {
    this.#context = context
    this.#request = request
    this.#handler = handler
    this.#target = request.target
    this.#stream = request.stream
    this.#route = context.mantlePaths.start(request.target)
  }

  /** Throws a `GatewayError` without credentials or an endpoint. */
  start(): void {
    if (this.#request === null) return
    const { access, endpoints, poolFor } = this.#context
    const service = this.#target.dialect === 'openai-mantle' ? 'mantle' : 'runtime'
    const endpoint = endpoints.of(access.forRegion(this.#target.region, service))
    this.#http = toHttpRequest(this.#request, endpoint, toPath(this.#request, this.#route.path()))
    this.#pool = poolFor(endpoint)
    const idle = this.#pool.takeIdle()
    this.#mayBeStale = idle !== null
    this.#sendOn(idle ?? this.#pool.open())
  }

  #sendOn(connection: Connection): void {
    if (this.#http === null) return
    this.#connection = connection
    connection.send(this.#http, this)
  }

  /** Holds back what is read from here on, but not the head: what it says may be another try's business. */
  pause(): void {
    this.#paused = true
    if (this.#answered && !this.#over) this.#connection?.pause()
  }

  resume(): void {
    this.#paused = false
    if (!this.#over) this.#connection?.resume()
  }

  abort(): void {
    if (this.#over) return
    this.#over = true
    this.#connection?.abort()
  }

  onHead({ status, headers }: ResponseHead): void {
    this.#answered = true
    const requestId = headers.get('x-amzn-requestid') ?? null
    const contentType = headers.get('content-type') ?? ''
    if (status !== 200 || !isExpectedType(this.#target, this.#stream, contentType)) {
      const type = parseErrorType(headers.get('x-amzn-errortype') ?? null)
      this.#failure = { status, type, requestId, parts: [], bytes: 0 }
      return
    }
    this.#request = null
    this.#http = null
    this.#route.confirm()
    this.#handler.onHeaders({
      requestId,
      streams: !isJson(contentType),
      inputTokens: parseTokenCount(headers.get('x-amzn-bedrock-input-token-count')),
    })
    if (this.#paused) this.pause()
  }

  onBody(part: Buffer): void {
    if (this.#over) return
    if (this.#failure === null) this.#handler.onData(part)
    else if (this.#failure.bytes < ERROR_BODY_BYTES_MAX) {
      this.#failure.parts.push(Buffer.from(part))
      this.#failure.bytes += part.length
    }
  }

  onReadEnd(): void {
    if (this.#failure === null && this.#answered) this.#handler.onReadEnd?.()
  }

  onEnd(): void {
    if (this.#failure !== null) this.#fail(toReplyError(this.#failure, this.#target))
    else {
      this.#over = true
      try {
        this.#handler.onEnd()
      } catch (error) {
        this.#handler.onError(toGatewayError(error))
      }
    }
  }

  onError(error: Error): void {
    if (this.#over) return
    if (error instanceof ListenerError) this.#fail(toGatewayError(error.cause))
    else if (this.#diedUnanswered(error)) this.#sendAgain()
    else if (this.#failure !== null) this.#fail(toReplyError(this.#failure, this.#target))
    else this.#fail(toConnectionError(error, this.#answered))
  }

  /** Not a byte came back on a connection that may have been dead for long: most likely nobody saw the request. */
  #diedUnanswered(error: Error): boolean {
    const closedByUs = error instanceof ConnectionError && error.code === 'CLIENT_CLOSED'
    return this.#mayBeStale && !closedByUs && this.#connection?.heard === false
  }

  #sendAgain(): void {
    this.#mayBeStale = false
    if (this.#pool !== null) this.#sendOn(this.#pool.open())
  }

  #fail(error: GatewayError): void {
    if (error.code === 'aws_credentials') this.#context.access.refused()
    if (this.#route.turnAround(error)) {
      this.#answered = false
      this.#failure = null
      this.#startAgain()
    } else this.#giveUp(error)
  }

  /** Nobody is there to catch what a start throws while replies are read. */
  #startAgain(): void {
    try {
      this.start()
    } catch (cause) {
      this.#giveUp(toGatewayError(cause))
    }
  }

  #giveUp(error: GatewayError): void {
    this.#over = true
    this.#handler.onError(error)
  }
}

/** A typing error in front of a host must not send a bearer token in the clear. */
function toUrl(origin: string): URL {
  const url = URL.canParse(origin) ? new URL(origin) : null
  if (url?.protocol === 'https:' || url?.protocol === 'http:') return url
  throw new GatewayError(
    'upstream_unavailable',
    'The endpoint that is set for Bedrock must begin with https:// or http://.',
  )
}

function toHttpRequest(request: BedrockRequest, endpoint: Endpoint, path: string): HttpRequest {
  const { body, headers, payloadHash } = request
  const bodyBytes = typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength
  return { head: endpoint.headFor({ path, headers, body, bodyBytes, payloadHash }), body, bodyBytes }
}

function toReplyError(failure: FailedReply, { kind }: BedrockRequest['target']): GatewayError {
  const said = parseErrorBody(Buffer.concat(failure.parts).toString('utf8'))
  return fromBedrockFailure(
    {
      name: failure.type ?? said?.name ?? null,
      status: failure.status,
      message: said?.message ?? null,
      requestId: failure.requestId,
      originalStatus: said?.originalStatus ?? null,
    },
    kind,
  )
}

function isJson(contentType: string): boolean {
  return /^application\/json\b/i.test(contentType)
}

function parseTokenCount(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : null
}

/** Failures of a connection in the words of this gateway; the code of the cause is a fact, its text is not repeated. */
function toConnectionError(error: Error, answered: boolean): GatewayError {
  const code = (error as { code?: unknown }).code
  const what = typeof code === 'string' ? code : error.name
  return answered
    ? new GatewayError(
        'upstream_incomplete',
        `The connection to Bedrock broke before the reply was complete (${what}).`,
        { cause: error },
      )
    : new GatewayError('upstream_unavailable', `Bedrock could not be reached (${what}).`, { cause: error })
}

/**
 * A front end of AWS answers a path that nobody serves with status 200 and JSON (`UnknownOperationException`): a stream
 * comes as a stream or it failed. Whole replies are JSON either way; who reads those tells them apart.
 */
function isExpectedType(
  { dialect }: BedrockRequest['target'],
  stream: boolean,
  contentType: string,
): boolean {
  if (!stream) return true
  return dialect === 'converse' ? !isJson(contentType) : /^text\/event-stream\b/i.test(contentType)
}

function toPath({ target, stream }: BedrockRequest, mantlePath: string): string {
  switch (target.dialect) {
    case 'converse':
      // A label of restJson1: slashes and colons of the id are encoded too (facts C1).
      return `/model/${encodeRfc3986(target.id)}/${stream ? 'converse-stream' : 'converse'}`
    case 'invoke':
      return `/model/${encodeRfc3986(target.id)}/invoke`
    case 'openai-runtime':
      return '/openai/v1/chat/completions'
    case 'openai-mantle':
      return `${mantlePath}/chat/completions`
    default:
      return target.dialect satisfies never
  }
}
