import type { ConverseRequest, InferenceConfig } from '../bedrock/types.js'
import type { ModelTarget } from '../catalog/types.js'
import type { ChatRequest } from '../openai/types.js'
import { type Sanitized, toConversation } from './conversation.js'

export interface Translation {
  readonly body: ConverseRequest
  readonly sanitized: Sanitized
  /** Names of request parameters that the model never sees. */
  readonly dropped: readonly string[]
}

/** A chat request as Converse takes it. Throws a `GatewayError` that names the field for what can't be said to Bedrock. */
export function toConverse(request: ChatRequest, target: ModelTarget): Translation {
  const { messages, system, sanitized } = toConversation(request.messages, target.capabilities.systemPrompt)
  const inferenceConfig = toInferenceConfig(request)
  const body: ConverseRequest = {
    messages,
    ...(system.length > 0 ? { system } : {}),
    ...(inferenceConfig === null ? {} : { inferenceConfig }),
  }
  return { body, sanitized, dropped: [...toUntranslated(request), ...request.ignored] }
}

/** Converse takes temperatures up to 1, OpenAI up to 2: what is above is as hot as it gets. Null: nothing was asked. */
function toInferenceConfig(request: ChatRequest): InferenceConfig | null {
  const { maxTokens, temperature, topP, stop } = request
  if (maxTokens === null && temperature === null && topP === null && stop.length === 0) return null
  return {
    ...(maxTokens === null ? {} : { maxTokens }),
    ...(temperature === null ? {} : { temperature: Math.min(temperature, 1) }),
    ...(topP === null ? {} : { topP }),
    ...(stop.length === 0 ? {} : { stopSequences: stop }),
  }
}

/** Parameters that are understood but have no translation yet. */
function toUntranslated(request: ChatRequest): readonly string[] {
  return [
    ...(request.tools.length > 0 ? ['tools'] : []),
    ...(request.toolChoice === null || request.toolChoice.type === 'none' ? [] : ['tool_choice']),
    ...(request.reasoningEffort === null ? [] : ['reasoning_effort']),
    ...(request.responseFormat === null || request.responseFormat.type === 'text' ? [] : ['response_format']),
  ]
}
