import { createHash } from 'node:crypto'
import type { InputUsage } from './answer.js'
import { type ConverseRequest, type Json, member } from './converse-request.js'
import { promptCacheTokensMin } from './model-traits.js'

/** A cache of prompts that forgets nothing. Prefixes are told apart by model. */
export interface PromptCache {
  /** What a request reads and writes, by the cache points it carries; what it writes, later requests read. */
  use(request: ConverseRequest, modelId: string): InputUsage
}

interface Prefix {
  readonly hash: string
  readonly tokens: number
  /** The cache point that ends here; null: none does. */
  readonly ttl: string | null
}

// Anthropic looks for an earlier entry at most this many blocks before a cache point; Nova too reads entries that end
// before the point (recording 708).
const LOOKBACK_BLOCKS = 20

/** A cache that starts empty. */
export function createPromptCache(): PromptCache {
  const written = new Set<string>()
  return {
    use(request, modelId) {
      const prefixes = toPrefixes(request, modelId)
      const total = prefixes.at(-1)?.tokens ?? 0
      const tokensMin = promptCacheTokensMin(modelId)
      const points =
        tokensMin === null ? [] : prefixes.filter(({ ttl, tokens }) => ttl !== null && tokens >= tokensMin)
      const hit = findHit(prefixes, points, written)
      const last = points.at(-1)
      const read = hit?.tokens ?? 0
      const end = Math.max(read, last?.tokens ?? 0)
      for (const { hash } of points) written.add(hash)
      return {
        inputTokens: total - end,
        cacheReadInputTokens: read,
        cacheWriteInputTokens: end - read,
        ...(end === read ? {} : { cacheDetails: [{ ttl: last?.ttl ?? '5m', inputTokens: end - read }] }),
      }
    },
  }
}

function findHit(
  prefixes: readonly Prefix[],
  points: readonly Prefix[],
  written: ReadonlySet<string>,
): Prefix | undefined {
  const readable = new Set(
    points.flatMap((point) => {
      const end = prefixes.indexOf(point)
      return prefixes.slice(Math.max(0, end - LOOKBACK_BLOCKS), end + 1)
    }),
  )
  return [...readable].toSorted((a, b) => b.tokens - a.tokens).find(({ hash }) => written.has(hash))
}

// bedrock-facts C6: the order is tools, system, messages. One word counts as one token, as in every answer.
function toPrefixes(request: ConverseRequest, modelId: string): readonly Prefix[] {
  const hash = createHash('sha256').update(modelId)
  let tokens = 0
  return toBlocks(request).map((block) => {
    const point = member(block, 'cachePoint')
    if (point === undefined) {
      const text = JSON.stringify(block)
      hash.update(text)
      tokens += text.match(/\w+/g)?.length ?? 0
    }
    const ttl = point === undefined ? null : String(member(point, 'ttl') ?? '5m')
    return { hash: hash.copy().digest('base64'), tokens, ttl }
  })
}

function toBlocks(request: ConverseRequest): readonly unknown[] {
  const tools = request.toolConfig?.['tools']
  return [
    ...(Array.isArray(tools) ? (tools as readonly Json[]) : []),
    ...request.system,
    ...request.messages.flatMap(({ role, content }) =>
      content.map((block) => ('cachePoint' in block ? block : { role, block })),
    ),
  ]
}
