import { isUtf8 } from 'node:buffer'
import type { ModelTarget, Resolution } from './catalog/types.js'
import { GatewayError } from './errors.js'
import { nestsDeeperThan } from './openai/nesting.js'
import { parseChatRequest, parseJson } from './openai/parse-chat-request.js'
import type { ChatRequest } from './openai/types.js'
import type { Sanitized } from './translate/conversation.js'
import { toConverse } from './translate/to-converse.js'

/** A chat request, ready to be sent to Bedrock. Plain data: it may come from a worker. */
export interface PreparedChat {
  readonly target: ModelTarget
  readonly stream: boolean
  readonly includeUsage: boolean
  /** The Converse body. */
  readonly body: string | Uint8Array
  /** SHA-256 of the body in hex, where a worker computed it. */
  readonly payloadHash: string | null
  readonly sanitized: Sanitized
  /** Request parameters that the model never sees. */
  readonly dropped: readonly string[]
}

/** No tool schema comes near; every serializer behind this gateway recurses. */
const NESTING_MAX = 512

/** The bytes of a chat request → checked request. Throws a `GatewayError`. */
export function parseChatBody(parts: readonly Uint8Array[]): ChatRequest {
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
  return parseChatRequest(parseJson(text))
}

/** The same memory as a Buffer: from a worker's message a part comes as a plain array. */
function toBuffer(part: Uint8Array): Buffer {
  return Buffer.from(part.buffer, part.byteOffset, part.byteLength)
}

/** Checked request and its model → what is sent. Throws a `GatewayError` for what can't be said to Bedrock. */
export function translateChat(request: ChatRequest, target: ModelTarget): PreparedChat {
  const { body, sanitized, dropped } = toConverse(request, target)
  return {
    target,
    stream: request.stream,
    includeUsage: request.includeUsage,
    body: JSON.stringify(body),
    payloadHash: null,
    sanitized,
    dropped,
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
