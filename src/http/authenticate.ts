import { hash } from 'node:crypto'
import { GatewayError } from '../errors.js'

/**
 * Checks `Authorization: Bearer <key>`. Keys are compared by their SHA-256, so that the time it takes says nothing of how
 * much of a key was right. Without configured keys every request passes (loopback only, by configuration).
 */
export function createAuthenticator(apiKeys: readonly string[]) {
  const known = new Set(apiKeys.map(sha256))
  return function authenticate(authorization: string): void {
    if (known.size === 0) return
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
