import type { ContentBlock, ConverseResponse, ReasoningBlock, ToolUse } from '../bedrock/types.js'
import type { CompletionChoice } from '../openai/completion.js'
import type { Citation, ServiceTier, ToolCall, Usage } from '../openai/types.js'
import { toAnswer } from './answer.js'
import { createPassageTracker, toCitation } from './citations.js'
import { toArguments, toClientName, toToolUser } from './client-tools.js'
import { toDataUri } from './images.js'
import { toKeptThoughts } from './kept-thoughts.js'
import type { KeptThoughts, ReplyPlan } from './policy.js'
import { toReasoningDetails } from './reasoning-details.js'
import { toServiceTier } from './service-tier.js'
import { type CalledAs, toFinishReason } from './stop-reason.js'
import { toUsage } from './usage.js'

/** One whole reply of a model. */
export interface Completion {
  readonly choice: CompletionChoice
  readonly usage: Usage
  /** Null: Bedrock said none. */
  readonly serviceTier: ServiceTier | null
  /** As in a stream: what was thought before tool calls; null: nothing, or no tools. */
  readonly kept: KeptThoughts | null
}

/** A Converse reply as one completion: text and citation blocks joined in order, reasoning and tool calls apart. */
export function toCompletion(response: ConverseResponse, plan: ReplyPlan): Completion {
  const blocks = response.output.message.content
  const toolUses = blocks.flatMap(({ toolUse }) => (toolUse === undefined ? [] : [toolUse]))
  const calls = toolUses.filter((toolUse) => toToolUser(toolUse, plan) === 'client')
  const toolCalls = calls.map((toolUse) => toToolCall(toolUse, plan))
  const answer = toolUses.find((toolUse) => toToolUser(toolUse, plan) === 'answer')
  const text = answer === undefined ? blocks.map(toBlockText).join('') : toAnswer(answer.input, plan)
  const thoughts = blocks.flatMap(({ reasoningContent }) =>
    reasoningContent === undefined || saysNothing(reasoningContent) ? [] : [reasoningContent],
  )
  const reasoning = thoughts.map((thought) => thought.reasoningText?.text ?? '').join('')
  const [firstCall = null] = toolCalls
  const { legacyFunctions, reasoningFormat } = plan
  return {
    choice: {
      text: text === '' && firstCall !== null ? null : text,
      reasoning: reasoning === '' ? null : reasoning,
      reasoningDetails: thoughts.flatMap((thought) => toReasoningDetails(thought, reasoningFormat)),
      toolCalls: legacyFunctions ? [] : toolCalls,
      functionCall: legacyFunctions && firstCall !== null ? toFunctionCall(firstCall) : null,
      citations: answer === undefined ? toCitations(blocks) : [],
      images: blocks.flatMap(({ image }) => {
        return image?.source.bytes ? [toDataUri(image.format, image.source.bytes)] : []
      }),
      finishReason: toFinishReason(response.stopReason, toCalledAs(firstCall, plan)),
    },
    usage: toUsage(response.usage),
    serviceTier: toServiceTier(response.serviceTier),
    kept: toKeptThoughts(
      toolCalls.map(({ id }) => id),
      thoughts,
      plan,
    ),
  }
}

function toCalledAs(firstCall: ToolCall | null, { legacyFunctions }: ReplyPlan): CalledAs {
  if (firstCall === null) return 'none'
  return legacyFunctions ? 'function_call' : 'tool_calls'
}

function toToolCall({ toolUseId: id, name, input }: ToolUse, plan: ReplyPlan): ToolCall {
  return { id, name: toClientName(name, plan), arguments: toArguments(input) }
}

function toFunctionCall({ name, arguments: text }: ToolCall): Omit<ToolCall, 'id'> {
  return { name, arguments: text }
}

function saysNothing({ reasoningText, redactedContent }: ReasoningBlock): boolean {
  return !(reasoningText?.text || reasoningText?.signature || redactedContent)
}

function toBlockText(block: ContentBlock): string {
  if (block.text !== undefined) return block.text
  return block.citationsContent?.content?.map((part) => part.text).join('') ?? ''
}

function toCitations(blocks: readonly ContentBlock[]): readonly Citation[] {
  const passages = createPassageTracker()
  return blocks.flatMap((block) => {
    passages.advance(toBlockText(block).length)
    const passage = passages.endBlock()
    return (block.citationsContent?.citations ?? []).map((citation) => toCitation(citation, passage))
  })
}
