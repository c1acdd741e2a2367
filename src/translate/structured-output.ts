import type { OutputConfig, ToolSpec } from '../bedrock/types.js'
import type { ChatRequest } from '../openai/types.js'
import type { DropList } from './drop-list.js'
import type { TranslationContext } from './policy.js'

/** How a `response_format` is said to this model: by `outputConfig`, else by a tool whose input is the answer. */
export interface StructuredOutput {
  readonly outputConfig: OutputConfig | null
  readonly answerTool: ToolSpec | null
}

export function toStructuredOutput(
  request: ChatRequest,
  _context: TranslationContext,
  dropped: DropList,
): StructuredOutput {
  if (request.responseFormat !== null && request.responseFormat.type !== 'text')
    dropped.add('response_format')
  return { outputConfig: null, answerTool: null }
}
