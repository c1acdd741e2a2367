import type { ConverseToolChoice, Tool, ToolConfig, ToolSpec } from '../bedrock/types.js'
import { modelOf } from '../catalog/names.js'
import { GatewayError } from '../errors.js'
import type { ChatRequest, ToolDefinition } from '../openai/types.js'
import { appendCachePoint } from './cache-marks.js'
import type { DropList } from './drop-list.js'
import { fitsStrict, toInputSchema } from './input-schema.js'
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

/** The `toolConfig` of a request; null: it needs none. Throws a `GatewayError` for a choice of a tool that is not there. */
export function toToolConfig(input: ToolInput): ToolConfig | null {
  const { request, context, dropped } = input
  if (!context.target.capabilities.tools) {
    if (request.tools.length > 0) dropped.add('tools')
    return null
  }
  requireChosenTool(request)
  const mustCall = request.toolChoice?.type === 'required' || request.toolChoice?.type === 'named'
  const tools = request.toolChoice?.type === 'none' ? [] : withoutDuplicates(request.tools)
  if (mustCall && tools.length === 0) dropped.add('tool_choice')
  const answerTool = mustCall && tools.length > 0 ? null : input.answerTool
  if (tools.length === 0 && answerTool === null) return toHistoryConfig(input)
  return answerTool === null ? offerTools(tools, input) : offerAnswer(tools, { ...input, answerTool })
}

/** True where the model has to call a tool (`any`, or one by name). */
export function isForced(config: ToolConfig | null): boolean {
  return config?.toolChoice !== undefined && config.toolChoice.auto === undefined
}

/**
 * What is said of tools in `additionalModelRequestFields`: `parallel_tool_calls: false`. Claude reads it as a member of its
 * own `tool_choice`, whose type must be there exactly where `toolChoice` does not say it: "The additional field
 * tool_choice/type conflicts with the existing field toolConfig.toolChoice" (BerriAI/litellm#36536, #34347).
 */
export function toToolFields(
  { request, context, dropped }: ToolInput,
  config: ToolConfig | null,
): Readonly<Record<string, unknown>> {
  const hasTools = request.tools.length > 0 && request.toolChoice?.type !== 'none'
  if (request.parallelToolCalls !== false || config === null || !hasTools) return {}
  if (!takesParallelSwitch(context)) {
    dropped.add('parallel_tool_calls')
    return {}
  }
  const type = config.toolChoice === undefined ? { type: 'auto' } : {}
  return { tool_choice: { ...type, disable_parallel_tool_use: true } }
}

/** Claude since version 4 (named before numbered); older ones refused the member (anthropics/anthropic-sdk-typescript#592). */
function takesParallelSwitch({ target, lessons }: TranslationContext): boolean {
  return /anthropic\.claude-[a-z]+-\d/.test(modelOf(target)) && !lessons.includes('tool_choice')
}

/** Throws a `GatewayError` for a choice of a tool that is not there. */
export function requireChosenTool({ tools, toolChoice }: ChatRequest): void {
  if (toolChoice?.type !== 'named' || tools.length === 0) return
  if (tools.some(({ name }) => name === toolChoice.name)) return
  throw new GatewayError(
    'invalid_request',
    'tool_choice must name one of the tools, got a name that none of them has',
    { param: 'tool_choice' },
  )
}

/** "tools: Tool names must be unique": the first definition counts, as it does for clients that look one up. */
export function withoutDuplicates(tools: readonly ToolDefinition[]): readonly ToolDefinition[] {
  const first = new Map<string, ToolDefinition>()
  for (const tool of tools) if (!first.has(tool.name)) first.set(tool.name, tool)
  return [...first.values()]
}

function offerTools(tools: readonly ToolDefinition[], input: ToolInput): ToolConfig {
  const { request, dropped } = input
  const choices = choicesOf(input.context)
  const chosen = request.toolChoice
  if (chosen?.type === 'named') {
    const name = input.names.toWireName(chosen.name)
    if (choices.includes('tool')) return { tools: toTools(tools, input), toolChoice: { tool: { name } } }
    if (choices.includes('any')) {
      // Any tool, of which there is one.
      const only = tools.filter((tool) => tool.name === chosen.name)
      return { tools: toTools(only, input), toolChoice: { any: {} } }
    }
  }
  if (chosen?.type === 'required') {
    if (choices.includes('any')) return { tools: toTools(tools, input), toolChoice: { any: {} } }
    const [only] = tools
    if (tools.length === 1 && only !== undefined && choices.includes('tool')) {
      const name = input.names.toWireName(only.name)
      return { tools: toTools(tools, input), toolChoice: { tool: { name } } }
    }
  }
  if (chosen?.type === 'named' || chosen?.type === 'required') dropped.add('tool_choice')
  return { tools: toTools(tools, input) }
}

/** The tool whose input is the answer: forced where it is alone, else one of those of which one is forced. */
function offerAnswer(
  tools: readonly ToolDefinition[],
  input: ToolInput & { readonly answerTool: ToolSpec },
): ToolConfig {
  const choices = choicesOf(input.context)
  const offered = [...toTools(tools, input), { toolSpec: input.answerTool }]
  const choice: ConverseToolChoice | null =
    tools.length === 0 && choices.includes('tool')
      ? { tool: { name: input.answerTool.name } }
      : choices.includes('any')
        ? { any: {} }
        : null
  return { tools: offered, ...(choice === null ? {} : { toolChoice: choice }) }
}

/** Every choice but `auto` is a parameter that a model may be seen to refuse. */
function choicesOf({ target, lessons }: TranslationContext): readonly ('any' | 'tool')[] {
  return lessons.includes('tool_choice') ? [] : target.capabilities.toolChoices
}

function toTools(tools: readonly ToolDefinition[], { names, context }: ToolInput): readonly Tool[] {
  const offered: Tool[] = []
  for (const tool of tools) {
    offered.push({ toolSpec: toToolSpec(tool, names.toWireName(tool.name), context) })
    appendCachePoint(offered, tool.cacheControl)
  }
  return offered
}

function toToolSpec(
  { description, parameters, strict }: ToolDefinition,
  name: string,
  context: TranslationContext,
): ToolSpec {
  const json = toInputSchema(parameters)
  return {
    name,
    // At least one character (service model); without one the model goes by the name, recording 0849.
    ...(description === null || description.trim() === '' ? {} : { description }),
    inputSchema: { json },
    ...(strict === true && takesStrict(context) && fitsStrict(json) ? { strict } : {}),
  }
}

/**
 * Models that hold their calls to the schema: those with structured output (AWS documentation), of Claude only 4.5 and 4.6.
 * Others say "strict: Extra inputs are not permitted" (BerriAI/litellm#31585, #32455).
 */
function takesStrict({ target, lessons }: TranslationContext): boolean {
  const { structuredOutput, family } = target.capabilities
  if (!structuredOutput || lessons.includes('strict')) return false
  return family !== 'claude' || /claude-(?:sonnet|haiku|opus)-4-[56]/.test(modelOf(target))
}

/** What the model is told of a tool that it may see in the history and not call. */
const UNAVAILABLE = 'Was used earlier in this conversation. Not available now: answer without calling it.'

/**
 * Bedrock demands a `toolConfig` where the history has tool blocks (facts C6), also where the client offers no tools or
 * says `tool_choice: none`, for which Converse has no word: then it names the tools of the history, and that they are gone.
 */
function toHistoryConfig({ request, names }: ToolInput): ToolConfig | null {
  const calls = request.messages.flatMap((message) => (message.role === 'assistant' ? message.toolCalls : []))
  if (calls.length === 0) return null
  const wireNames = new Set(calls.map(({ name }) => names.toWireName(name)))
  return { tools: [...wireNames].map((name) => ({ toolSpec: toUnavailable(name) })) }
}

function toUnavailable(name: string): ToolSpec {
  return {
    name,
    description: UNAVAILABLE,
    inputSchema: { json: { type: 'object', properties: {}, additionalProperties: true } },
  }
}
