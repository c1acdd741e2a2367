import { type Fields, fieldError, parseFields } from './fields.js'
import type { CacheControl } from './types.js'

/** `cache_control` of a part, a message or a tool, as Anthropic's and LiteLLM's clients send it; null: none. */
export function parseCacheControl(owner: Fields, param: string): CacheControl | null {
  const value = owner['cache_control']
  if (value === undefined || value === null) return null
  const path = `${param}.cache_control`
  const control = parseFields(value, path)
  if (control['type'] !== 'ephemeral') throw fieldError(`${path}.type`, '"ephemeral"', control['type'])
  const ttl = control['ttl'] ?? null
  if (ttl === null || ttl === '5m' || ttl === '1h') return { ttl }
  throw fieldError(`${path}.ttl`, '"5m" or "1h"', ttl)
}
