import type { TokenUsage } from '../bedrock/types.js'
import type { Usage } from '../openai/types.js'

/** OpenAI's counts from Bedrock's: Bedrock's input tokens leave the cached ones out, OpenAI's contain them (facts C4). */
export function toUsage(usage: TokenUsage): Usage {
  const cachedTokens = usage.cacheReadInputTokens ?? 0
  const cacheWriteTokens = usage.cacheWriteInputTokens ?? 0
  const promptTokens = usage.inputTokens + cachedTokens + cacheWriteTokens
  return {
    promptTokens,
    completionTokens: usage.outputTokens,
    totalTokens: promptTokens + usage.outputTokens,
    cachedTokens,
    cacheWriteTokens,
  }
}
