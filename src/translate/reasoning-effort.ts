import type { ReasoningEffort, ReasoningRequest } from '../openai/types.js'

export type ActiveEffort = Exclude<ReasoningEffort, 'none'>

/** How much a model shall think, said in one way. `on` with neither: as much as it finds right. */
export type ThinkingWish =
  | { readonly type: 'off' }
  | { readonly type: 'on'; readonly effort: ActiveEffort | null; readonly budgetTokens: number | null }

/** What the client's words come down to: an explicit switch goes before an effort of `none`. */
export function toWish({ effort, type, budgetTokens }: ReasoningRequest): ThinkingWish {
  const silent = type === null && budgetTokens === null
  if (type === 'disabled' || (silent && effort === 'none')) return { type: 'off' }
  return { type: 'on', effort: effort === 'none' ? null : effort, budgetTokens }
}

/**
 * An effort as a budget of tokens. The floor, the `low` and the `max` are the listing's for Claude 4.5: `reasoningConfig` from
 * 1024 to 63999, 2048 by default (recorded ListFoundationModels); what lies between doubles and redoubles, as no source says more.
 */
const EFFORT_BUDGETS = {
  minimal: 1024,
  low: 2048,
  medium: 8192,
  high: 16_384,
  xhigh: 32_768,
  max: 63_999,
} as const satisfies Record<ActiveEffort, number>

/** Low, medium and high, as gpt-oss, DeepSeek, Qwen and Nova 2 know them. */
export const THREE_EFFORTS = {
  minimal: 'low',
  low: 'low',
  medium: 'medium',
  high: 'high',
  xhigh: 'high',
  max: 'high',
} as const satisfies Record<ActiveEffort, string>

/** Tokens that an effort may take. */
export function toBudget(effort: ActiveEffort): number {
  return EFFORT_BUDGETS[effort]
}

/** The least effort that a budget is enough for; null: no effort and no budget were named. */
export function toEffort({
  effort,
  budgetTokens,
}: Extract<ThinkingWish, { type: 'on' }>): ActiveEffort | null {
  if (effort !== null || budgetTokens === null) return effort
  const names = Object.keys(EFFORT_BUDGETS) as ActiveEffort[]
  return names.find((name) => EFFORT_BUDGETS[name] >= budgetTokens) ?? 'max'
}
