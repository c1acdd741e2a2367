import type { FinishReason } from '../openai/types.js'

/** Converse's stop reasons (service model) in OpenAI's words. */
const FINISH_REASONS = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool_calls',
  guardrail_intervened: 'content_filter',
  content_filtered: 'content_filter',
  malformed_model_output: 'stop',
  malformed_tool_use: 'stop',
} as const satisfies Record<string, FinishReason>

/** The `finish_reason` for a `stopReason`; one that is not known yet becomes `stop`. */
export function toFinishReason(stopReason: string): FinishReason {
  return Object.hasOwn(FINISH_REASONS, stopReason)
    ? FINISH_REASONS[stopReason as keyof typeof FINISH_REASONS]
    : 'stop'
}
