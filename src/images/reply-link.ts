import { GatewayError } from '../errors.js'
import type { Exchange } from '../http/exchange.js'
import type { ImageLinks } from './links.js'

/**
 * Answers `GET /images/files/{id}`. Nobody but the model said what the picture holds: a browser must take it for nothing
 * else, and must not run anything of it.
 */
export async function replyLink(exchange: Exchange, name: string, links: ImageLinks): Promise<void> {
  const image = await links.open(name)
  if (image === null) {
    throw new GatewayError('file_not_found', 'There is no such picture, or its link has expired.')
  }
  const seconds = Math.floor(image.keepMs / 1000)
  exchange.setHeader('cache-control', `private, max-age=${seconds}`)
  exchange.setHeader('x-content-type-options', 'nosniff')
  exchange.setHeader('content-security-policy', "default-src 'none'")
  exchange.replyPieces(200, image.contentType, image.source)
}
