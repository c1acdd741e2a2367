import type { OpenAiPromptTokensDetails, OpenAiReplyUsage } from '../bedrock/openai-types.js'
import { isFields } from '../openai/fields.js'
import type { Usage } from '../openai/types.js'
import { toCount } from './usage.js'

/** The `usage` of a native OpenAI reply, whose prompt tokens contain the cached ones already; null: there is none. */
export function toOpenAiUsage(usage: unknown): Usage | null {
  if (!isFields(usage)) return null
  const { prompt_tokens, completion_tokens, prompt_tokens_details } = usage as OpenAiReplyUsage
  const details: OpenAiPromptTokensDetails = isFields(prompt_tokens_details) ? prompt_tokens_details : {}
  const promptTokens = toCount(prompt_tokens)
  const completionTokens = toCount(completion_tokens)
  return {
    promptTokens,
    completionTokens,
    totalTokens: promptTokens + completionTokens,
    cachedTokens: toCount(details.cached_tokens),
    cacheWriteTokens: toCount(details.cache_write_tokens),
  }
}
