/** A version such as 4.5 as one number, 4005, so that versions compare. Null for models that are no Claude. */
export function claudeVersion(modelId: string): number | null {
  if (!modelId.includes('anthropic.claude')) return null
  const named = /claude-[a-z]+-(\d+)(?:-(\d{1,2})(?!\d))?/.exec(modelId)
  const numbered = /claude-(\d+)(?:-(\d{1,2})(?!\d))?-[a-z]/.exec(modelId)
  const [, major = '2', minor = '0'] = named ?? numbered ?? []
  return Number(major) * 1000 + Number(minor)
}

/**
 * The shortest prefix that is cached; null: the model has no prompt cache. AWS user guide, "Prompt caching" (bedrock-facts C6),
 * but for Sonnet 4.5: recordings 738, 743 and 746 wrote 1,712, 1,503 and 1,322 tokens.
 */
export function promptCacheTokensMin(modelId: string): number | null {
  return CACHE_TOKENS_MIN.find(({ models }) => models.test(modelId))?.tokens ?? null
}

const CACHE_TOKENS_MIN: readonly { readonly models: RegExp; readonly tokens: number }[] = [
  { models: /claude-(?:opus-4-[56]|haiku-4-5)/, tokens: 4096 },
  { models: /claude-3-5-haiku/, tokens: 2048 },
  { models: /claude-(?:3-7|3-5-sonnet-20241022|sonnet-|opus-)/, tokens: 1024 },
  { models: /amazon\.nova-(?!canvas|reel|sonic)/, tokens: 1024 },
]
