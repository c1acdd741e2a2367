import type { ContentBlock, ConverseEvent, ConverseResponse } from '../bedrock/types.js'
import { toArguments } from './client-tools.js'

/**
 * A whole Converse reply as the events that a stream of it would have: for models that do not stream at all, or not with
 * tools, while the client asked for a stream. In the order of recorded streams (facts C5).
 */
export function toEvents(response: ConverseResponse): readonly ConverseEvent[] {
  const { output, stopReason, usage, serviceTier } = response
  return [
    { type: 'messageStart', payload: { role: output.message.role } },
    ...output.message.content.flatMap(toBlockEvents),
    { type: 'messageStop', payload: { stopReason } },
    { type: 'metadata', payload: { usage, ...(serviceTier === undefined ? {} : { serviceTier }) } },
  ]
}

function toBlockEvents(block: ContentBlock, contentBlockIndex: number): readonly ConverseEvent[] {
  return [
    ...toStart(block, contentBlockIndex),
    ...toDeltas(block).map(
      (delta): ConverseEvent => ({ type: 'contentBlockDelta', payload: { contentBlockIndex, delta } }),
    ),
    { type: 'contentBlockStop', payload: { contentBlockIndex } },
  ]
}

/** Only tools and pictures announce their block. */
function toStart(block: ContentBlock, contentBlockIndex: number): readonly ConverseEvent[] {
  const { toolUse, toolResult, image } = block
  if (image !== undefined) {
    const start = { image: { format: image.format } }
    return [{ type: 'contentBlockStart', payload: { contentBlockIndex, start } }]
  }
  if (toolUse !== undefined) {
    const { input: _, ...start } = toolUse
    return [{ type: 'contentBlockStart', payload: { contentBlockIndex, start: { toolUse: start } } }]
  }
  if (toolResult === undefined) return []
  return [{ type: 'contentBlockStart', payload: { contentBlockIndex, start: { toolResult } } }]
}

type Delta = Extract<ConverseEvent, { type: 'contentBlockDelta' }>['payload']['delta']

function toDeltas(block: ContentBlock): readonly Delta[] {
  const { text, toolUse, toolResult, reasoningContent, citationsContent, image } = block
  if (text !== undefined) return [{ text }]
  if (toolUse !== undefined) return [{ toolUse: { input: toArguments(toolUse.input) } }]
  if (toolResult !== undefined) return [{ toolResult: toolResult.content }]
  if (image !== undefined) return [{ image }]
  if (reasoningContent !== undefined) return toReasoningDeltas(reasoningContent)
  return [
    ...(citationsContent?.citations ?? []).map((citation) => ({ citation })),
    ...(citationsContent?.content ?? []).map((content) => ({ text: content.text })),
  ]
}

function toReasoningDeltas(block: NonNullable<ContentBlock['reasoningContent']>): readonly Delta[] {
  const { reasoningText, redactedContent } = block
  if (redactedContent !== undefined) return [{ reasoningContent: { redactedContent } }]
  const { text = '', signature } = reasoningText ?? {}
  return [
    { reasoningContent: { text } },
    ...(signature === undefined ? [] : [{ reasoningContent: { signature } }]),
  ]
}
