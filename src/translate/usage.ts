import type { TokenUsage } from '../bedrock/types.js'
import type { Usage } from '../openai/types.js'

/** OpenAI's counts from Bedrock's: Bedrock's input tokens leave the cached ones out, OpenAI's contain them (facts C4). */
export function toUsage(usage: TokenUsage): Usage {
  const cachedTokens = toCount(usage.cacheReadInputTokens)
  const cacheWriteTokens = toCount(usage.cacheWriteInputTokens)
  const promptTokens = toCount(usage.inputTokens) + cachedTokens + cacheWriteTokens
  const completionTokens = toCount(usage.outputTokens)
  return {
    promptTokens,
    completionTokens,
    totalTokens: promptTokens + completionTokens,
    cachedTokens,
    cacheWriteTokens,
  }
}

/** A number of tokens that can be summed, and written as JSON: what is none is 0. */
export function toCount(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? Math.round(value) : 0
}

/**
 * What `n` choices took together, null where nothing is known of any. Each is a call of its own, so that the account pays
 * the prompt once for each.
 */
export function sumUsage(usages: readonly Usage[]): Usage
export function sumUsage(usages: readonly (Usage | null)[]): Usage | null
export function sumUsage(usages: readonly (Usage | null)[]): Usage | null {
  return usages.reduce((sum, usage) => {
    if (sum === null || usage === null) return sum ?? usage
    return {
      promptTokens: sum.promptTokens + usage.promptTokens,
      completionTokens: sum.completionTokens + usage.completionTokens,
      totalTokens: sum.totalTokens + usage.totalTokens,
      cachedTokens: sum.cachedTokens + usage.cachedTokens,
      cacheWriteTokens: sum.cacheWriteTokens + usage.cacheWriteTokens,
    }
  }, null)
}
