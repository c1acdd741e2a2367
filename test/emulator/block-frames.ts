import type { ContentBlock } from '../../src/bedrock/types.js'
import type { AnswerPart } from './answer.js'
import { encodeEvent } from './event-stream-encoder.js'
import { type ToolInputStyle, textFragments, toolInputFragments } from './fragments.js'

/** How blocks become frames. */
export interface FrameStyle {
  readonly toolInput: ToolInputStyle
  /** The junk member `p` of every payload. */
  readonly padding: () => string
}

/** The frames of one block: contentBlockStart for tools and their results alone (bedrock-facts C5), deltas, contentBlockStop. */
export function blockFrames(part: AnswerPart, index: number, style: FrameStyle): readonly Buffer[] {
  const start = part.type === 'block' ? blockStart(part.block) : null
  const deltas = part.type === 'text' ? part.chunks.map((text) => ({ text })) : blockDeltas(part.block, style)
  const frame = (type: string, members: object) =>
    encodeEvent(type, { contentBlockIndex: index, ...members, p: style.padding() })
  return [
    ...(start === null ? [] : [frame('contentBlockStart', { start })]),
    ...deltas.map((delta) => frame('contentBlockDelta', { delta })),
    frame('contentBlockStop', {}),
  ]
}

// Members as in recording 766.
function blockStart({ toolUse, toolResult }: ContentBlock): object | null {
  if (toolUse !== undefined) {
    const { input: _, ...start } = toolUse
    return { toolUse: start }
  }
  if (toolResult === undefined) return null
  const { content: _, ...start } = toolResult
  return { toolResult: start }
}

function blockDeltas(block: ContentBlock, style: FrameStyle): readonly object[] {
  const { toolUse, toolResult, reasoningContent, citationsContent } = block
  if (toolUse !== undefined) {
    return toolInputFragments(toolUse.input, style.toolInput).map((input) => ({ toolUse: { input } }))
  }
  if (toolResult !== undefined) return [{ toolResult: toolResult.content }]
  // Recording 801: the signature is the last delta; recording 800: redacted content is the only one.
  if (reasoningContent?.reasoningText !== undefined) {
    const { text, signature } = reasoningContent.reasoningText
    const said = textFragments(text).map((piece) => ({ reasoningContent: { text: piece } }))
    return signature === undefined ? said : [...said, { reasoningContent: { signature } }]
  }
  if (reasoningContent !== undefined) return [{ reasoningContent }]
  // bedrock-facts C5: the citations of a block come before its text.
  if (citationsContent !== undefined) {
    const text = (citationsContent.content ?? []).map((piece) => piece.text).join('')
    return [
      ...(citationsContent.citations ?? []).map((citation) => ({ citation })),
      ...textFragments(text).map((piece) => ({ text: piece })),
    ]
  }
  throw new TypeError(`a scripted reply cannot stream ${Object.keys(block).join()}`)
}
