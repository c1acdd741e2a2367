import type { ContentBlock, ConverseResponse } from '../bedrock/types.js'
import type { Completion } from '../openai/completion.js'
import { toFinishReason } from './stop-reason.js'
import { toUsage } from './usage.js'

/** A Converse reply as one completion: text and citation blocks joined in order, reasoning apart. */
export function toCompletion(response: ConverseResponse): Completion {
  const blocks = response.output.message.content
  const reasoning = blocks.map((block) => block.reasoningContent?.reasoningText?.text ?? '').join('')
  return {
    text: blocks.map(toBlockText).join(''),
    reasoning: reasoning === '' ? null : reasoning,
    finishReason: toFinishReason(response.stopReason),
    usage: toUsage(response.usage),
  }
}

function toBlockText(block: ContentBlock): string {
  if (block.text !== undefined) return block.text
  return block.citationsContent?.content?.map((part) => part.text).join('') ?? ''
}
