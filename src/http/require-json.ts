import { GatewayError } from '../errors.js'
import type { Exchange } from './exchange.js'

/**
 * A browser's form post must not reach a keyless loopback daemon: JSON routes take JSON, or no content type. Without one
 * browsers send bytes anywhere without asking first, too (the Fetch standard's simple requests): then the page's origin
 * has to be allowed.
 */
export function requireJson(exchange: Pick<Exchange, 'contentType' | 'foreignOrigin'>): void {
  const { contentType, foreignOrigin } = exchange
  if (isJson(contentType) && !(contentType === '' && foreignOrigin)) return
  throw new GatewayError('unsupported_media_type', 'The content-type must be application/json.')
}

/** True for no content type, too. */
export function isJson(contentType: string): boolean {
  return contentType === '' || /^application\/json *(;|$)/i.test(contentType)
}
