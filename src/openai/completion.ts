import { type ReplyHead, toUsageBody } from './chunks.js'
import type { Citation, FinishReason, ReasoningDetail, ToolCall, Usage } from './types.js'

/** One choice of a reply that is not streamed. */
export interface CompletionChoice {
  /** Null: the model only called tools. */
  readonly text: string | null
  /** Null: the model gave none. */
  readonly reasoning: string | null
  readonly reasoningDetails: readonly ReasoningDetail[]
  readonly toolCalls: readonly ToolCall[]
  readonly citations: readonly Citation[]
  readonly finishReason: FinishReason
}

/** The body of a reply that is not streamed (OpenAI's CreateChatCompletionResponse). */
export function toCompletionBody(
  head: ReplyHead,
  choices: readonly CompletionChoice[],
  usage: Usage,
): string {
  return JSON.stringify({
    id: head.id,
    object: 'chat.completion',
    created: head.created,
    model: head.model,
    choices: choices.map(toChoiceBody),
    usage: toUsageBody(usage),
  })
}

function toChoiceBody(choice: CompletionChoice, index: number): object {
  return {
    index,
    message: {
      role: 'assistant',
      content: choice.text,
      ...(choice.reasoning === null ? {} : { reasoning_content: choice.reasoning }),
      refusal: null,
    },
    logprobs: null,
    finish_reason: choice.finishReason,
  }
}
