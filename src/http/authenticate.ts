import { hash } from 'node:crypto'
import { GatewayError } from '../errors.js'
import type { Exchange } from './exchange.js'

/**
 * Checks `Authorization: Bearer <key>`. Keys are compared by their SHA-256, so that the time it takes says nothing of how
 * much of a key was right. Without configured keys every program on this machine passes (loopback only, by configuration), but no page
 * of a browser that was not allowed: such a page could send forms and bytes here without asking first (the Fetch standard's
 * simple requests), or come under a name of its own that leads to this machine (DNS rebinding).
 */
export function createAuthenticator(apiKeys: readonly string[]) {
  const known = new Set(apiKeys.map(sha256))
  return function authenticate({
    authorization,
    foreignOrigin,
  }: Pick<Exchange, 'authorization' | 'foreignOrigin'>): void {
    if (known.size === 0) {
      if (!foreignOrigin) return
      throw new GatewayError(
        'access_denied',
        'Pages of this origin may not use this gateway, which has no keys: allow it (ALLOWED_ORIGINS).',
      )
    }
    const key = /^Bearer +(\S+) *$/i.exec(authorization)?.[1]
    if (key === undefined) {
      throw new GatewayError(
        'invalid_api_key',
        'This gateway needs a key: send it as "Authorization: Bearer <key>".',
      )
    }
    if (!known.has(sha256(key)))
      throw new GatewayError('invalid_api_key', 'The key of this request is not one of this gateway.')
  }
}

const sha256 = (text: string): string => hash('sha256', text, 'base64')

export type Authenticator = ReturnType<typeof createAuthenticator>
