import { GatewayError } from '../errors.js'
import type { Exchange } from './exchange.js'
import { isJson } from './require-json.js'

/** For routes that take a form with files, or JSON. */
export function requireMultipartOrJson({ contentType }: Pick<Exchange, 'contentType'>): void {
  if (isJson(contentType)) return
  if (!/^multipart\/form-data *(;|$)/i.test(contentType)) {
    throw unsupported('The content-type must be multipart/form-data or application/json.')
  }
  if (!/; *boundary=./i.test(contentType)) {
    throw unsupported('The content-type multipart/form-data must name its boundary.')
  }
}

function unsupported(message: string): GatewayError {
  return new GatewayError('unsupported_media_type', message)
}
