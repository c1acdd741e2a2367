import { type ReplyHead, toUsageBody } from './chunks.js'
import type { FinishReason, Usage } from './types.js'

export interface Completion {
  readonly text: string
  /** Null: the model gave none. */
  readonly reasoning: string | null
  readonly finishReason: FinishReason
  readonly usage: Usage
}

/** The body of a reply that is not streamed (OpenAI's CreateChatCompletionResponse). */
export function toCompletionBody(head: ReplyHead, completion: Completion): string {
  return JSON.stringify({
    id: head.id,
    object: 'chat.completion',
    created: head.created,
    model: head.model,
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: completion.text,
          ...(completion.reasoning === null ? {} : { reasoning_content: completion.reasoning }),
          refusal: null,
        },
        logprobs: null,
        finish_reason: completion.finishReason,
      },
    ],
    usage: toUsageBody(completion.usage),
  })
}
