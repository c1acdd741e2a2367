import { fieldError, isFields, parseOptional } from './fields.js'
import type { CacheControl, CacheTtl } from './types.js'

/**
 * `cache_control` of a message, a part or a tool: `{ type: "ephemeral", ttl?: "5m" | "1h" }` (Anthropic's member); null
 * where absent. Throws a `GatewayError` that names the member below `param`.
 */
export function parseCacheControl(value: unknown, param: string): CacheControl | null {
  return parseOptional(value, param, (given, path) => {
    if (!isFields(given) || given['type'] !== 'ephemeral') {
      throw fieldError(path, '{ "type": "ephemeral" }', isFields(given) ? given['type'] : given)
    }
    return { ttl: parseOptional(given['ttl'], `${path}.ttl`, parseTtl) }
  })
}

function parseTtl(value: unknown, param: string): CacheTtl {
  if (value === '5m' || value === '1h') return value
  throw fieldError(param, '"5m" or "1h"', value)
}
