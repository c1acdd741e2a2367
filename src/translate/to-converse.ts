import type { ConverseRequest, OutputConfig, ToolConfig } from '../bedrock/types.js'
import type { ChatRequest } from '../openai/types.js'
import { withCachePoints } from './cache-points.js'
import { toConversation } from './conversation.js'
import { createDropList, dropsParams } from './drop-list.js'
import { withoutLearned } from './learned.js'
import { toParameters } from './parameters.js'
import type { ReplyPlan, TranslationContext } from './policy.js'
import { type SettledReasoning, settleReasoning } from './reasoning.js'
import { toReasoningFormat } from './reasoning-details.js'
import type { Sanitized } from './repairs.js'
import { toServiceOptions } from './service-options.js'
import { toStructuredOutput } from './structured-output.js'
import { createToolNames } from './tool-names.js'
import { isForced, type ToolInput, toToolConfig, toToolFields } from './tools.js'

export interface Translation {
  readonly body: ConverseRequest
  /** The reply is asked for as a stream: some models have none, or none with tools. */
  readonly streams: boolean
  /** Request headers beside those of every call. */
  readonly headers: Readonly<Record<string, string>>
  readonly plan: ReplyPlan
  readonly sanitized: Sanitized
  /** Names of request parameters that the model never sees. */
  readonly dropped: readonly string[]
}

const NO_HEADERS: Translation['headers'] = {}

/** A chat request as Converse takes it. Throws a `GatewayError` that names the field for what can't be said to Bedrock. */
export function toConverse(request: ChatRequest, context: TranslationContext): Translation {
  const dropped = createDropList(dropsParams(context), context.target.requested)
  const names = createToolNames(request)
  const { messages, system, sanitized } = toConversation(request, context, names)
  const structured = toStructuredOutput(request, context, dropped)
  const { outputConfig, inWords, answerTool: wanted, answerMember } = structured
  const answerTool = wanted === null ? null : { ...wanted, name: names.reserveName(wanted.name) }
  const toolInput: ToolInput = { request, context, names, answerTool, dropped }
  const toolConfig = toToolConfig(toolInput)
  const toolFields = toToolFields(toolInput, toolConfig)
  const streams = request.stream && canStream(toolConfig, context)
  const forcedTool = isForced(toolConfig)
  const reasoning = settleReasoning({ request, context, messages, forcedTool, dropped })
  const { inferenceConfig, modelFields } = toParameters({ request, context, reasoning, dropped })
  const fields = { ...toolFields, ...modelFields }
  const output = toOutputConfig(outputConfig, reasoning)
  const body: ConverseRequest = {
    messages,
    ...(system.length > 0 ? { system } : {}),
    ...(inferenceConfig === null ? {} : { inferenceConfig }),
    ...(toolConfig === null ? {} : { toolConfig }),
    ...(Object.keys(fields).length > 0 ? { additionalModelRequestFields: fields } : {}),
    ...(output === null ? {} : { outputConfig: output }),
    ...toServiceOptions({ request, context, streams, dropped }),
  }
  const refused = inWords ? [...context.lessons, 'response_format'] : context.lessons
  return {
    body: withCachePoints(withoutLearned(body, refused, dropped), request, context),
    streams,
    headers: NO_HEADERS,
    plan: {
      includeUsage: request.includeUsage,
      toolNames: names.changed,
      answerTool: answerTool?.name ?? null,
      answerMember,
      legacyFunctions: request.legacyFunctions,
      reasoningFormat: toReasoningFormat(context.target.capabilities.family),
    },
    sanitized,
    dropped: dropped.names(),
  }
}

function canStream(toolConfig: ToolConfig | null, { target, lessons }: TranslationContext): boolean {
  const { streaming, streamingTools } = target.capabilities
  if (!streaming) return false
  return toolConfig === null || (streamingTools && !lessons.includes('streaming_tools'))
}

function toOutputConfig(format: OutputConfig | null, { effort }: SettledReasoning): OutputConfig | null {
  if (format === null && effort === null) return null
  return { ...format, ...(effort === null ? {} : { effort }) }
}
