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

/** Words of AWS that say more than the exception's name; sources: error-samples, bedrock-facts C6. */
const MESSAGE_RULES: readonly { readonly pattern: RegExp; readonly rule: Rule }[] = [
  // An AccessDeniedException, but for the gateway's own bearer token: the client's key is not meant.
  { pattern: /^Authentication failed/i, rule: { code: 'aws_credentials' } },
  { pattern: /tokens per day/i, rule: { code: 'quota_exceeded' } },
  {
    pattern: /Input is too long|Input Tokens Exceeded|context window/i,
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
  const byName = failure.name === null ? undefined : RULE_BY_NAME.get(failure.name.toLowerCase())
  const rule = refineRule(byName ?? fallbackRule(failure.status), failure.message)
  const said = failure.message ?? `status ${failure.status ?? 'none'} without a message`
  // A refused signature comes with the canonical request below its first line, the session token included.
  const words = rule.code === 'aws_credentials' ? (said.split('\n', 1)[0] ?? '') : said
  const prefix = rule.code === 'aws_credentials' ? "AWS refused this gateway's credentials" : 'Bedrock'
  return new GatewayError(rule.code, `${prefix}: ${words}`, {
    upstream: { type: toPlainName(failure.name), status: failure.status, requestId: failure.requestId },
    ...(rule.code === 'model_not_found' ? { param: 'model' } : {}),
    ...(rule.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: rule.retryAfterSeconds }),
  })
}

/** Names reach the log: what is no plain word is no name of an exception. */
function toPlainName(name: string | null): string | null {
  return name !== null && /^[\w.$-]{1,80}$/.test(name) ? name : null
}

function refineRule(rule: Rule, message: string | null): Rule {
  if (message === null || rule.code === 'aws_credentials') return rule
  return MESSAGE_RULES.find(({ pattern }) => pattern.test(message))?.rule ?? rule
}

function fallbackRule(status: number | null): Rule {
  if (status === 429) return RULES.ThrottlingException
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

/** The `message` of an error body (`{"message":"…"}`, sometimes `Message`); null when there is none. */
export function parseErrorMessage(body: string): string | null {
  try {
    const parsed: unknown = JSON.parse(body)
    if (typeof parsed !== 'object' || parsed === null) return null
    const { message, Message } = parsed as { message?: unknown; Message?: unknown }
    const found = message ?? Message
    return typeof found === 'string' ? found.slice(0, MESSAGE_CHARACTERS_MAX) : null
  } catch {
    return null
  }
}
