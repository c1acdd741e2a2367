import type { ContentBlock, ConverseResponse } from '../bedrock/types.js'
import type { CompletionChoice } from '../openai/completion.js'
import type { Usage } from '../openai/types.js'
import type { KeptThoughts, ReplyPlan } from './policy.js'
import { toFinishReason } from './stop-reason.js'
import { toUsage } from './usage.js'

/** One whole reply of a model. */
export interface Completion {
  readonly choice: CompletionChoice
  readonly usage: Usage
  /** As in a stream: what was thought before tool calls; null: nothing, or no tools. */
  readonly kept: KeptThoughts | null
}

/** A Converse reply as one completion: text and citation blocks joined in order, reasoning apart. */
export function toCompletion(response: ConverseResponse, _plan: ReplyPlan): Completion {
  const blocks = response.output.message.content
  const reasoning = blocks.map((block) => block.reasoningContent?.reasoningText?.text ?? '').join('')
  return {
    choice: {
      text: blocks.map(toBlockText).join(''),
      reasoning: reasoning === '' ? null : reasoning,
      reasoningDetails: [],
      toolCalls: [],
      citations: [],
      finishReason: toFinishReason(response.stopReason),
    },
    usage: toUsage(response.usage),
    kept: null,
  }
}

function toBlockText(block: ContentBlock): string {
  if (block.text !== undefined) return block.text
  return block.citationsContent?.content?.map((part) => part.text).join('') ?? ''
}
