import { GatewayError } from '../errors.js'
import type { Exchange } from './exchange.js'

/** A browser's form post must not reach a keyless loopback daemon: JSON routes take JSON, or no content type. */
export function requireJson({ contentType }: Pick<Exchange, 'contentType'>): void {
  if (isJson(contentType)) return
  throw new GatewayError('unsupported_media_type', 'The content-type must be application/json.')
}

/** True for no content type, too. */
export function isJson(contentType: string): boolean {
  return contentType === '' || /^application\/json *(;|$)/i.test(contentType)
}
