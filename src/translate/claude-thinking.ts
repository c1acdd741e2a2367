import type { Message } from '../bedrock/types.js'
import type { ReasoningStyle } from '../catalog/types.js'
import { type ActiveEffort, type ThinkingWish, toBudget, toEffort } from './reasoning-effort.js'

export type ClaudeStyle = Extract<ReasoningStyle, `claude-${string}`>
type Wish = Extract<ThinkingWish, { type: 'on' }>

/** What stands around a wish to think. */
export interface ThinkingFrame {
  readonly messages: readonly Message[]
  readonly forcedTool: boolean
  /** Output tokens that the reply may have at all, thoughts included; null: nobody says. */
  readonly ceiling: number | null
}

/** `effort` is for `outputConfig`, `budgetTokens` is what the limit of output tokens has to leave room for. */
export interface ClaudeThinking {
  readonly thinking: Readonly<Record<string, unknown>> | null
  readonly effort: string | null
  readonly budgetTokens: number
}

/** The least budget that Claude takes (AWS user guide, "Extended thinking"). */
const BUDGET_TOKENS_MIN = 1024
/** So much of the limit may go into thoughts where the client named no budget that fits; OpenRouter's share for `high`. */
const BUDGET_SHARE = 0.8

/** Effort of 4.6: no xhigh, and max for Opus only (AWS user guide, "Adaptive thinking"). */
const EFFORTS_4_6 = { minimal: 'low', low: 'low', medium: 'medium', high: 'high', xhigh: 'high', max: 'high' }
/** Effort from 4.7 on (service model, OutputConfig). */
const EFFORTS = { minimal: 'low', low: 'low', medium: 'medium', high: 'high', xhigh: 'xhigh', max: 'max' }

/**
 * Where thoughts would come back empty unless they are asked for: 4.7 and later leave them out by default (Anthropic, migration
 * guide for Opus 5).
 */
const SHOWN = { type: 'adaptive', display: 'summarized' }

/** Thinking as this generation of Claude is asked for it; null: it can't think here. */
export function thinkAsClaude(style: ClaudeStyle, wish: Wish, frame: ThinkingFrame): ClaudeThinking | null {
  switch (style) {
    case 'claude-budget':
      return frame.forcedTool || lacksThoughts(frame.messages) ? null : withBudget(wish, frame)
    case 'claude-either':
      if (frame.forcedTool) return null
      // A budget is deprecated here, and refused where the open tool round lacks its thoughts: adaptive thinking is not.
      return wish.budgetTokens === null || lacksThoughts(frame.messages)
        ? adaptive({ type: 'adaptive' }, toEffort(wish), EFFORTS_4_6)
        : withBudget(wish, frame)
    case 'claude-adaptive':
      return frame.forcedTool ? null : adaptive(SHOWN, toEffort(wish), EFFORTS)
    case 'claude-default':
    case 'claude-between-tools':
    case 'claude-always':
      return adaptive(SHOWN, toEffort(wish), EFFORTS)
    default:
      return style satisfies never
  }
}

/** Not thinking, as this generation of Claude is asked for it. */
export function stopThinkingAsClaude(style: ClaudeStyle): ClaudeThinking {
  switch (style) {
    case 'claude-budget':
    case 'claude-either':
    case 'claude-adaptive':
      return { thinking: null, effort: null, budgetTokens: 0 }
    case 'claude-default':
      return { thinking: { type: 'disabled' }, effort: null, budgetTokens: 0 }
    // Anthropic, "What's new in Claude Sonnet 5.5": the lowest setting, in place of `disabled`.
    case 'claude-between-tools':
      return { thinking: { type: 'between_tools' }, effort: null, budgetTokens: 0 }
    case 'claude-always':
      return { thinking: null, effort: 'low', budgetTokens: 0 }
    default:
      return style satisfies never
  }
}

/**
 * A budget as it was named, if the limit of the whole reply is larger; else, and for an effort, a share of that limit, so that
 * there is room for an answer. At least the floor; null: the limit is too small for any.
 */
function withBudget(wish: Wish, { ceiling }: ThinkingFrame): ClaudeThinking | null {
  const wanted = Math.max(BUDGET_TOKENS_MIN, wish.budgetTokens ?? toBudget(wish.effort ?? 'medium'))
  const fits = ceiling === null || (wish.budgetTokens !== null && wanted < ceiling)
  const room = fits ? wanted : Math.floor(ceiling * BUDGET_SHARE)
  if (room < BUDGET_TOKENS_MIN) return null
  const budgetTokens = Math.min(wanted, room)
  return { thinking: { type: 'enabled', budget_tokens: budgetTokens }, effort: null, budgetTokens }
}

function adaptive(
  thinking: ClaudeThinking['thinking'],
  effort: ActiveEffort | null,
  efforts: Readonly<Record<ActiveEffort, string>>,
): ClaudeThinking {
  return {
    thinking,
    effort: effort === null ? null : efforts[effort],
    budgetTokens: toBudget(effort ?? 'high'),
  }
}

/**
 * With a budget, the assistant turn that is still open must begin with its thoughts: "Expected `thinking` or
 * `redacted_thinking`, but found `tool_use`" (open-webui/open-webui#20464); a reply that is to be continued can't. However
 * many tool rounds the turn has, Claude thinks once, before the first of them (dust-tt/srchd#41).
 */
function lacksThoughts(messages: readonly Message[]): boolean {
  if (messages.at(-1)?.role === 'assistant') return true
  let index = messages.length - 1
  while (hasBlock(messages[index], 'toolResult')) {
    index -= 2
    // Words of the user beside the results may be taken for the start of another turn.
    const starts = !hasBlock(messages[index], 'toolResult') || hasBlock(messages[index], 'text')
    if (starts && messages[index + 1]?.content[0]?.reasoningContent === undefined) return true
  }
  return false
}

function hasBlock(message: Message | undefined, kind: 'toolResult' | 'text'): boolean {
  return message?.content.some((block) => block[kind] !== undefined) ?? false
}
