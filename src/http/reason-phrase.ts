import type { ErrorCode, GatewayError } from '../errors.js'

const CHARACTERS_MAX = 100
const CUT = '...'

/** What a status line says of an error; null: the message's own first sentence, because it names the field. */
const PHRASES = {
  invalid_request: null,
  invalid_json: null,
  context_length_exceeded: 'Prompt too long for this model',
  content_policy_violation: null,
  unsupported: null,
  invalid_api_key: 'Invalid API key',
  access_denied: 'Access denied',
  model_denied: 'Model not allowed',
  route_not_found: 'Not Found',
  file_not_found: 'Not Found',
  model_not_found: null,
  method_not_allowed: 'Method Not Allowed',
  body_too_large: null,
  unsupported_media_type: null,
  rate_limit_exceeded: 'Too many requests to AWS',
  quota_exceeded: 'AWS quota used up',
  client_closed: 'Client closed the connection',
  internal_error: null,
  upstream_error: 'AWS failed to answer this request',
  upstream_incomplete: 'AWS broke off its answer',
  overloaded: null,
  draining: 'The gateway is restarting',
  no_models_yet: 'The model list is not there yet',
  aws_credentials: 'The gateway has no valid AWS credentials',
  upstream_unavailable: 'AWS can not be reached',
  upstream_timeout: 'AWS did not answer in time',
} as const satisfies Record<ErrorCode, string | null>

/**
 * A short readable reason phrase (RFC 9112 §4) for clients that show nothing else of an error, like Open WebUI for images.
 * Messages repeat what clients sent: only printable ASCII is left of them, at most 100 characters, never nothing.
 */
export function toReasonPhrase({ code, message }: Pick<GatewayError, 'code' | 'message'>): string {
  const phrase = PHRASES[code] ?? cut(firstSentence(toPrintable(message)))
  return phrase === '' ? 'Error' : phrase
}

const TYPOGRAPHIC = { '‘': "'", '’': "'", '“': '"', '”': '"', '–': '-', '—': '-', '×': 'x' } as const

function toPrintable(text: string): string {
  return text
    .slice(0, 4 * CHARACTERS_MAX)
    .replace(/[‘’“”–—×]/g, (character) => TYPOGRAPHIC[character as keyof typeof TYPOGRAPHIC])
    .replace(/[\p{Cc}\p{Z}]+/gu, ' ')
    .replace(/[^ -~]+/g, '?')
    .trim()
}

/** Without its full stop. Dots inside of names and numbers end nothing. */
function firstSentence(text: string): string {
  return /^.+?(?=\.(?: |$))/.exec(text)?.[0].trimEnd() ?? text
}

function cut(text: string): string {
  if (text.length <= CHARACTERS_MAX) return text
  return text.slice(0, CHARACTERS_MAX - CUT.length).trimEnd() + CUT
}
