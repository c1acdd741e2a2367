import type { FinishReason } from '../openai/types.js'
import type { ReplyPlan } from './policy.js'

/** OpenAI's reasons, and those that servers of open models use beside them. */
const FINISH_REASONS: ReadonlyMap<unknown, FinishReason> = new Map<unknown, FinishReason>([
  ['stop', 'stop'],
  ['length', 'length'],
  ['tool_calls', 'tool_calls'],
  ['function_call', 'tool_calls'],
  ['content_filter', 'content_filter'],
  ['guardrail_intervened', 'content_filter'],
])

/** What a reply that ended is known by. */
export interface OpenAiEnding {
  readonly finishReason: unknown
  readonly hasToolCalls: boolean
  /** `amazon-bedrock-guardrailAction` of the reply. */
  readonly guardrailAction: unknown
}

/**
 * The `finish_reason` that the client gets; one that is not known yet becomes `stop`. OpenAI itself says `stop` after a
 * call that was forced by name: here, as with Converse, a reply with calls always ends with `tool_calls`.
 */
export function toClientFinishReason(
  { finishReason, hasToolCalls, guardrailAction }: OpenAiEnding,
  { legacyFunctions }: Pick<ReplyPlan, 'legacyFunctions'>,
): FinishReason {
  if (guardrailAction === 'INTERVENED') return 'content_filter'
  const reason = FINISH_REASONS.get(finishReason) ?? 'stop'
  const called = reason === 'tool_calls' || (reason === 'stop' && hasToolCalls)
  if (!called) return reason
  return legacyFunctions ? 'function_call' : 'tool_calls'
}
