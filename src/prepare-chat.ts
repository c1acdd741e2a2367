import { isUtf8 } from 'node:buffer'
import type { ModelTarget, Resolution } from './catalog/types.js'
import { GatewayError } from './errors.js'
import { type Fields, isFields } from './openai/fields.js'
import { nestsDeeperThan } from './openai/nesting.js'
import { parseChatRequest, parseJson, parseModel, requireObject } from './openai/parse-chat-request.js'
import type { ChatRequest } from './openai/types.js'
import { withDefaults } from './openai/with-defaults.js'
import { dropsParams } from './translate/drop-list.js'
import type { ReplyPlan, TranslationContext } from './translate/policy.js'
import { isReturnable } from './translate/reasoning-history.js'
import type { Sanitized } from './translate/repairs.js'
import { toConverse } from './translate/to-converse.js'
import { toOpenAi } from './translate/to-openai.js'

/** A chat request, ready to be sent to Bedrock. Plain data: it may come from a worker. */
export interface PreparedChat {
  readonly target: ModelTarget
  /** The client asked for a stream. */
  readonly stream: boolean
  /** Bedrock is asked for a stream, too: some models have none, or none with tools. */
  readonly upstreamStreams: boolean
  /** So many calls, each with this body. */
  readonly choices: number
  /** What is sent, in the target's dialect. */
  readonly body: string | Uint8Array
  /** SHA-256 of the body in hex, where a worker computed it. */
  readonly payloadHash: string | null
  /** Request headers beside those of every call. */
  readonly headers: Readonly<Record<string, string>>
  /** Names of the fields that the client, or its alias, says to the model itself. */
  readonly ownFields: readonly string[]
  /** False: parameters are refused rather than left out. */
  readonly dropsParams: boolean
  readonly plan: ReplyPlan
  readonly sanitized: Sanitized
  /** Request parameters that the model never sees. */
  readonly dropped: readonly string[]
}

/** No tool schema comes near; every serializer behind this gateway recurses. */
const NESTING_MAX = 512

/** The bytes of a chat request → its members, unchecked. Throws a `GatewayError`. */
export function parseChatBody(parts: readonly Uint8Array[]): Fields {
  const [only] = parts
  const bytes = parts.length === 1 && only !== undefined ? toBuffer(only) : Buffer.concat(parts)
  // Decoding would put a replacement character where the client said something else.
  if (!isUtf8(bytes)) throw new GatewayError('invalid_json', 'The request body is not valid UTF-8.')
  const text = bytes.toString('utf8')
  if (nestsDeeperThan(text, NESTING_MAX)) {
    throw new GatewayError(
      'invalid_request',
      `The request body nests deeper than ${NESTING_MAX} arrays and objects.`,
    )
  }
  return requireObject(parseJson(text))
}

/** The same memory as a Buffer: from a worker's message a part comes as a plain array. */
function toBuffer(part: Uint8Array): Buffer {
  return Buffer.from(part.buffer, part.byteOffset, part.byteLength)
}

/** The name in `model`: who that is decides how the rest is read. */
export function readModel(body: Fields): string {
  return parseModel(body['model'], 'model')
}

/** Members of a chat request → checked request. What the alias sets holds where the client says nothing. */
export function parseChat(body: Fields, { defaults }: Pick<ModelTarget, 'defaults'>): ChatRequest {
  return parseChatRequest(defaults === null ? body : withDefaults(body, defaults.parameters))
}

/** True where parts have to become bytes first: fetching and scaling is a worker's job. */
export function hasMedia(request: ChatRequest): boolean {
  return request.messages.some(({ content }) => content.some((part) => part.type !== 'text'))
}

/** Tool calls of the history that came back without the thoughts before them: those may have been kept here. */
export function findUnexplainedCalls(request: ChatRequest): readonly string[] {
  return request.messages.flatMap((message) =>
    message.role === 'assistant' && !message.reasoning.some(isReturnable)
      ? message.toolCalls.map((call) => call.id)
      : [],
  )
}

/**
 * A streamed chat that goes on after tool results: Open WebUI shows no error status there (openwebui-contract §3). Told of
 * the members as they came, so that what is wrong with them can be said in the stream, too.
 */
export function isStreamedToolRound(body: Fields): boolean {
  const messages: unknown = body['messages']
  if (body['stream'] !== true || !Array.isArray(messages)) return false
  const [before, last] = [roleOf(messages.at(-2)), roleOf(messages.at(-1))]
  // Images of tool results follow them as a user message of their own (openwebui-contract §2).
  return isToolRole(last) || (last === 'user' && isToolRole(before))
}

function roleOf(message: unknown): unknown {
  return isFields(message) ? message['role'] : null
}

function isToolRole(role: unknown): boolean {
  return role === 'tool' || role === 'function'
}

/** Checked request and its model → what is sent. Throws a `GatewayError` for what can't be said to Bedrock. */
export function translateChat(request: ChatRequest, context: TranslationContext): PreparedChat {
  const { target } = context
  const said = target.dialect === 'converse' ? toConverse(request, context) : toOpenAi(request, context)
  return {
    target,
    stream: request.stream,
    upstreamStreams: said.streams,
    choices: request.choices,
    body: JSON.stringify(said.body),
    payloadHash: null,
    headers: said.headers,
    plan: said.plan,
    sanitized: said.sanitized,
    dropped: said.dropped,
    ownFields: Object.keys(request.modelFields ?? {}),
    dropsParams: dropsParams(context),
  }
}

/** The chat model behind a name; throws 403, 404 or 400 in words that say what to do. */
export function requireChatTarget(name: string, resolution: Resolution): ModelTarget {
  const param = 'model'
  const shown = name.length > 128 ? `${name.slice(0, 128)}…` : name
  switch (resolution.type) {
    case 'listed':
    case 'unlisted':
      return requireKind(shown, resolution.target)
    case 'denied':
      throw new GatewayError(
        'model_denied',
        `The model "${shown}" is not allowed by this gateway's settings.`,
        { param },
      )
    case 'not-invocable':
      throw new GatewayError(
        'model_not_found',
        `The model "${shown}" is known, but no configured region offers it on demand or by an inference profile.`,
        { param },
      )
    case 'unknown':
      throw new GatewayError(
        'model_not_found',
        `The model "${shown}" does not exist: GET /v1/models lists what can be used.`,
        {
          param,
        },
      )
    default:
      return resolution satisfies never
  }
}

const OTHER_ENDPOINTS = {
  image: 'it makes images: use /v1/images/generations',
  embedding: 'it makes embeddings: use /v1/embeddings',
  rerank: 'it ranks documents: use /v1/rerank',
  other: 'it takes no chat',
} as const

function requireKind(shown: string, target: ModelTarget): ModelTarget {
  if (target.kind === 'chat') return target
  throw new GatewayError(
    'invalid_request',
    `The model "${shown}" can't chat: ${OTHER_ENDPOINTS[target.kind]}.`,
    {
      param: 'model',
    },
  )
}
