import type { ReasoningBlock } from '../bedrock/types.js'
import type { ModelFamily } from '../catalog/types.js'
import { CLAUDE_FORMAT } from '../openai/reasoning-details.js'
import type { ReasoningDetail } from '../openai/types.js'

/** OpenRouter's name of the format that a family's thoughts have; null: it has none. */
export function toReasoningFormat(family: ModelFamily): string | null {
  return family === 'claude' ? CLAUDE_FORMAT : null
}

/** A reasoning block of a whole reply as an entry of `reasoning_details`; empty: the block says nothing. */
export function toReasoningDetails(
  { reasoningText, redactedContent }: ReasoningBlock,
  format: string | null,
): readonly ReasoningDetail[] {
  if (redactedContent !== undefined) return [{ type: 'encrypted', data: redactedContent, format }]
  if (reasoningText === undefined) return []
  const { text, signature = null } = reasoningText
  return [{ type: 'text', text, signature, format }]
}
