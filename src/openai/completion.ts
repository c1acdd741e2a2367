import { type ReplyHead, toImageBody, toUsageBody } from './chunks.js'
import { toCitationMembers } from './citations.js'
import { toReasoningDetailBodies } from './reasoning-details.js'
import type { Citation, FinishReason, ReasoningDetail, ServiceTier, ToolCall, Usage } from './types.js'

/** One choice of a reply that is not streamed. */
export interface CompletionChoice {
  /** Null: the model only called tools. */
  readonly text: string | null
  /** Null: the model gave none. */
  readonly reasoning: string | null
  readonly reasoningDetails: readonly ReasoningDetail[]
  readonly toolCalls: readonly ToolCall[]
  /** The one call that clients who speak `functions` get instead of `toolCalls`; null: none, or they don't. */
  readonly functionCall: Omit<ToolCall, 'id'> | null
  readonly citations: readonly Citation[]
  /** Data URIs. */
  readonly images: readonly string[]
  readonly finishReason: FinishReason
}

/** The body of a reply that is not streamed (OpenAI's CreateChatCompletionResponse). */
export function toCompletionBody(
  head: ReplyHead,
  choices: readonly CompletionChoice[],
  usage: Usage,
  serviceTier: ServiceTier | null = null,
): string {
  return JSON.stringify({
    id: head.id,
    object: 'chat.completion',
    created: head.created,
    model: head.model,
    choices: choices.map(toChoiceBody),
    usage: toUsageBody(usage),
    ...(serviceTier === null ? {} : { service_tier: serviceTier }),
  })
}

function toChoiceBody(choice: CompletionChoice, index: number): object {
  const { reasoning, reasoningDetails, toolCalls, functionCall, images } = choice
  return {
    index,
    message: {
      role: 'assistant',
      content: choice.text,
      ...(reasoning === null ? {} : { reasoning_content: reasoning }),
      ...(reasoningDetails.length > 0
        ? { reasoning_details: toReasoningDetailBodies(reasoningDetails) }
        : {}),
      ...(toolCalls.length > 0 ? { tool_calls: toolCalls.map(toToolCallBody) } : {}),
      ...(functionCall === null ? {} : { function_call: functionCall }),
      ...toCitationMembers(choice.citations),
      ...(images.length > 0 ? { images: images.map(toImageBody) } : {}),
      refusal: null,
    },
    logprobs: null,
    finish_reason: choice.finishReason,
  }
}

function toToolCallBody({ id, name, arguments: text }: ToolCall): object {
  return { id, type: 'function', function: { name, arguments: text } }
}
