import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { join } from 'node:path'
import { awsDir } from '../shared.js'
import { type Answer, composeAnswer, toConverseReply } from './answer.js'
import { type AuthenticationOptions, authenticate } from './authenticate.js'
import {
  type Behaviour,
  DEFAULT_BEHAVIOUR,
  faultsFor,
  mergeBehaviour,
  parseBehaviour,
  type ScriptedReply,
} from './behaviour.js'
import { buildCatalogue, type Catalogue, type ModelRow, type ProfileRow } from './catalogue.js'
import { answerControl } from './control-plane.js'
import { type ConverseRequest, parseConverse } from './converse-request.js'
import { checkConverse } from './converse-rules.js'
import { encodeException } from './event-stream-encoder.js'
import { toolInputStyle } from './fragments.js'
import { judge } from './guardrail.js'
import { answerInvoke } from './invoke.js'
import { judgeInvoke } from './invoke-guardrail.js'
import { resolveModel } from './model-access.js'
import { type OpenAiHost, parseOpenAiChat, toChunkLines, toCompletion } from './openai-chat.js'
import { checkOpenAiModel, listMantleModels } from './openai-models.js'
import { createPromptCache } from './prompt-cache.js'
import { createRateWindow } from './rate-window.js'
import { createReasoningSigner } from './reasoning-signer.js'
import { type Route, type RuntimeOperation, toMantleRoute, toRoute } from './route.js'
import {
  type CannedReply,
  sendCanned,
  sendError,
  sendJson,
  sendNotFound,
  sendOpenAiError,
  sendUnknownOperation,
} from './send.js'
import { loadRequestChecker, type RequestChecker } from './service-model.js'
import { planLines, planStream, prepareStream, type StreamPlan, toFrames } from './stream-plan.js'
import { createStreamPlayer } from './stream-player.js'
import { BedrockError, validationError } from './wire-error.js'

export type {
  Behaviour,
  ControlFault,
  EmulatedGuardrail,
  ScriptedReply,
  StreamException,
} from './behaviour.js'
export type { CannedReply } from './send.js'

export interface EmulatorOptions {
  /** Default 0: any free port. */
  readonly port?: number
  /** Regions that exist, default `['us-east-1']`; signatures for others are refused. */
  readonly regions?: readonly string[]
  readonly accessKeyId?: string
  readonly secretAccessKey?: string
  /** Absent: requests must not carry one. */
  readonly sessionToken?: string
  readonly bearerToken?: string
  /** Listing rows by region; a region without an entry has the built-in ones. */
  readonly models?: Readonly<Record<string, readonly ModelRow[]>>
  readonly profiles?: Readonly<Record<string, readonly ProfileRow[]>>
  /** Rows of the built-in listing, padded with numbered chat models. */
  readonly modelsCount?: number
  /** A botocore service description; default `../shared/aws/…`, null for none. Without it the emulator's own rules hold. */
  readonly serviceModelPath?: string | null
  /** The oldest requests beyond this many are forgotten; default 10000. */
  readonly requestsMax?: number
  /** Milliseconds since the epoch, for signature dates. */
  readonly clock?: () => number
}

/** One request as the emulator saw it, in order of arrival. */
export interface RecordedRequest {
  /** `unknown` for paths that no operation has. */
  readonly operation: string
  readonly modelId: string
  /** Empty until the request has proved its region. */
  readonly region: string
  readonly method: string
  /** Path and query as sent. */
  readonly target: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** Parsed JSON; null for an empty body, a string for one that is no JSON. */
  readonly body: unknown
  readonly receivedAtMs: number
  /** The client closed before the reply was complete. */
  readonly aborted: boolean
  readonly abortedAtMs: number | null
  /** Counts connections from 1. */
  readonly connectionId: number
  /** Status of the reply; 0 until there is one. */
  readonly status: number
  /** Why the request was refused, with what the reply does not say; null: it was not. */
  readonly refusal: string | null
}

/** A running emulator. */
export interface Emulator {
  /** `http://127.0.0.1:PORT`, for the control plane and the runtime. */
  readonly url: string
  /** The same for bedrock-mantle, on a port of its own. */
  readonly mantleUrl: string
  readonly port: number
  /** What a gateway under test needs in its environment. */
  readonly environment: Readonly<Record<string, string>>
  readonly requests: readonly RecordedRequest[]
  readonly connectionsOpen: number
  /** Merges over the current behaviour, for all following requests. */
  set(behaviour: Partial<Behaviour>): void
  /** Back to the defaults; forgets queued replies, keeps the requests, signatures and cached prompts. */
  reset(): void
  /** Answers the next authentic runtime request with this reply, whatever it asks. */
  respondWith(reply: CannedReply): void
  close(): Promise<void>
}

/** Signing names: bedrock-facts C1 and, for mantle, BerriAI/litellm#31475. */
type Service = 'bedrock' | 'bedrock-mantle'

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

const DEFAULT_SERVICE_MODEL = 'bedrock-runtime.service-2.json'

/** Starts an emulator on loopback. Rejects where the port is taken. */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const core = new EmulatorServer(options)
  return core.start(options.port ?? 0)
}

interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly body: Buffer
  readonly record: Mutable<RecordedRequest>
  readonly behaviour: Behaviour
}

class EmulatorServer {
  readonly #regions: readonly string[]
  readonly #authentication: AuthenticationOptions
  readonly #catalogues: ReadonlyMap<string, Catalogue>
  readonly #checker: RequestChecker | null
  readonly #clock: () => number
  readonly #requestsMax: number
  readonly #server: Server
  readonly #mantleServer: Server
  readonly #player = createStreamPlayer()
  readonly #requests: Mutable<RecordedRequest>[] = []
  readonly #canned: CannedReply[] = []
  readonly #signer = createReasoningSigner()
  readonly #promptCache = createPromptCache()
  readonly #rate = createRateWindow(() => performance.now())
  #scripted: ScriptedReply[] = []
  readonly #connections = new Map<Socket, { id: number; requests: number }>()
  readonly #timers = new Set<NodeJS.Timeout>()
  readonly #prepared = new Map<string, StreamPlan>()
  #connectionsTotal = 0
  #behaviour = DEFAULT_BEHAVIOUR

  constructor(options: EmulatorOptions) {
    this.#regions = options.regions ?? ['us-east-1']
    this.#clock = options.clock ?? Date.now
    this.#requestsMax = options.requestsMax ?? 10_000
    this.#authentication = toAuthentication(options, this.#regions)
    this.#catalogues = toCatalogues(options, this.#regions)
    const path =
      options.serviceModelPath === undefined ? join(awsDir, DEFAULT_SERVICE_MODEL) : options.serviceModelPath
    this.#checker = path === null ? null : loadRequestChecker(path)
    this.#server = this.#createServer('bedrock')
    this.#mantleServer = this.#createServer('bedrock-mantle')
  }

  #createServer(service: Service): Server {
    // AWS keeps idle connections longer than any test waits; Node would close them after 5 s.
    const server = createServer({ keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 })
    server.on('connection', (socket) => this.#onConnection(socket))
    server.on('request', (request, response) => {
      void this.#onRequest(request, response, service).catch(() => response.destroy())
    })
    return server
  }

  async start(port: number): Promise<Emulator> {
    return this.#toEmulator(await listen(this.#server, port), await listen(this.#mantleServer, 0))
  }

  #toEmulator(port: number, mantlePort: number): Emulator {
    const url = `http://127.0.0.1:${port}`
    const mantleUrl = `http://127.0.0.1:${mantlePort}`
    const { identity } = this.#authentication
    const connections = this.#connections
    return {
      url,
      mantleUrl,
      port,
      environment: {
        AWS_ENDPOINT_URL_BEDROCK: url,
        AWS_ENDPOINT_URL_BEDROCK_RUNTIME: url,
        AWS_ENDPOINT_URL_BEDROCK_MANTLE: mantleUrl,
        AWS_ACCESS_KEY_ID: identity.accessKeyId,
        AWS_SECRET_ACCESS_KEY: identity.secretAccessKey,
        ...(identity.sessionToken === null ? {} : { AWS_SESSION_TOKEN: identity.sessionToken }),
        AWS_REGION: this.#regions[0] ?? '',
      },
      requests: this.#requests,
      get connectionsOpen() {
        return connections.size
      },
      set: (behaviour) => this.#set(behaviour),
      reset: () => this.#reset(),
      respondWith: (reply) => {
        this.#canned.push(reply)
      },
      close: () => this.#close(),
    }
  }

  #set(behaviour: Partial<Behaviour>): void {
    this.#behaviour = mergeBehaviour(this.#behaviour, behaviour)
    if (behaviour.replies !== undefined) this.#scripted = [...behaviour.replies]
  }

  #reset(): void {
    this.#behaviour = DEFAULT_BEHAVIOUR
    this.#scripted = []
    this.#canned.length = 0
    this.#rate.clear()
  }

  async #close(): Promise<void> {
    this.#player.close()
    for (const timer of this.#timers) clearTimeout(timer)
    await Promise.all([this.#server, this.#mantleServer].map(closeServer))
  }

  #onConnection(socket: Socket): void {
    this.#connectionsTotal += 1
    this.#connections.set(socket, { id: this.#connectionsTotal, requests: 0 })
    socket.on('close', () => this.#connections.delete(socket))
  }

  async #onRequest(request: IncomingMessage, response: ServerResponse, service: Service): Promise<void> {
    const behaviour = this.#behaviour
    const connection = this.#connections.get(request.socket)
    if (connection !== undefined) connection.requests += 1
    if (behaviour.resetReusedConnections && (connection?.requests ?? 0) > 1) {
      request.socket.resetAndDestroy()
      return
    }
    const body = await readBody(request)
    if (body === null) return
    if (request.url?.startsWith('/_emulator/') === true) return this.#onAdmin({ request, response, body })
    const record = this.#record(request, body, connection?.id ?? 0)
    watchAbort(response, record)
    response.setHeader('x-amzn-RequestId', randomUUID())
    const exchange: Exchange = { request, response, body, record, behaviour }
    const path = record.target.split('?', 1)[0] ?? ''
    const route = service === 'bedrock' ? toRoute(record.method, path) : toMantleRoute(record.method, path)
    try {
      await this.#answer(exchange, { route, service })
    } catch (error) {
      if (!(error instanceof BedrockError)) throw error
      if (route.type === 'openai-chat' || route.type === 'openai-models') sendOpenAiError(exchange, error)
      else sendError(exchange, error)
    }
  }

  #record(request: IncomingMessage, body: Buffer, connectionId: number): Mutable<RecordedRequest> {
    const record: Mutable<RecordedRequest> = {
      operation: 'unknown',
      modelId: '',
      region: '',
      method: request.method ?? '',
      target: request.url ?? '',
      headers: request.headers,
      body: parseJson(body),
      receivedAtMs: Date.now(),
      aborted: false,
      abortedAtMs: null,
      connectionId,
      status: 0,
      refusal: null,
    }
    this.#requests.push(record)
    if (this.#requests.length > this.#requestsMax) this.#requests.shift()
    return record
  }

  async #answer(exchange: Exchange, { route, service }: { route: Route; service: Service }): Promise<void> {
    const { request, record } = exchange
    const target = new URL(record.target, 'http://emulator')
    if (route.type === 'unknown') {
      return service === 'bedrock' ? sendUnknownOperation(exchange) : sendNotFound(exchange)
    }
    record.operation = route.operation
    record.modelId = route.label
    record.region = authenticate(
      { method: record.method, target: record.target, headers: headerPairs(request), body: exchange.body },
      { ...this.#authentication, identity: { ...this.#authentication.identity, service } },
      this.#clock(),
    )
    switch (route.type) {
      case 'control':
        return this.#answerControl(exchange, route, target.searchParams)
      case 'runtime':
        return this.#answerRuntime(exchange, route)
      case 'openai-chat':
        return this.#answerOpenAi(exchange, route.host)
      case 'openai-models':
        return sendJson(exchange, listMantleModels())
      default:
        return route satisfies never
    }
  }

  async #answerOpenAi(exchange: Exchange, host: OpenAiHost): Promise<void> {
    const canned = this.#canned.shift()
    if (canned === undefined) this.#checkRate(exchange.behaviour)
    if (!(await this.#wait(exchange, exchange.behaviour.headersDelayMs))) return
    if (canned !== undefined) return sendCanned(exchange, canned)
    failAsTold(exchange.behaviour)
    const chat = parseOpenAiChat(exchange.record.body)
    exchange.record.modelId = chat.model
    checkOpenAiModel(chat.model, host, this.#catalogue(exchange.record.region))
    const scripted = this.#nextBehaviour(exchange)
    failAsTold(scripted.behaviour)
    const answer = composeAnswer(scripted.behaviour, chat.request, {
      requestBytes: exchange.body.length,
      sign: (block) => block,
      inputUsage: null,
    })
    if (!(await this.#wait(exchange, scripted.delayMs))) return
    const identity = {
      id: `chatcmpl-${randomUUID()}`,
      created: Math.floor(this.#clock() / 1000),
      model: chat.model,
    }
    exchange.response.setHeader('x-request-id', randomUUID())
    if (!chat.streams) return sendJson(exchange, toCompletion(answer, identity, host))
    const lines = toChunkLines(answer, identity, { host, includesUsage: chat.includesUsage })
    return this.#stream(scripted, planLines(lines, scripted.behaviour), 'text/event-stream')
  }

  async #answerControl(
    exchange: Exchange,
    route: Extract<Route, { type: 'control' }>,
    query: URLSearchParams,
  ): Promise<void> {
    const region = exchange.record.region
    const fault = faultsFor(exchange.behaviour, { operation: route.operation, region })
    if (fault.hang === true) return
    if (!(await this.#wait(exchange, fault.delayMs ?? 0))) return
    const request = { operation: route.operation, region, label: route.label, query }
    sendJson(exchange, answerControl(request, this.#catalogue(region), fault))
  }

  async #answerRuntime(exchange: Exchange, route: Extract<Route, { type: 'runtime' }>): Promise<void> {
    const canned = this.#canned.shift()
    if (canned === undefined) this.#checkRate(exchange.behaviour)
    if (!(await this.#wait(exchange, exchange.behaviour.headersDelayMs))) return
    if (canned !== undefined) return sendCanned(exchange, canned)
    failAsTold(exchange.behaviour)
    const body = this.#checkedBody(exchange, route.operation)
    const startedAtMs = performance.now()
    const model = resolveModel(this.#catalogue(exchange.record.region), route.label)
    if (route.operation === 'CountTokens') return sendJson(exchange, countTokens(body, route.label))
    if (route.operation === 'InvokeModel') return this.#answerInvoke(exchange, body, model)
    const request = parseConverse(body)
    const streams = route.operation === 'ConverseStream'
    const refusal = refusalOf(() => checkConverse(request, model, { signer: this.#signer, streams }))
    if (refusal !== null) {
      if (!streams || !refusal.inStream) throw refusal
      exchange.record.refusal = refusal.message
      const frame = encodeException('validationException', refusal.message)
      return this.#stream(exchange, { writes: [frame], ending: 'end' })
    }
    const scripted = this.#nextBehaviour(exchange)
    failAsTold(scripted.behaviour)
    const answer = this.#answerFor(scripted, request, model)
    const latencyMs = Math.round(performance.now() - startedAtMs)
    if (!(await this.#wait(exchange, scripted.delayMs))) return
    if (route.operation === 'Converse') return sendJson(exchange, toConverseReply(answer, latencyMs))
    return this.#stream(scripted, this.#planFor(scripted, { answer, model, latencyMs }))
  }

  async #answerInvoke(exchange: Exchange, body: object, model: ModelRow): Promise<void> {
    const scripted = this.#nextBehaviour(exchange)
    const { behaviour } = scripted
    failAsTold(behaviour)
    const startedAtMs = performance.now()
    const input = { modelId: model.modelId, body: body as Readonly<Record<string, unknown>>, behaviour }
    const { headers } = exchange.record
    const verdict = judgeInvoke({ headers, body: input.body }, behaviour.guardrail)
    const answer =
      verdict?.blocked === true
        ? { body: {}, inputTokens: null }
        : await answerInvoke(input, exchange.body.length)
    if (!(await this.#wait(exchange, scripted.delayMs))) return
    const { response } = exchange
    if (answer.inputTokens !== null) {
      response.setHeader('x-amzn-bedrock-input-token-count', String(answer.inputTokens))
    }
    const latencyMs = Math.round(performance.now() - startedAtMs)
    response.setHeader('x-amzn-bedrock-invocation-latency', String(latencyMs))
    sendJson(exchange, { ...(answer.body as object), ...verdict?.members })
  }

  #checkRate({ callsPerSecondMax }: Behaviour): void {
    if (!this.#rate.admits(callsPerSecondMax)) throw throttled('requests')
  }

  /** The exchange as the next scripted reply changes it; `delayMs` is what that reply adds before the headers. */
  #nextBehaviour(exchange: Exchange): Exchange & { readonly delayMs: number } {
    const reply = this.#scripted.shift() ?? {}
    const behaviour = mergeBehaviour(exchange.behaviour, reply)
    return { ...exchange, behaviour, delayMs: reply.headersDelayMs ?? 0 }
  }

  #answerFor({ behaviour, body, record }: Exchange, request: ConverseRequest, model: ModelRow): Answer {
    const verdict = judge(request, behaviour.guardrail, record.region)
    if (verdict !== null && verdict.blocked !== null) return verdict.blocked
    const answer = composeAnswer(behaviour, request, {
      requestBytes: body.length,
      sign: this.#signer.sign,
      inputUsage: behaviour.cacheHit ? this.#promptCache.use(request, model.modelId) : null,
    })
    return verdict?.trace === undefined ? answer : { ...answer, trace: verdict.trace }
  }

  #planFor(
    { behaviour }: Exchange,
    { answer, model, latencyMs }: { answer: Answer; model: ModelRow; latencyMs: number },
  ): StreamPlan {
    const options = {
      emptyTextDeltas: behaviour.emptyTextDeltas,
      latencyMs,
      random: Math.random,
      toolInput: toolInputStyle(model.modelId),
    }
    return this.#planned(behaviour) ?? planStream(toFrames(answer, options), behaviour)
  }

  #checkedBody({ behaviour, record }: Exchange, operation: RuntimeOperation): object {
    if (typeof record.body !== 'object' || record.body === null) {
      throw validationError('The provided request is not valid')
    }
    const { refuseMember } = behaviour
    if (refuseMember !== null && hasMember(record.body, refuseMember.path)) {
      throw new BedrockError(refuseMember.failWith)
    }
    const { modelId, headers } = record
    // The body of InvokeModel is a blob to the service model, and what else it takes stands in headers.
    if (operation === 'InvokeModel') this.#checker?.check(operation, { modelId, body: {}, headers })
    else this.#checker?.check(operation, { modelId, body: record.body })
    return record.body
  }

  #planned(behaviour: Behaviour): StreamPlan | null {
    const { prepared } = behaviour
    if (prepared === null) return null
    const key = `${prepared.events}/${prepared.bytesPerEvent}/${prepared.eventsPerWrite}`
    const plan = this.#prepared.get(key) ?? prepareStream(prepared)
    this.#prepared.set(key, plan)
    return plan
  }

  async #stream(
    exchange: Exchange,
    plan: StreamPlan,
    contentType = 'application/vnd.amazon.eventstream',
  ): Promise<void> {
    const { behaviour, response, record } = exchange
    record.status = 200
    response.writeHead(200, { 'content-type': contentType })
    response.flushHeaders()
    if (!(await this.#wait(exchange, behaviour.firstTokenDelayMs))) return
    const eventsPerWrite = behaviour.prepared?.eventsPerWrite ?? behaviour.eventsPerWrite
    this.#player.play(response, plan, {
      writesPerSecond: behaviour.eventsPerSecond / Math.max(1, eventsPerWrite),
      onReset: () => ownResets.add(response),
    })
  }

  /** False when the client left meanwhile. */
  async #wait({ response }: Exchange, delayMs: number): Promise<boolean> {
    if (delayMs <= 0) return true
    const { promise, resolve } = deferred()
    const timer = setTimeout(resolve, delayMs)
    this.#timers.add(timer)
    response.once('close', resolve)
    await promise
    clearTimeout(timer)
    this.#timers.delete(timer)
    response.off('close', resolve)
    return !response.destroyed
  }

  #catalogue(region: string): Catalogue {
    return this.#catalogues.get(region) ?? { models: [], profiles: [] }
  }

  #onAdmin({
    request,
    response,
    body,
  }: {
    request: IncomingMessage
    response: ServerResponse
    body: Buffer
  }): void {
    try {
      if (request.method === 'POST' && request.url === '/_emulator/behaviour')
        this.#set(parseBehaviour(parseJson(body)))
      else if (request.method === 'DELETE' && request.url === '/_emulator/behaviour') this.#reset()
      else throw new TypeError('POST or DELETE /_emulator/behaviour')
      response.writeHead(204).end()
    } catch (error) {
      response.writeHead(400, { 'content-type': 'text/plain' }).end(String(error))
    }
  }
}

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

async function closeServer(server: Server): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  server.closeAllConnections()
  await closed
}

function toAuthentication(options: EmulatorOptions, regions: readonly string[]): AuthenticationOptions {
  return {
    identity: {
      accessKeyId: options.accessKeyId ?? 'AKIDEXAMPLE',
      secretAccessKey: options.secretAccessKey ?? 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
      sessionToken: options.sessionToken ?? null,
      // Signing name of both services (bedrock-facts C1).
      service: 'bedrock' satisfies Service,
    },
    bearerToken: options.bearerToken ?? 'bedrock-test-token',
    regions,
  }
}

function toCatalogues(options: EmulatorOptions, regions: readonly string[]): ReadonlyMap<string, Catalogue> {
  return new Map(
    regions.map((region) => {
      const built = buildCatalogue(
        region,
        options.modelsCount === undefined ? {} : { modelsCount: options.modelsCount },
      )
      const models = options.models?.[region] ?? built.models
      return [region, { models, profiles: options.profiles?.[region] ?? built.profiles }]
    }),
  )
}

async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  const parts: Buffer[] = []
  try {
    for await (const part of request as AsyncIterable<Buffer>) parts.push(part)
  } catch {
    return null
  }
  return Buffer.concat(parts)
}

function watchAbort(response: ServerResponse, record: Mutable<RecordedRequest>): void {
  const socket = response.socket
  response.on('close', () => {
    // A connection that the emulator itself reset is no abort of the client's.
    if (response.writableFinished || ownResets.has(response)) return
    record.aborted = true
    record.abortedAtMs = Date.now()
    socket?.destroy()
  })
}

const ownResets = new WeakSet<ServerResponse>()

function headerPairs(request: IncomingMessage): readonly (readonly [string, string])[] {
  const pairs: [string, string][] = []
  for (let index = 0; index + 1 < request.rawHeaders.length; index += 2) {
    pairs.push([request.rawHeaders[index] ?? '', request.rawHeaders[index + 1] ?? ''])
  }
  return pairs
}

function refusalOf(check: () => void): BedrockError | null {
  try {
    check()
    return null
  } catch (error) {
    if (error instanceof BedrockError) return error
    throw error
  }
}

function failAsTold({ throttle, failWith }: Behaviour): void {
  if (throttle) throw throttled('tokens')
  if (failWith !== null) throw new BedrockError(failWith)
}

// The 429 whose headers were dumped in public (bedrock-facts C2): of the three texts there, "tokens" makes its 63 bytes.
// Embeddings called too often get "requests": danny-avila/rag_api#187.
function throttled(tooMany: 'tokens' | 'requests'): BedrockError {
  return new BedrockError({
    status: 429,
    type: 'ThrottlingException',
    message: `Too many ${tooMany}, please wait before trying again.`,
  })
}

// Recording 730: profile ids are refused; shape CountTokensInput holds a whole Converse request.
function countTokens(body: unknown, modelId: string): unknown {
  if (!/^anthropic\.claude/.test(modelId))
    throw validationError("The provided model doesn't support counting tokens.")
  return { inputTokens: JSON.stringify(body).match(/\w+/g)?.length ?? 0 }
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {}
  const promise = new Promise<void>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}

function parseJson(body: Buffer): unknown {
  if (body.length === 0) return null
  const text = body.toString()
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function hasMember(body: object, path: string): boolean {
  let value: unknown = body
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return false
    value = (value as Readonly<Record<string, unknown>>)[name]
  }
  return true
}
