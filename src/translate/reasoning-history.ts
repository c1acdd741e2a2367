import type { ReasoningBlock } from '../bedrock/types.js'
import type { ReasoningDetail } from '../openai/types.js'
import { decodeBase64, toBase64 } from './media/base64.js'
import type { KeptReasoning, TranslationContext } from './policy.js'
import type { AssistantMessage } from './turns.js'

/**
 * What the model thought in one turn, as it goes back: what the client returned, else what was kept by the ids of its
 * tool calls. Only Claude takes thoughts back, and only what it signed or encrypted itself; all else is refused with "User
 * messages cannot contain reasoning content" (can1357/oh-my-pi#9086 for Nova, langchain-ai/langchain-aws#401 for DeepSeek). No block comes twice, however many messages the turn was cut into.
 */
export function toReasoningBlocks(
  messages: readonly AssistantMessage[],
  { target: { capabilities }, keptReasoning }: TranslationContext,
): readonly ReasoningBlock[] {
  if (capabilities.family !== 'claude' || capabilities.reasoning === 'none') return []
  const blocks = new Map<string, ReasoningBlock>()
  for (const message of messages) {
    for (const block of findThoughts(message, keptReasoning)) blocks.set(proofOf(block), block)
  }
  return [...blocks.values()]
}

/** True for a detail that may go back; see `toReasoningBlocks`. */
export function isReturnable(detail: ReasoningDetail): boolean {
  const isOwn = detail.format === null || detail.format.startsWith('anthropic')
  return isOwn && (detail.type === 'encrypted' ? toBlob(detail.data) !== '' : detail.signature !== null)
}

/** The base64 that Converse demands of a blob; empty: it is none, and no model wrote it. */
function toBlob(data: string): string {
  const encoded = decodeBase64(data)
  return encoded === null ? '' : toBase64(encoded)
}

function findThoughts(
  { reasoning, toolCalls }: AssistantMessage,
  kept: KeptReasoning,
): readonly ReasoningBlock[] {
  const returned = reasoning.filter(isReturnable).map(toBlock)
  if (returned.length > 0) return returned
  const explained = toolCalls.find(({ id }) => Object.hasOwn(kept, id))
  return explained === undefined ? [] : (kept[explained.id] ?? [])
}

function toBlock(detail: ReasoningDetail): ReasoningBlock {
  if (detail.type === 'encrypted') return { redactedContent: toBlob(detail.data) }
  const { text, signature } = detail
  return { reasoningText: { text, ...(signature === null ? {} : { signature }) } }
}

/** No two thoughts share a signature. */
function proofOf({ reasoningText, redactedContent }: ReasoningBlock): string {
  return redactedContent ?? `${reasoningText?.signature} ${reasoningText?.text}`
}
