import type { OpenAiRequest } from '../bedrock/openai-types.js'
import { GatewayError } from '../errors.js'
import type { ChatRequest, ResponseFormat, ToolChoice, ToolDefinition } from '../openai/types.js'
import { createDropList, type DropList, dropsParams } from './drop-list.js'
import { chooseGuardrail, toGuardrailHeaders } from './guardrail.js'
import { toOpenAiConversation } from './openai-conversation.js'
import { toOpenAiEffort } from './openai-reasoning.js'
import type { ReplyPlan, TranslationContext } from './policy.js'
import type { Sanitized } from './repairs.js'
import { createToolNames, type ToolNames } from './tool-names.js'
import { requireChosenTool, withoutDuplicates } from './tools.js'

export interface OpenAiTranslation {
  readonly body: OpenAiRequest
  /** The reply is asked for as a stream. */
  readonly streams: boolean
  /** Request headers beside those of every call. */
  readonly headers: Readonly<Record<string, string>>
  readonly plan: ReplyPlan
  readonly sanitized: Sanitized
  /** Names of request parameters that the model never sees. */
  readonly dropped: readonly string[]
}

/**
 * Members without a field of their own in `ChatRequest` that go on as they came. The endpoints refuse every member that is
 * not on their list (langchain-ai/langchain-aws#664 quotes it), these are. Left out of it: `logprobs`, which no reply of
 * ours carries.
 */
const PASSED_ON: ReadonlySet<string> = new Set([
  'frequency_penalty',
  'presence_penalty',
  'logit_bias',
  'seed',
  'verbosity',
  'prediction',
  'prompt_cache_key',
  'safety_identifier',
])

/**
 * A chat request for one of Bedrock's native OpenAI endpoints: all but the same words, with the model's own id, a history
 * that is mended as for Converse, and usage always asked for. Throws a `GatewayError` that names what can't be said there.
 */
export function toOpenAi(request: ChatRequest, context: TranslationContext): OpenAiTranslation {
  const { target } = context
  const dropped = createDropList(dropsParams(context), target.requested)
  const names = createToolNames(request)
  const headers = toHeaders(request, context, dropped)
  const { messages, sanitized } = toOpenAiConversation(request, context, names)
  const parameters = withoutRefused(toParameters(request, context, dropped), context.lessons, dropped)
  return {
    body: {
      ...request.modelFields,
      ...parameters,
      ...toTools(request, context, { names, dropped }),
      model: target.id,
      messages,
      stream: request.stream,
      // The neighbouring Responses API keeps replies for 30 days unless it is told not to (facts C14).
      store: false,
      ...(request.stream ? { stream_options: { include_usage: true } } : {}),
    },
    streams: request.stream,
    headers,
    plan: {
      includeUsage: request.includeUsage,
      toolNames: names.changed,
      answerTool: null,
      answerMember: null,
      legacyFunctions: request.legacyFunctions,
      reasoningFormat: null,
    },
    sanitized,
    dropped: dropped.names(),
  }
}

type Members = Readonly<Record<string, unknown>>

function toParameters(
  request: ChatRequest,
  { target, policy }: TranslationContext,
  dropped: DropList,
): Members {
  const { others, stop, responseFormat } = request
  for (const name of Object.keys(others)) if (!PASSED_ON.has(name)) dropped.add(name)
  if (request.topK !== null) dropped.add('top_k')
  if (request.latency !== null) dropped.add('performanceConfig')
  // OpenAI's own `metadata` labels stored replies only, and none is stored.
  if (request.metadata !== null) dropped.add('metadata')
  const maxTokens = request.maxTokens ?? policy.outputTokensDefault
  const ceiling = target.capabilities.maxOutputTokens
  const members: Members = {
    max_completion_tokens: maxTokens !== null && ceiling !== null ? Math.min(maxTokens, ceiling) : maxTokens,
    temperature: request.temperature,
    top_p: request.topP,
    stop: stop.length === 0 ? null : stop,
    reasoning_effort: toOpenAiEffort(request.reasoning, target.id),
    response_format: responseFormat === null ? null : toResponseFormat(responseFormat),
    service_tier: request.serviceTier,
    user: request.user,
    ...Object.fromEntries(Object.entries(others).filter(([name]) => PASSED_ON.has(name))),
  }
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null))
}

/** What this model was seen to refuse is not said again. */
function withoutRefused(members: Members, lessons: readonly string[], dropped: DropList): Members {
  const refused = Object.keys(members).filter((name) => lessons.includes(name))
  for (const name of refused) dropped.add(name)
  return Object.fromEntries(Object.entries(members).filter(([name]) => !refused.includes(name)))
}

function toResponseFormat(format: ResponseFormat): object | null {
  if (format.type !== 'json_schema') return format.type === 'text' ? null : { type: format.type }
  const { name, description, schema, strict } = format
  return {
    type: 'json_schema',
    json_schema: {
      name,
      ...(description === null ? {} : { description }),
      schema,
      ...(strict === null ? {} : { strict }),
    },
  }
}

function toTools(
  request: ChatRequest,
  { target }: TranslationContext,
  { names, dropped }: { readonly names: ToolNames; readonly dropped: DropList },
): Members {
  const { toolChoice, parallelToolCalls } = request
  const tools = withoutDuplicates(request.tools)
  if (tools.length === 0) {
    if (toolChoice?.type === 'required' || toolChoice?.type === 'named') dropped.add('tool_choice')
    return {}
  }
  if (!target.capabilities.tools) {
    dropped.add('tools')
    return {}
  }
  requireChosenTool(request)
  return {
    tools: tools.map((tool) => toTool(tool, names)),
    ...(toolChoice === null ? {} : { tool_choice: toToolChoice(toolChoice, names) }),
    ...(parallelToolCalls === null ? {} : { parallel_tool_calls: parallelToolCalls }),
  }
}

function toTool({ name, description, parameters, strict }: ToolDefinition, names: ToolNames): object {
  const wanted = description === null || description.trim() === '' ? {} : { description }
  return {
    type: 'function',
    function: {
      name: names.toWireName(name),
      ...wanted,
      parameters: parameters ?? { type: 'object', properties: {} },
      ...(strict === null ? {} : { strict }),
    },
  }
}

function toToolChoice(choice: ToolChoice, names: ToolNames): unknown {
  if (choice.type !== 'named') return choice.type
  return { type: 'function', function: { name: names.toWireName(choice.name) } }
}

/**
 * The runtime host takes a guardrail by the headers of InvokeModel (AWS: "Include a guardrail in a chat completion"),
 * streams held back until they are checked. bedrock-mantle takes none (AWS: "Endpoints supported by Amazon Bedrock"), and
 * a chat that shall be watched never runs unwatched.
 */
function toHeaders(
  request: ChatRequest,
  context: TranslationContext,
  dropped: DropList,
): Readonly<Record<string, string>> {
  const { target } = context
  const guardrail = chooseGuardrail(request, context, dropped)
  if (guardrail === null) return {}
  if (target.dialect === 'openai-mantle') {
    const [param, way] =
      request.guardrail === null
        ? ['model', 'use another model']
        : ['guardrailConfig', 'leave guardrailConfig out, or use another model']
    throw new GatewayError(
      'unsupported',
      `${target.requested} is served by bedrock-mantle, which has no guardrails, and this chat must have one: ${way}.`,
      { param },
    )
  }
  return toGuardrailHeaders(guardrail)
}
