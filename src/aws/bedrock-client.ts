import { subscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
import type { Dispatcher } from 'undici'
import Pool from 'undici/lib/dispatcher/pool.js'
import { fromBedrockFailure, parseErrorBody, parseErrorType } from '../bedrock/errors.js'
import type { ModelTarget } from '../catalog/types.js'
import { GatewayError } from '../errors.js'
import type { Access, RegionAccess } from './access.js'
import { createMantlePaths } from './mantle-paths.js'
import { encodeRfc3986, sha256Hex, toAmzDate } from './sigv4.js'

const CONNECT_TIMEOUT_MS = 10_000
/** Below what AWS's load balancers grant an idle connection, so that we are the first to close it. */
const KEEP_ALIVE_TIMEOUT_MS = 50_000
/** An error body is a short JSON object; more than this is not worth reading. */
const ERROR_BODY_BYTES_MAX = 64 * 1024
/** Bodies above this are written in slices, so that encrypting one never holds the loop for long. */
const BODY_WHOLE_BYTES_MAX = 1024 * 1024
const BODY_SLICE_BYTES = 64 * 1024

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

/** What comes back, in this order: `onHeaders`, `onData` …, then one of `onEnd` and `onError`. Nothing after those two. */
export interface BedrockHandler {
  /** Called before `onHeaders`, once for each parameter that the call was sent without in the end, by the client's name. */
  onDropped?(parameter: string): void
  /** Status 200 and the kind of body that was asked for: everything else arrives as `onError`. */
  onHeaders(head: ReplyHead): void
  onData(chunk: Buffer): void
  onEnd(): void
  onError(error: GatewayError): void
}

/** A call under way. */
export interface BedrockCall {
  pause(): void
  resume(): void
  /** Closes the connection at once; the handler hears nothing more. */
  abort(): void
}

/** Sockets that have carried a request: what dies on one before any reply may be a stale keep-alive. */
const usedSockets = new WeakSet<Socket>()
let starting: Attempt | null = null
// undici publishes this inside the call that starts a request on a socket, right after `onRequestStart`; its handlers are
// told nothing of the socket otherwise (undici 7, docs/docs/api/DiagnosticsChannel.md).
subscribe('undici:client:sendHeaders', (message) => {
  if (starting === null) return
  const { socket } = message as { socket: Socket }
  if (usedSockets.has(socket)) starting.reused = { socket, bytesReadBefore: socket.bytesRead }
  usedSockets.add(socket)
  starting = null
})

/** A reply with an error status, while its body comes in. */
interface FailedReply {
  readonly status: number
  readonly type: string | null
  readonly requestId: string | null
  readonly parts: Buffer[]
  bytes: number
}

/** One request on one connection. */
class Attempt implements Dispatcher.DispatchHandler {
  /** The connection, where it has carried an earlier request, and what it had brought before this one. */
  reused: { readonly socket: Socket; readonly bytesReadBefore: number } | null = null
  #controller: Dispatcher.DispatchController | null = null
  #answered = false
  #over = false
  #failure: FailedReply | null = null
  readonly #handler: BedrockHandler
  readonly #request: BedrockRequest
  readonly #retry: (() => void) | null

  constructor(request: BedrockRequest, handler: BedrockHandler, retry: (() => void) | null) {
    this.#request = request
    this.#handler = handler
    this.#retry = retry
  }

  get controller(): Dispatcher.DispatchController | null {
    return this.#controller
  }

  /** Closes the connection, and from here on the handler hears nothing. Does nothing once the reply is complete. */
  abort(): void {
    if (this.#over) return
    this.#over = true
    this.#controller?.abort(new Error('aborted'))
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    starting = this
    if (this.#over) controller.abort(new Error('aborted'))
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (status < 200 || this.#over) return
    this.#answered = true
    const requestId = headerText(headers['x-amzn-requestid'])
    const contentType = headerText(headers['content-type']) ?? ''
    const isReply = status === 200 && isExpectedType(this.#request, contentType)
    if (isReply) {
      this.#handler.onHeaders({
        requestId,
        streams: !isJson(contentType),
        inputTokens: parseTokenCount(headers['x-amzn-bedrock-input-token-count']),
      })
    } else {
      this.#failure = {
        status,
        type: parseErrorType(headerText(headers['x-amzn-errortype'])),
        requestId,
        parts: [],
        bytes: 0,
      }
    }
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#over) return
    if (this.#failure === null) this.#handler.onData(chunk)
    else if (this.#failure.bytes < ERROR_BODY_BYTES_MAX) {
      this.#failure.parts.push(chunk)
      this.#failure.bytes += chunk.length
    }
  }

  onResponseEnd(): void {
    if (this.#over) return
    this.#over = true
    if (this.#failure === null) this.#handler.onEnd()
    else this.#handler.onError(this.#toError(this.#failure))
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#over) return
    this.#over = true
    if (this.#retry !== null && this.#diedUnanswered()) this.#retry()
    else if (this.#failure !== null) this.#handler.onError(this.#toError(this.#failure))
    else this.#handler.onError(toConnectionError(error, this.#answered))
  }

  /** Not a byte came back on a connection that may have been dead for long: most likely nobody saw the request. */
  #diedUnanswered(): boolean {
    return this.reused !== null && this.reused.socket.bytesRead === this.reused.bytesReadBefore
  }

  #toError(failure: FailedReply): GatewayError {
    const said = parseErrorBody(Buffer.concat(failure.parts).toString('utf8'))
    return fromBedrockFailure(
      {
        name: failure.type ?? said?.name ?? null,
        status: failure.status,
        message: said?.message ?? null,
        requestId: failure.requestId,
        originalStatus: said?.originalStatus ?? null,
      },
      this.#request.target.kind,
    )
  }
}

function isJson(contentType: string): boolean {
  return /^application\/json\b/i.test(contentType)
}

function parseTokenCount(value: string | string[] | undefined): number | null {
  const text = headerText(value)
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : null
}

function headerText(value: string | string[] | undefined): string | null {
  return (Array.isArray(value) ? value[0] : value) ?? null
}

/** undici's failures in the words of this gateway; the code of the cause is a fact, its text is not repeated. */
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

/** The data plane: signed calls to Bedrock Runtime over kept-alive HTTP/1.1 connections, one pool per endpoint. */
export function createBedrockClient({
  access,
  now,
}: {
  readonly access: Pick<Access, 'forRegion' | 'refused'>
  readonly now: () => number
}) {
  const pools = new Map<string, { readonly reusing: Pool; readonly fresh: Pool }>()
  const mantlePaths = createMantlePaths()
  let amzDate = ''
  let amzDateSecond = 0

  function poolsFor(origin: string): { readonly reusing: Pool; readonly fresh: Pool } {
    let pair = pools.get(origin)
    if (pair === undefined) {
      // Silence and total time are watched by the streams' own sweep: no timer per request.
      const options = {
        connections: null,
        headersTimeout: 0,
        bodyTimeout: 0,
        connect: { timeout: CONNECT_TIMEOUT_MS, noDelay: true },
      }
      pair = {
        reusing: new Pool(origin, { ...options, keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS }),
        fresh: new Pool(origin, options),
      }
      pools.set(origin, pair)
    }
    return pair
  }

  function currentAmzDate(): string {
    const second = Math.floor(now() / 1000)
    if (second !== amzDateSecond) {
      amzDateSecond = second
      amzDate = toAmzDate(second * 1000)
    }
    return amzDate
  }

  /** Sends one request. Throws a `GatewayError` when there are no credentials; everything later goes to the handler. */
  function send(request: BedrockRequest, handler: BedrockHandler): BedrockCall {
    const service = request.target.dialect === 'openai-mantle' ? 'mantle' : 'runtime'
    const regionAccess = access.forRegion(request.target.region, service)
    const route = mantlePaths.start(request.target)
    let aborted = false
    let attempt: Attempt | null = null
    const watched: BedrockHandler = {
      onHeaders(head) {
        route.confirm()
        handler.onHeaders(head)
      },
      onData: (chunk) => handler.onData(chunk),
      onEnd: () => handler.onEnd(),
      onError(error) {
        if (error.code === 'aws_credentials') access.refused()
        if (route.turnAround(error)) begin()
        else handler.onError(error)
      },
    }
    function begin(): void {
      if (aborted) return
      const path = toPath(request, route.path())
      const { origin, options } = toDispatchOptions(request, {
        regionAccess,
        path,
        amzDate: currentAmzDate(),
      })
      const pair = poolsFor(origin)
      const retry = (): void => {
        if (aborted) return
        attempt = new Attempt(request, watched, null)
        pair.fresh.dispatch({ ...options(), reset: true }, attempt)
      }
      attempt = new Attempt(request, watched, retry)
      pair.reusing.dispatch(options(), attempt)
    }

    begin()
    return {
      pause: () => attempt?.controller?.pause(),
      resume: () => attempt?.controller?.resume(),
      abort() {
        aborted = true
        attempt?.abort()
      },
    }
  }

  return {
    send,
    /** Cuts what still runs. */
    async close(): Promise<void> {
      await Promise.all(
        [...pools.values()].flatMap(({ reusing, fresh }) => [reusing.destroy(), fresh.destroy()]),
      )
    },
  }
}

export type BedrockClient = ReturnType<typeof createBedrockClient>

/**
 * A front end of AWS answers a path that nobody serves with status 200 and JSON (`UnknownOperationException`): a stream
 * comes as a stream or it failed. Whole replies are JSON either way; who reads those tells them apart.
 */
function isExpectedType({ target, stream }: BedrockRequest, contentType: string): boolean {
  if (!stream) return true
  return target.dialect === 'converse'
    ? !/^application\/json\b/i.test(contentType)
    : /^text\/event-stream\b/i.test(contentType)
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

function toDispatchOptions(
  request: BedrockRequest,
  {
    regionAccess: { endpoint, auth },
    path: pathOfCall,
    amzDate,
  }: { readonly regionAccess: RegionAccess; readonly path: string; readonly amzDate: string },
): { origin: string; options: () => Dispatcher.DispatchOptions } {
  const pathStart = endpoint.indexOf('/', endpoint.indexOf('//') + 2)
  const origin = pathStart < 0 ? endpoint : endpoint.slice(0, pathStart)
  const basePath = pathStart < 0 ? '' : endpoint.slice(pathStart)
  const path = basePath + pathOfCall
  const host = origin.slice(origin.indexOf('//') + 2)
  const headers: Record<string, string> = { host, 'content-type': 'application/json', ...request.headers }
  if (auth.type === 'bearer') {
    headers['authorization'] = auth.header
  } else {
    headers['x-amz-date'] = amzDate
    if (auth.sessionToken !== null) headers['x-amz-security-token'] = auth.sessionToken
    const payloadHash = request.payloadHash ?? sha256Hex(request.body)
    const signed = { method: 'POST', path, query: '', headers: Object.entries(headers), payloadHash }
    headers['authorization'] = auth.signer.sign(signed, amzDate)
  }
  const bodyBytes =
    typeof request.body === 'string' ? Buffer.byteLength(request.body) : request.body.byteLength
  const whole = bodyBytes <= BODY_WHOLE_BYTES_MAX
  if (!whole) headers['content-length'] = String(bodyBytes)
  return {
    origin,
    options: () => ({
      method: 'POST',
      path,
      headers,
      body: (whole ? request.body : toSlices(request.body)) as string | Buffer,
    }),
  }
}

/** The body in slices: undici waits for the socket between them. */
async function* toSlices(body: Uint8Array | string): AsyncGenerator<Buffer> {
  const bytes =
    typeof body === 'string' ? Buffer.from(body) : Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  for (let offset = 0; offset < bytes.length; offset += BODY_SLICE_BYTES) {
    yield bytes.subarray(offset, offset + BODY_SLICE_BYTES)
  }
}
