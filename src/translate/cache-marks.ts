import type { CachePoint, ContentBlock } from '../bedrock/types.js'
import type { CacheControl } from '../openai/types.js'

/** A client's `cache_control` as Converse says it. */
function toCachePoint({ ttl }: CacheControl): CachePoint {
  return { type: 'default', ...(ttl === null ? {} : { ttl }) }
}

/** Marks the end of `blocks` where the client said so; never twice, and never where there is nothing to cache. */
export function appendCachePoint(
  blocks: Pick<ContentBlock, 'cachePoint'>[],
  cacheControl: CacheControl | null,
): void {
  const last = blocks.at(-1)
  if (cacheControl === null || last === undefined || last.cachePoint !== undefined) return
  blocks.push({ cachePoint: toCachePoint(cacheControl) })
}
