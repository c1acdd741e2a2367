import type { ReasoningEffort, ReasoningRequest } from '../openai/types.js'

/** gpt-oss and the other open models know three efforts (OpenAI, gpt-oss model card; vLLM's reasoning_effort). */
const OPEN_MODEL_EFFORTS = {
  none: 'low',
  minimal: 'low',
  low: 'low',
  medium: 'medium',
  high: 'high',
  xhigh: 'high',
  max: 'high',
} as const satisfies Record<ReasoningEffort, string>

/** Budgets in tokens that an effort stands for, in LiteLLM's measure: 1024, 2048 and 4096. */
const LOW_BUDGET_MAX = 1024
const MEDIUM_BUDGET_MAX = 2048

/** The `reasoning_effort` for a model of a native endpoint; null: nothing is to be said. */
export function toOpenAiEffort(reasoning: ReasoningRequest | null, modelId: string): string | null {
  const effort = reasoning === null ? null : effortOf(reasoning)
  if (effort === null) return null
  return isFrontier(modelId) ? effort : OPEN_MODEL_EFFORTS[effort]
}

/** OpenAI's closed models take every effort there is; which of them a model knows is its own business. */
function isFrontier(modelId: string): boolean {
  return /^(?:[a-z-]+\.)?openai\.gpt-(?!oss)/.test(modelId)
}

function effortOf({ effort, type, budgetTokens }: ReasoningRequest): ReasoningEffort | null {
  if (effort !== null) return effort
  if (type === 'disabled') return 'none'
  if (budgetTokens === null) return null
  if (budgetTokens <= LOW_BUDGET_MAX) return 'low'
  return budgetTokens <= MEDIUM_BUDGET_MAX ? 'medium' : 'high'
}
