import type { ChatTarget, ModelTarget } from './catalog/types.js'
import { type Fields, isFields } from './openai/fields.js'
import { parseChatRequest } from './openai/parse-chat-request.js'
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
  readonly type: 'chat'
  readonly target: ChatTarget
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
    type: 'chat',
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
