import { type ErrorCode, GatewayError } from '../errors.js'

interface Rule {
  readonly code: ErrorCode
  /** Seconds; Bedrock sends no Retry-After (bedrock-facts C2). */
  readonly retryAfterSeconds?: number
}

/**
 * Bedrock's exceptions by name (bedrock-facts C2; in streams they come in lower camel case). The last five are not in the
 * service model: the authentication layer sends them, and they are this daemon's credentials, not the client's key.
 */
const RULES = {
  ValidationException: { code: 'invalid_request' },
  ServiceQuotaExceededException: { code: 'quota_exceeded' },
  ConflictException: { code: 'invalid_request' },
  AccessDeniedException: { code: 'access_denied' },
  ResourceNotFoundException: { code: 'model_not_found' },
  ModelTimeoutException: { code: 'upstream_timeout' },
  ModelErrorException: { code: 'upstream_error' },
  ModelStreamErrorException: { code: 'upstream_error' },
  ThrottlingException: { code: 'rate_limit_exceeded', retryAfterSeconds: 5 },
  ModelNotReadyException: { code: 'upstream_unavailable', retryAfterSeconds: 10 },
  InternalServerException: { code: 'upstream_error' },
  ServiceUnavailableException: { code: 'upstream_unavailable', retryAfterSeconds: 5 },
  UnknownOperationException: { code: 'upstream_error' },
  UnrecognizedClientException: { code: 'aws_credentials' },
  ExpiredTokenException: { code: 'aws_credentials' },
  InvalidSignatureException: { code: 'aws_credentials' },
  IncompleteSignatureException: { code: 'aws_credentials' },
  MissingAuthenticationTokenException: { code: 'aws_credentials' },
} as const satisfies Record<string, Rule>

const RULE_BY_NAME: ReadonlyMap<string, Rule> = new Map(
  Object.entries<Rule>(RULES).map(([name, rule]) => [name.toLowerCase(), rule]),
)

/**
 * Names of OpenAI's errors (their `code`, else their `type`) as the native endpoints use them. They count inside a stream
 * only: elsewhere the status says it, and says it better (`invalid_request_error` is the type of a 400 and of a 404).
 */
const OPENAI_RULES: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ['validation_error', RULES.ValidationException],
  ['invalid_request_error', RULES.ValidationException],
  ['context_length_exceeded', { code: 'context_length_exceeded' }],
  ['model_not_found', RULES.ResourceNotFoundException],
  ['access_denied', RULES.AccessDeniedException],
  ['permission_error', RULES.AccessDeniedException],
  ['authentication_error', RULES.UnrecognizedClientException],
  ['rate_limit_exceeded', RULES.ThrottlingException],
  ['rate_limit_error', RULES.ThrottlingException],
  ['service_unavailable', RULES.ServiceUnavailableException],
])

/** Words of AWS that say more than the exception's name; sources: error-samples, bedrock-facts C6. */
const MESSAGE_RULES: readonly { readonly pattern: RegExp; readonly rule: Rule }[] = [
  // An AccessDeniedException, but for the gateway's own bearer token: the client's key is not meant.
  { pattern: /^Authentication failed/i, rule: { code: 'aws_credentials' } },
  { pattern: /tokens per day/i, rule: { code: 'quota_exceeded' } },
  {
    pattern: /Input is too long|Input Tokens Exceeded|context window|maximum context length/i,
    rule: { code: 'context_length_exceeded' },
  },
  { pattern: /model identifier is invalid|reached the end of its life/i, rule: { code: 'model_not_found' } },
]

/** An error event is one line, and lines have a limit (openwebui-contract §3). */
const MESSAGE_CHARACTERS_MAX = 8_000

export interface BedrockFailure {
  /** The exception's name, from `x-amzn-errortype` (cut at ':') or a frame's `:exception-type`. */
  readonly name: string | null
  /** HTTP status; null for an exception inside a stream. */
  readonly status: number | null
  readonly message: string | null
  readonly requestId: string | null
}

/** Our error for one of Bedrock's, Bedrock's own words kept in the message. */
export function fromBedrockFailure(failure: BedrockFailure): GatewayError {
  const rule = refineRule(findRule(failure), failure.message)
  const said = failure.message ?? describeSilence(failure)
  // A refused signature comes with the canonical request below its first line, the session token included.
  const words = rule.code === 'aws_credentials' ? (said.split('\n', 1)[0] ?? '') : said
  const prefix = rule.code === 'aws_credentials' ? "AWS refused this gateway's credentials" : 'Bedrock'
  return new GatewayError(rule.code, `${prefix}: ${words}`, {
    upstream: { type: toPlainName(failure.name), status: failure.status, requestId: failure.requestId },
    ...(rule.code === 'model_not_found' ? { param: 'model' } : {}),
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

function findRule({ name, status }: BedrockFailure): Rule {
  const key = name?.toLowerCase() ?? ''
  const inStream = status === null ? OPENAI_RULES.get(key) : undefined
  return RULE_BY_NAME.get(key) ?? inStream ?? fallbackRule(status)
}

function refineRule(rule: Rule, message: string | null): Rule {
  if (message === null || rule.code === 'aws_credentials') return rule
  return MESSAGE_RULES.find(({ pattern }) => pattern.test(message))?.rule ?? rule
}

function fallbackRule(status: number | null): Rule {
  if (status === 429) return RULES.ThrottlingException
  if (status === 401) return RULES.UnrecognizedClientException
  if (status === 403) return RULES.AccessDeniedException
  if (status === 404) return RULES.ResourceNotFoundException
  if (status !== null && status >= 400 && status < 500) return RULES.ValidationException
  if (status === 503) return RULES.ServiceUnavailableException
  return RULES.InternalServerException
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
}

/**
 * Reads an error body: `{"message":"…"}` (sometimes `Message`), OpenAI's `{"error":{"message","type","code"}}` of the
 * native endpoints, or the front end's `{"Output":{"__type":"…#UnknownOperationException"}}` for a path that nobody
 * serves, which comes with status 200 (BerriAI/litellm#13618). Null for what is none of these.
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
  return name === null && message === null ? null : { name, message }
}

/** The `message` of an error body (see `parseErrorBody`); null when there is none. */
export function parseErrorMessage(body: string): string | null {
  return parseErrorBody(body)?.message ?? null
}

/** Members of error bodies; each may be missing or of any type. */
interface ErrorMembers {
  readonly message?: unknown
  readonly Message?: unknown
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

function readMessage({ message, Message, error }: ErrorMembers): string | null {
  for (const text of [message, Message, error]) {
    if (typeof text === 'string') return text.slice(0, MESSAGE_CHARACTERS_MAX)
  }
  return null
}
