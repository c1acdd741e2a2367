import type { ToolConfig, ToolSpec } from '../bedrock/types.js'
import type { ChatRequest } from '../openai/types.js'
import type { DropList } from './drop-list.js'
import type { TranslationContext } from './policy.js'
import type { ToolNames } from './tool-names.js'

/** What the parts of a translation tell each other. */
export interface ToolInput {
  readonly request: ChatRequest
  readonly context: TranslationContext
  readonly names: ToolNames
  /** Offered beside the client's tools, and forced where there are none (see `structured-output.ts`); null: none. */
  readonly answerTool: ToolSpec | null
  readonly dropped: DropList
}

/** The `toolConfig` of a request; null: it needs none. */
export function toToolConfig({ request, dropped }: ToolInput): ToolConfig | null {
  if (request.tools.length > 0) dropped.add('tools')
  if (request.toolChoice !== null && request.toolChoice.type !== 'none') dropped.add('tool_choice')
  return null
}

/** True where the model has to call a tool (`any`, or one by name). */
export function isForced(config: ToolConfig | null): boolean {
  return config?.toolChoice !== undefined && config.toolChoice.auto === undefined
}
