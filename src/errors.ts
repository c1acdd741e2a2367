/**
 * Every way a request can fail here, by the `code` clients see: HTTP status, OpenAI's error `type`, and whether the
 * same request may work later (then `Retry-After` is sent, or the official SDKs are told not to try).
 */
export const ERRORS = {
  invalid_request: { status: 400, type: 'invalid_request_error', retry: false },
  invalid_json: { status: 400, type: 'invalid_request_error', retry: false },
  context_length_exceeded: { status: 400, type: 'invalid_request_error', retry: false },
  content_policy_violation: { status: 400, type: 'invalid_request_error', retry: false },
  unsupported: { status: 400, type: 'invalid_request_error', retry: false },
  invalid_api_key: { status: 401, type: 'authentication_error', retry: false },
  access_denied: { status: 403, type: 'permission_error', retry: false },
  model_denied: { status: 403, type: 'permission_error', retry: false },
  route_not_found: { status: 404, type: 'invalid_request_error', retry: false },
  file_not_found: { status: 404, type: 'invalid_request_error', retry: false },
  model_not_found: { status: 404, type: 'invalid_request_error', retry: false },
  method_not_allowed: { status: 405, type: 'invalid_request_error', retry: false },
  body_too_large: { status: 413, type: 'invalid_request_error', retry: false },
  unsupported_media_type: { status: 415, type: 'invalid_request_error', retry: false },
  rate_limit_exceeded: { status: 429, type: 'rate_limit_error', retry: true },
  quota_exceeded: { status: 429, type: 'rate_limit_error', retry: false },
  client_closed: { status: 499, type: 'invalid_request_error', retry: false },
  internal_error: { status: 500, type: 'server_error', retry: false },
  upstream_error: { status: 502, type: 'server_error', retry: true },
  upstream_incomplete: { status: 502, type: 'server_error', retry: true },
  overloaded: { status: 503, type: 'server_error', retry: true },
  draining: { status: 503, type: 'server_error', retry: true },
  no_models_yet: { status: 503, type: 'server_error', retry: true },
  aws_credentials: { status: 503, type: 'server_error', retry: false },
  upstream_unavailable: { status: 503, type: 'server_error', retry: true },
  upstream_timeout: { status: 504, type: 'server_error', retry: true },
} as const satisfies Record<string, { status: number; type: string; retry: boolean }>

export type ErrorCode = keyof typeof ERRORS

export interface ErrorDetails {
  /** The request field that is wrong, as a path: `messages[2].content`. */
  readonly param?: string | null
  /** Seconds for `Retry-After`. */
  readonly retryAfterSeconds?: number
  readonly cause?: unknown
  /** Facts for the log; never texts of Bedrock or of the client. */
  readonly upstream?: UpstreamFacts
}

/** What may be logged of a Bedrock failure: its type, status and request id. */
export interface UpstreamFacts {
  readonly type: string | null
  readonly status: number | null
  readonly requestId: string | null
}

/** The one error class: what a client is told, by code. `message` says what was expected and what came. */
export class GatewayError extends Error {
  readonly code: ErrorCode
  readonly param: string | null
  readonly retryAfterSeconds: number | null
  readonly upstream: UpstreamFacts | null

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = 'GatewayError'
    this.code = code
    this.param = details.param ?? null
    this.retryAfterSeconds = details.retryAfterSeconds ?? (ERRORS[code].retry ? 1 : null)
    this.upstream = details.upstream ?? null
  }

  get status(): number {
    return ERRORS[this.code].status
  }

  get type(): string {
    return ERRORS[this.code].type
  }
}

/** Ours stay as they are; anything else is a fault of this program and says nothing of itself to the client. */
export function toGatewayError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error
  return new GatewayError('internal_error', 'The gateway failed to handle this request.', { cause: error })
}

/** What every request is told that the shutdown does not wait for. */
export function drainingError(): GatewayError {
  return new GatewayError('draining', 'The gateway is shutting down: send the request again.')
}
