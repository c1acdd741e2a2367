import type { FinishReason } from '../openai/types.js'

/** What the reply gave the client to call: nothing, `tool_calls`, or the older `function_call`. */
export type CalledAs = 'none' | 'tool_calls' | 'function_call'

/**
 * Converse's stop reasons (service model) in OpenAI's words. `ended`: the reply is whole, so that calls in it are there to
 * be made. A malformed reply counts as whole, too: clients check arguments in any case and tell the model what was wrong
 * with them, which no other reason makes them do.
 */
const STOP_REASONS = {
  end_turn: 'ended',
  stop_sequence: 'ended',
  tool_use: 'ended',
  malformed_model_output: 'ended',
  malformed_tool_use: 'ended',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  guardrail_intervened: 'content_filter',
  content_filtered: 'content_filter',
} as const satisfies Record<string, 'ended' | FinishReason>

/**
 * The `finish_reason` for a `stopReason`; one that is not known yet ends the reply like `end_turn`. Whether there are calls
 * is judged by the calls, for Bedrock was seen to say `end_turn` after tool calls (strands-agents/harness-sdk#767 and
 * #1827) and `tool_use` without any (strands-rl/strands-env#252), and clients wait for calls after `tool_calls` for ever.
 */
export function toFinishReason(stopReason: string, called: CalledAs): FinishReason {
  const reason = Object.hasOwn(STOP_REASONS, stopReason)
    ? STOP_REASONS[stopReason as keyof typeof STOP_REASONS]
    : 'ended'
  if (reason !== 'ended') return reason
  return called === 'none' ? 'stop' : called
}
