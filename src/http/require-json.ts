import { GatewayError } from '../errors.js'
import type { Exchange } from './exchange.js'

/** JSON routes take JSON, or no content type: a browser's form post is nothing they read. */
export function requireJson({ contentType }: Pick<Exchange, 'contentType'>): void {
  if (isJson(contentType)) return
  throw new GatewayError('unsupported_media_type', 'The content-type must be application/json.')
}

/** True for no content type, too. */
export function isJson(contentType: string): boolean {
  return contentType === '' || /^application\/json *(;|$)/i.test(contentType)
}
