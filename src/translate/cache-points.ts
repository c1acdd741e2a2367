import {
  type CacheSection,
  hasPoints,
  isPoint,
  type Markable,
  mapMarkedBlocks,
  mapPoints,
  withoutPoints,
} from '../bedrock/cache-points.js'
import type { ConverseRequest } from '../bedrock/types.js'
import type { ChatRequest } from '../openai/types.js'
import { withAutomaticPoints } from './automatic-cache-points.js'
import { type CacheRules, isCarrier, toCacheRules } from './cache-rules.js'
import type { TranslationContext } from './policy.js'

/**
 * The same request with cache points where they pay. Points that the client asked for stand in `body` already and are
 * mended where Bedrock would refuse them; with the mode `auto` and no point of the client's own, points are set. With the
 * mode `off`, and for models without a prompt cache, every point is taken out: caching never changes an answer.
 */
export function withCachePoints(
  body: ConverseRequest,
  request: ChatRequest,
  context: TranslationContext,
): ConverseRequest {
  const mode = request.promptCaching ?? context.policy.promptCaching
  const rules = mode === 'off' ? null : toCacheRules(context)
  const asked = hasPoints(body)
  if (rules === null) return asked ? withoutPoints(body) : body
  if (!asked && mode === 'explicit') return body
  return withMendedPoints(asked ? body : withAutomaticPoints(body, rules), rules)
}

/** The points of a request as Bedrock takes them: at places that can hold one, not too many, lifetimes not rising. */
function withMendedPoints(body: ConverseRequest, rules: CacheRules): ConverseRequest {
  const welcome = withoutPoints(
    body,
    (['tools', 'system', 'messages'] as const).filter((section) => !rules.sections.includes(section)),
  )
  const placed = mapMarkedBlocks(welcome, (section, blocks) =>
    settlePoints(blocks, (block) => section !== 'messages' || isCarrier(block, rules.family)),
  )
  return withTtlInOrder(withFewPoints(placed, rules.caching.pointsMax), rules)
}

/**
 * Each point moved back to the next block that can carry it. A point with nothing in front caches nothing and is refused
 * ("There is nothing available to cache", vercel/ai#19851): it goes, as does the second of two at one place.
 */
function settlePoints<Block extends Markable>(
  blocks: readonly Block[],
  carries: (block: Block) => boolean,
): readonly Block[] {
  const settled: Block[] = []
  for (const block of blocks) {
    if (!isPoint(block)) {
      settled.push(block)
      continue
    }
    const carrier = settled.findLastIndex((before) => isPoint(before) || carries(before))
    const before = settled[carrier]
    if (before !== undefined && !isPoint(before)) settled.splice(carrier + 1, 0, block)
  }
  return settled
}

/**
 * At most `pointsMax` points. First to stay is the last of the messages, where the longest prefix is written; then the one
 * before, where the last request wrote and this one reads; then the ends of system and tools, which other chats share; then
 * the others, the later the better.
 */
function withFewPoints(body: ConverseRequest, pointsMax: number): ConverseRequest {
  const sections: CacheSection[] = []
  mapPoints(body, (point, section) => {
    sections.push(section)
    return point
  })
  if (sections.length <= pointsMax) return body
  const lastFirst = (wanted: CacheSection): readonly number[] =>
    sections.flatMap((section, ordinal) => (section === wanted ? [ordinal] : [])).reverse()
  const [messages, system, tools] = [lastFirst('messages'), lastFirst('system'), lastFirst('tools')]
  const ranked = [
    ...messages.slice(0, 2),
    ...system.slice(0, 1),
    ...tools.slice(0, 1),
    ...messages.slice(2),
    ...system.slice(1),
    ...tools.slice(1),
  ]
  const kept = new Set(ranked.slice(0, pointsMax))
  let ordinal = -1
  return mapPoints(body, (point) => {
    ordinal += 1
    return kept.has(ordinal) ? point : null
  })
}

/**
 * Lifetimes as the model takes them. One hour may not come after five minutes in the order of the sections ("a ttl='1h'
 * cache_control block must not come after a ttl='5m' cache_control block", Portkey-AI/gateway#1762): the later one gets
 * five minutes, since the other way round a client would pay double for writing what it wanted kept for five. Five minutes
 * are what a point without `ttl` means, and not every model knows the member (earendil-works/pi#1570).
 */
function withTtlInOrder(body: ConverseRequest, { caching }: CacheRules): ConverseRequest {
  let hourAllowed = caching.oneHour
  return mapPoints(body, ({ type, ttl }) => {
    if (ttl !== '1h') hourAllowed = false
    return hourAllowed ? { type, ttl: '1h' } : { type }
  })
}
