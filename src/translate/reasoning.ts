import type { Message } from '../bedrock/types.js'
import type { ChatRequest } from '../openai/types.js'
import { stopThinkingAsClaude, thinkAsClaude } from './claude-thinking.js'
import type { DropList } from './drop-list.js'
import type { TranslationContext } from './policy.js'
import { THREE_EFFORTS, type ThinkingWish, toEffort, toWish } from './reasoning-effort.js'

/** What is settled about thinking before the sampling parameters are chosen. */
export interface SettledReasoning {
  /** For `additionalModelRequestFields`. */
  readonly fields: Readonly<Record<string, unknown>>
  /** For `outputConfig.effort`, or null. */
  readonly effort: string | null
  /** Output tokens that thinking takes of the limit; 0: none is set aside. */
  readonly budgetTokens: number
  /** True while the model thinks and therefore takes no temperature and no top_k of the client. */
  readonly fixesSampling: boolean
  /** True: the model takes no limit of output tokens, no temperature, no top_p and no top_k while it thinks so hard. */
  readonly refusesInference: boolean
}

export interface ReasoningInput {
  readonly request: ChatRequest
  readonly context: TranslationContext
  /** As they go to Bedrock: an open tool round without its thoughts turns thinking with a budget off. */
  readonly messages: readonly Message[]
  readonly forcedTool: boolean
  readonly dropped: DropList
}

type Wish = Extract<ThinkingWish, { type: 'on' }>

const NOTHING: SettledReasoning = {
  fields: {},
  effort: null,
  budgetTokens: 0,
  fixesSampling: false,
  refusesInference: false,
}

/** Budgets of Nova 2's efforts: `reasoningConfig` in the recorded listing has low 10000, medium 40000, high 64000. */
const NOVA_BUDGETS = { low: 10_000, medium: 40_000 } as const

/**
 * `reasoning_effort`, `thinking` and `reasoning` in the words of the model's family, conflicts settled. Where the model can't do
 * what is asked, it is left out and named; a client that says nothing gets what the model does of itself.
 */
export function settleReasoning(input: ReasoningInput): SettledReasoning {
  const { request, context, dropped } = input
  if (request.reasoning === null) return NOTHING
  const name = request.reasoning.effort === null ? 'thinking' : 'reasoning_effort'
  const wish = toWish(request.reasoning)
  const refused = context.lessons.includes('reasoning_effort')
  const settled = refused ? null : wish.type === 'off' ? stopThinking(context) : think(wish, input)
  if (settled !== null) return settled
  dropped.add(name)
  return NOTHING
}

/** Null: the model thinks whatever it is told. */
function stopThinking({ target: { capabilities } }: TranslationContext): SettledReasoning | null {
  const style = capabilities.reasoning
  switch (style) {
    case 'always':
      return null
    case 'none':
    case 'nova-2':
    case 'config':
      return NOTHING
    case 'effort':
      // gpt-oss thinks at least a little; DeepSeek does not unless it is asked to.
      return capabilities.family === 'openai' ? { ...NOTHING, fields: { reasoning_effort: 'low' } } : NOTHING
    case 'nested-effort':
      return { ...NOTHING, fields: { reasoning: { effort: 'none' } } }
    default: {
      const { thinking, effort } = stopThinkingAsClaude(style)
      return { ...NOTHING, fields: thinking === null ? {} : { thinking }, effort }
    }
  }
}

/** Null: the model can't think, or not here. */
function think(wish: Wish, input: ReasoningInput): SettledReasoning | null {
  const { capabilities } = input.context.target
  const style = capabilities.reasoning
  switch (style) {
    case 'none':
      return null
    case 'always':
      // It thinks anyway; how much is not for the client to say.
      return toEffort(wish) === null ? NOTHING : null
    case 'nova-2':
      return thinkAsNova(wish, input.request.maxTokens !== null)
    case 'effort':
      // Made to call a tool while it thinks, DeepSeek calls none (langchain-ai/langchain-aws#1261).
      if (capabilities.family === 'deepseek' && input.forcedTool) return null
      return { ...NOTHING, fields: { reasoning_effort: THREE_EFFORTS[toEffort(wish) ?? 'medium'] } }
    case 'nested-effort':
      return { ...NOTHING, fields: { reasoning: toNestedEffort(wish) } }
    case 'config':
      return { ...NOTHING, fields: { reasoning_config: THREE_EFFORTS[toEffort(wish) ?? 'medium'] } }
    default: {
      const { messages, forcedTool } = input
      const claude = thinkAsClaude(style, wish, { messages, forcedTool, ceiling: ceilingOf(input) })
      if (claude === null) return null
      const { thinking, effort, budgetTokens } = claude
      return { ...NOTHING, fields: { thinking }, effort, budgetTokens, fixesSampling: true }
    }
  }
}

/** Output tokens that the reply may have at all. */
function ceilingOf({ request, context }: ReasoningInput): number | null {
  const limits = [request.maxTokens, context.target.capabilities.maxOutputTokens]
  const known = limits.filter((limit) => limit !== null)
  return known.length === 0 ? null : Math.min(...known)
}

/**
 * At `high` Nova 2 takes no limit, no temperature and no top_p (UKGovernmentBEIS/inspect_ai#3767; Amazon Nova 2 user guide). A
 * client that set a limit does not want to pay for 65,535 tokens: it gets `medium`.
 */
function thinkAsNova({ effort, budgetTokens }: Wish, isLimited: boolean): SettledReasoning {
  const wanted =
    effort !== null || budgetTokens === null ? THREE_EFFORTS[effort ?? 'medium'] : toNovaEffort(budgetTokens)
  const maxReasoningEffort = wanted === 'high' && isLimited ? 'medium' : wanted
  return {
    ...NOTHING,
    fields: { reasoningConfig: { type: 'enabled', maxReasoningEffort } },
    refusesInference: maxReasoningEffort === 'high',
  }
}

function toNovaEffort(budgetTokens: number): 'low' | 'medium' | 'high' {
  if (budgetTokens <= NOVA_BUDGETS.low) return 'low'
  return budgetTokens <= NOVA_BUDGETS.medium ? 'medium' : 'high'
}

/** The summary is what makes thoughts visible; `minimal` is the one effort that is refused (kortix-ai/suna#6893). */
function toNestedEffort(wish: Wish): object {
  const effort = toEffort(wish)
  return {
    ...(effort === null ? {} : { effort: effort === 'minimal' ? 'low' : effort }),
    summary: 'auto',
  }
}
