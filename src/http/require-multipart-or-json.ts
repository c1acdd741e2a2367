import { GatewayError } from '../errors.js'
import type { Exchange } from './exchange.js'
import { isJson, requireJson } from './require-json.js'

/**
 * For routes that take a form with files, or JSON: returns which came. Browsers send forms anywhere without asking first
 * (the Fetch standard's simple requests): one from a page that could not read the reply is refused, else any site could
 * use a keyless loopback daemon.
 */
export function requireMultipartOrJson({
  contentType,
  foreignOrigin,
}: Pick<Exchange, 'contentType' | 'foreignOrigin'>): 'multipart' | 'json' {
  if (isJson(contentType)) {
    requireJson({ contentType, foreignOrigin })
    return 'json'
  }
  if (!/^multipart\/form-data *(;|$)/i.test(contentType)) {
    throw unsupported('The content-type must be multipart/form-data or application/json.')
  }
  if (!/; *boundary=./i.test(contentType)) {
    throw unsupported('The content-type multipart/form-data must name its boundary.')
  }
  if (foreignOrigin) {
    throw new GatewayError('access_denied', 'Pages of this origin may not send forms here (ALLOWED_ORIGINS).')
  }
  return 'multipart'
}

function unsupported(message: string): GatewayError {
  return new GatewayError('unsupported_media_type', message)
}
