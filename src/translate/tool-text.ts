import type { ContentBlock, TextBlock } from '../bedrock/types.js'
import type { ToolCall } from '../openai/types.js'

/** What a result says that says nothing: with the status `error`, Bedrock wants content. */
export const EMPTY_RESULT = '(empty)'

/** A call for a model that takes no tool blocks. */
export function toCallText({ name, arguments: text }: ToolCall): TextBlock {
  return { text: `[Tool call: ${name} ${text.trim() === '' ? '{}' : text}]` }
}

/** A result for a model that takes no tool blocks, or without the call that it answers: its texts, marked as what they are. */
export function toResultTexts(blocks: readonly ContentBlock[], name: string | null): readonly ContentBlock[] {
  const label = name === null ? 'Tool result' : `Tool result of ${name}`
  const first = blocks.findIndex(({ text }) => text !== undefined)
  if (first < 0) return [{ text: `[${label}: ${EMPTY_RESULT}]` }, ...blocks]
  return blocks.map((block, index) => (index === first ? { text: `[${label}] ${block.text}` } : block))
}
