import type { ServiceTier } from '../openai/types.js'

const SERVICE_TIERS: ReadonlySet<unknown> = new Set([
  'default',
  'flex',
  'priority',
  'scale',
] satisfies ServiceTier[])

/** The `service_tier` of a native OpenAI reply; null: it names none, or none that OpenAI has a word for. */
export function toOpenAiServiceTier(tier: unknown): ServiceTier | null {
  return SERVICE_TIERS.has(tier) ? (tier as ServiceTier) : null
}
