import { CACHE_SECTIONS, type CacheSection } from '../bedrock/cache-points.js'
import type { ContentBlock } from '../bedrock/types.js'
import type { ModelFamily, PromptCaching } from '../catalog/types.js'
import type { CacheTtl } from '../openai/types.js'
import type { TranslationContext } from './policy.js'

/** What may be marked in one request. */
export interface CacheRules {
  readonly caching: PromptCaching
  readonly family: ModelFamily
  /** How long AWS keeps what automatic points mark. */
  readonly ttl: CacheTtl
  /** Sections that take points. */
  readonly sections: readonly CacheSection[]
}

/** Null: the model has no prompt cache, or was seen to refuse cache points. */
export function toCacheRules({ target, policy, lessons }: TranslationContext): CacheRules | null {
  const { promptCaching, family } = target.capabilities
  if (promptCaching === null || lessons.includes('cache_control')) return null
  return {
    caching: { ...promptCaching, oneHour: promptCaching.oneHour && !lessons.includes('cache_control.ttl') },
    family,
    ttl: policy.promptCacheTtl,
    sections: CACHE_SECTIONS.filter(
      (section) =>
        !lessons.includes(`cache_control.${section}`) && (section !== 'tools' || promptCaching.tools),
    ),
  }
}

/**
 * True for blocks of a message that a point may stand directly behind. Not behind thoughts ("Cache point cannot be inserted
 * after reasoning block", 0xPlaygrounds/rig#1673). Not behind documents other than PDF, which Bedrock can't mark for Claude
 * ("messages.0.content.3.type: Field required", strands-agents/harness-sdk#1966; recording 746 has a text between). Nova
 * takes none behind tool results (aws-samples/bedrock-engineer#71). Of other blocks nobody reports: they carry none.
 */
export function isCarrier(block: ContentBlock, family: ModelFamily): boolean {
  if (block.text !== undefined || block.image !== undefined || block.toolUse !== undefined) return true
  if (block.toolResult !== undefined) return family !== 'nova'
  return block.document?.format === 'pdf'
}
