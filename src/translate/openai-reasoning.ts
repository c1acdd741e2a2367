import type { ReasoningRequest } from '../openai/types.js'
import { THREE_EFFORTS, toEffort, toWish } from './reasoning-effort.js'

/** The `reasoning_effort` for a model of a native endpoint; null: nothing is to be said. */
export function toOpenAiEffort(reasoning: ReasoningRequest | null, modelId: string): string | null {
  if (reasoning === null) return null
  const wish = toWish(reasoning)
  const effort = wish.type === 'off' ? 'none' : toEffort(wish)
  if (effort === null || isFrontier(modelId)) return effort
  // The open models think at least a little (OpenAI, gpt-oss model card; vLLM's reasoning_effort).
  return effort === 'none' ? 'low' : THREE_EFFORTS[effort]
}

/** OpenAI's closed models take every effort there is; which of them a model knows is its own business. */
function isFrontier(modelId: string): boolean {
  return /^(?:[a-z-]+\.)?openai\.gpt-(?!oss)/.test(modelId)
}
