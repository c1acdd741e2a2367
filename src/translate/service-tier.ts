import type { ServiceTier } from '../openai/types.js'

/** Bedrock's service tiers in OpenAI's words, where `scale` is capacity that was bought beforehand. */
const SERVICE_TIERS = {
  default: 'default',
  flex: 'flex',
  priority: 'priority',
  reserved: 'scale',
} as const satisfies Record<string, ServiceTier>

/** The `service_tier` of a reply; null: Bedrock said none, or one that OpenAI has no word for. */
export function toServiceTier(tier: { readonly type: string } | undefined): ServiceTier | null {
  if (tier === undefined || !Object.hasOwn(SERVICE_TIERS, tier.type)) return null
  return SERVICE_TIERS[tier.type as keyof typeof SERVICE_TIERS]
}
