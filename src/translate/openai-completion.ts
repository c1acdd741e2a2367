import { fromBedrockFailure, toErrorBody } from '../bedrock/errors.js'
import type { OpenAiReply, OpenAiReplyChoice } from '../bedrock/openai-types.js'
import { GatewayError } from '../errors.js'
import { isFields } from '../openai/fields.js'
import type { ToolCall, Usage } from '../openai/types.js'
import { NO_ARGUMENTS, toClientName } from './client-tools.js'
import type { Completion } from './completion.js'
import { toClientFinishReason } from './openai-finish-reason.js'
import { firstChoiceOf, type ReadToolCall, readMessage } from './openai-message.js'
import { toOpenAiServiceTier } from './openai-service-tier.js'
import { toOpenAiUsage } from './openai-usage.js'
import type { ReplyPlan } from './policy.js'
import { createReasoningTagSplitter } from './reasoning-tag.js'

const NO_USAGE: Usage = {
  promptTokens: 0,
  completionTokens: 0,
  totalTokens: 0,
  cachedTokens: 0,
  cacheWriteTokens: 0,
}

/**
 * A whole reply of a native OpenAI endpoint as one completion. Throws a `GatewayError` for a reply that is an error in
 * spite of its status 200, or that holds no answer.
 */
export function toOpenAiCompletion(body: unknown, plan: ReplyPlan): Completion {
  const reply: OpenAiReply = isFields(body) ? body : {}
  const choice: OpenAiReplyChoice | null = firstChoiceOf(reply)
  if (choice === null) throw toFailure(body)
  const { text, reasoning, toolCalls } = readMessage(choice.message)
  const answer = splitTag(text)
  const thoughts = reasoning + answer.reasoning
  const replyId = isFields(body) && typeof body['id'] === 'string' ? body['id'] : 'none'
  const calls = toolCalls.map((call, index) => toToolCall(call, `call-${replyId}-${index}`, plan))
  const [firstCall = null] = calls
  const { legacyFunctions, reasoningFormat } = plan
  const ending = {
    finishReason: choice.finish_reason,
    hasToolCalls: calls.length > 0,
    guardrailAction: reply['amazon-bedrock-guardrailAction'],
  }
  return {
    choice: {
      text: answer.content === '' && calls.length > 0 ? null : answer.content,
      reasoning: thoughts === '' ? null : thoughts,
      reasoningDetails:
        thoughts === '' ? [] : [{ type: 'text', text: thoughts, signature: null, format: reasoningFormat }],
      toolCalls: legacyFunctions ? [] : calls,
      functionCall:
        legacyFunctions && firstCall !== null
          ? { name: firstCall.name, arguments: firstCall.arguments }
          : null,
      citations: [],
      images: [],
      finishReason: toClientFinishReason(ending, plan),
    },
    usage: toOpenAiUsage(reply.usage) ?? NO_USAGE,
    serviceTier: toOpenAiServiceTier(reply.service_tier),
    kept: null,
  }
}

function toFailure(body: unknown): GatewayError {
  const said = toErrorBody(body)
  if (said === null)
    return new GatewayError('upstream_error', 'Bedrock sent a reply that is not a chat completion.')
  return fromBedrockFailure({ name: said.name, status: null, message: said.message, requestId: null })
}

function splitTag(text: string): { readonly content: string; readonly reasoning: string } {
  const tags = createReasoningTagSplitter()
  const pieces = [...tags.push(text), ...tags.end()]
  const of = (wanted: string): string =>
    pieces
      .filter(({ type }) => type === wanted)
      .map((piece) => piece.text)
      .join('')
  return { content: of('content'), reasoning: of('reasoning') }
}

function toToolCall(
  { id, name, arguments: json }: ReadToolCall,
  idOfNone: string,
  plan: ReplyPlan,
): ToolCall {
  return {
    id: id === '' ? idOfNone : id,
    name: toClientName(name, plan),
    arguments: json === '' ? NO_ARGUMENTS : json,
  }
}
