import { type ErrorCode, GatewayError, type UpstreamFacts } from '../errors.js'

/** A `GatewayError` as plain data: errors lose their class and their own members between threads. */
export interface ErrorData {
  readonly code: ErrorCode
  readonly message: string
  readonly param: string | null
  readonly retryAfterSeconds: number | null
  readonly upstream: UpstreamFacts | null
}

export function toErrorData({ code, message, param, retryAfterSeconds, upstream }: GatewayError): ErrorData {
  return { code, message, param, retryAfterSeconds, upstream }
}

/** The same error again, without its cause. */
export function fromErrorData({
  code,
  message,
  param,
  retryAfterSeconds,
  upstream,
}: ErrorData): GatewayError {
  return new GatewayError(code, message, {
    param,
    ...(retryAfterSeconds === null ? {} : { retryAfterSeconds }),
    ...(upstream === null ? {} : { upstream }),
  })
}
