import type { ReasoningBlock } from '../bedrock/types.js'
import type { KeptThoughts, ReplyPlan } from './policy.js'

/**
 * What has to be known when the results of these calls come; null: nothing was thought, or there is no call. Clients that
 * speak `functions` name no call by its id, so that nothing could be found for them.
 */
export function toKeptThoughts(
  toolCallIds: readonly string[],
  blocks: readonly ReasoningBlock[],
  { legacyFunctions }: ReplyPlan,
): KeptThoughts | null {
  if (toolCallIds.length === 0 || blocks.length === 0 || legacyFunctions) return null
  return { toolCallIds, blocks }
}
