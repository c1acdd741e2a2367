import type { ModelKind } from '../catalog/types.js'
import { GatewayError } from '../errors.js'
import {
  fieldRulesOf,
  KIND_RULES,
  NAME_RULES,
  OPENAI_NAME_RULES,
  ORIGINAL_STATUS_RULES,
  type Rule,
  STATUS_RULES,
  WORDS_RULES,
} from './error-rules.js'

const RULE_BY_NAME: ReadonlyMap<string, Rule> = new Map(
  Object.entries<Rule>(NAME_RULES).map(([name, rule]) => [name.toLowerCase(), rule]),
)

/** An error event is one line, and lines have a limit (openwebui-contract §3). */
const MESSAGE_CHARACTERS_MAX = 8_000

export interface BedrockFailure {
  /** The exception's name, from `x-amzn-errortype` (cut at ':') or a frame's `:exception-type`. */
  readonly name: string | null
  /** HTTP status; null for an exception inside a stream. */
  readonly status: number | null
  readonly message: string | null
  readonly requestId: string | null
  /** `originalStatusCode` of a ModelErrorException or ModelStreamErrorException: what the model's server said. */
  readonly originalStatus?: number | null
}

/**
 * Our error for one of Bedrock's: Bedrock's own words are kept, and what to change is added where it is known. `kind` is what the
 * model is for: fields and advice are those of its endpoint.
 */
export function fromBedrockFailure(failure: BedrockFailure, kind: ModelKind = 'chat'): GatewayError {
  const rule = toRule(failure, kind)
  const said = failure.message ?? describeSilence(failure)
  // A refused signature comes with the canonical request below its first line, the session token included.
  const words = rule.code === 'aws_credentials' ? (said.split('\n', 1)[0] ?? '') : said
  const prefix = rule.code === 'aws_credentials' ? "AWS refused this gateway's credentials" : 'Bedrock'
  const hint = rule.hint === undefined ? '' : ` (${rule.hint})`
  return new GatewayError(rule.code, `${prefix}: ${words}${hint}`, {
    upstream: { type: toPlainName(failure.name), status: failure.status, requestId: failure.requestId },
    param: rule.param ?? null,
    ...(rule.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: rule.retryAfterSeconds }),
  })
}

function describeSilence({ name, status }: BedrockFailure): string {
  if (name === 'UnknownOperationException')
    return 'this endpoint does not know the operation (UnknownOperationException): it does not serve the model this way.'
  if (status === 200) return 'it answered with something else than the stream that was asked for.'
  return `status ${status ?? 'none'} without a message`
}

/** Names reach the log: what is no plain word is no name of an exception. */
function toPlainName(name: string | null): string | null {
  return name !== null && /^[\w.$-]{1,80}$/.test(name) ? name : null
}

/** The tables speak of chats: what they say of fields and advice is put in the words of the model's endpoint. */
function toRule(failure: BedrockFailure, kind: ModelKind): Rule {
  const rule = toCommonRule(failure, kind)
  const own = KIND_RULES[kind]
  if (own === null) return rule.chatHint === undefined ? rule : { ...rule, hint: rule.chatHint }
  return rule.code === 'context_length_exceeded' ? own.tooLong : rule
}

function toCommonRule({ name, status, message, originalStatus }: BedrockFailure, kind: ModelKind): Rule {
  const key = name?.toLowerCase() ?? ''
  const inStream = status === null ? OPENAI_NAME_RULES.get(key) : undefined
  const rule = RULE_BY_NAME.get(key) ?? inStream ?? toStatusRule(status)
  if (rule.code === 'aws_credentials') return rule
  const original = rule.code === 'upstream_error' ? ORIGINAL_STATUS_RULES.get(originalStatus ?? 0) : undefined
  return refine(original ?? rule, message, kind)
}

function toStatusRule(status: number | null): Rule {
  const exact = status === null ? undefined : STATUS_RULES.get(status)
  if (exact !== undefined) return exact
  const isRefusal = status !== null && status >= 400 && status < 500
  return isRefusal ? NAME_RULES.ValidationException : NAME_RULES.InternalServerException
}

function refine(rule: Rule, message: string | null, kind: ModelKind): Rule {
  if (message === null) return rule
  const byWords = WORDS_RULES.find(({ words }) => words.test(message))
  if (byWords !== undefined) return byWords
  if (rule.code !== 'invalid_request') return rule
  const field = fieldRulesOf(kind).find(({ words }) => words.test(message))
  return field === undefined ? rule : { ...rule, ...field }
}

/** The exception name of an `x-amzn-errortype` header: `ValidationException:http://…` is cut at the colon. */
export function parseErrorType(header: string | null): string | null {
  if (header === null || header === '') return null
  const name = header.split(':', 1)[0] ?? ''
  return name === '' ? null : name
}

/** What an error body says of itself. */
export interface ErrorBody {
  /** The exception's name, or the `code` or `type` of an OpenAI error; null: it names none. */
  readonly name: string | null
  readonly message: string | null
  readonly originalStatus: number | null
}

/**
 * Reads the body of a failed reply or of an exception frame: `{"message":"…"}` (the authorization layer spells it
 * `Message`), OpenAI's `{"error":{"message","type","code"}}` of the native endpoints, or the front end's
 * `{"Output":{"__type":"…#UnknownOperationException"}}` for a path that nobody serves, which comes with status 200
 * (BerriAI/litellm#13618). Null for what is none of these.
 */
export function parseErrorBody(body: string): ErrorBody | null {
  try {
    return toErrorBody(JSON.parse(body))
  } catch {
    return null
  }
}

/** As `parseErrorBody`, for a body that is parsed already. */
export function toErrorBody(body: unknown): ErrorBody | null {
  const members = toMembers(body)
  if (members === null) return null
  const nested = toMembers(members.error) ?? toMembers(members.Output)
  const name = readName(nested ?? members) ?? readName(members)
  const message = readMessage(nested ?? members) ?? readMessage(members)
  if (name === null && message === null) return null
  const { originalStatusCode } = members
  return { name, message, originalStatus: typeof originalStatusCode === 'number' ? originalStatusCode : null }
}

/** Members of error bodies; each may be missing or of any type. */
interface ErrorMembers {
  readonly message?: unknown
  readonly Message?: unknown
  /** What the model's own server said (ModelStreamErrorException). */
  readonly originalMessage?: unknown
  readonly originalStatusCode?: unknown
  readonly error?: unknown
  readonly Output?: unknown
  readonly __type?: unknown
  readonly code?: unknown
  readonly type?: unknown
}

function toMembers(value: unknown): ErrorMembers | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null
}

/** `com.amazon.coral.service#UnknownOperationException` → `UnknownOperationException`. */
function readName({ __type, code, type }: ErrorMembers): string | null {
  for (const name of [__type, code, type]) {
    if (typeof name === 'string' && name !== '') return name.slice(name.lastIndexOf('#') + 1)
  }
  return null
}

function readMessage({ message, Message, error, originalMessage }: ErrorMembers): string | null {
  const said = [message, Message, error].find(isText)
  const texts = new Set([said, originalMessage].filter(isText))
  if (texts.size === 0) return null
  return [...texts].join(' The model said: ').slice(0, MESSAGE_CHARACTERS_MAX)
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}
