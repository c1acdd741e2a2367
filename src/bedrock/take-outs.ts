import { type CacheSection, hasPoints, mapPoints, withoutPoints } from './cache-points.js'
import type { ContentBlock, ConverseRequest, InferenceConfig, Message, SystemBlock } from './types.js'

/** How one parameter is taken out of a request. */
export interface TakeOut {
  /** Null: it is not in there. */
  readonly takeOut: (body: ConverseRequest) => ConverseRequest | null
  /** What a client calls it, named as dropped; null: the answer is the same without it. */
  readonly saidAs: string | null
  /** Members of `additionalModelRequestFields` that go with it. */
  readonly fields: readonly string[]
}

/** Every spelling of how much a model shall think. */
const REASONING_FIELDS = ['thinking', 'reasoning', 'reasoning_config', 'reasoningConfig']
const EFFORT_FIELDS = ['output_config', 'reasoning_effort']
/** Claude's, Cohere's and Nova's spelling of `top_k`. */
const TOP_K_FIELDS = ['top_k', 'k', 'topK']

/** Fields whose taking out says so by their names; every other parameter is a field by its own name, if it is one. */
const FIELDS_OF: ReadonlyMap<string, readonly string[]> = new Map([
  ['top_k', [...TOP_K_FIELDS, 'inferenceConfig']],
  ['effort', EFFORT_FIELDS],
  ['reasoning_effort', [...REASONING_FIELDS, ...EFFORT_FIELDS]],
  ['thinking.budget_tokens', ['thinking']],
  ['thinking.display', ['thinking']],
])

/** Every parameter that lessons name, by that name. A name that is not here is a field of the model's own. */
const TAKE_OUTS = {
  temperature: { saidAs: 'temperature', takeOut: (body) => withoutInference(body, ['temperature']) },
  top_p: { saidAs: 'top_p', takeOut: (body) => withoutInference(body, ['topP']) },
  /** Either goes, both do not: temperature is what most clients mean. */
  temperature_and_top_p: {
    saidAs: 'top_p',
    takeOut: (body) =>
      body.inferenceConfig?.temperature === undefined ? null : withoutInference(body, ['topP']),
  },
  top_k: { saidAs: 'top_k', takeOut: withoutTopK },
  /** Where it is too large for the model, the model's own limit is what the client gets. */
  max_tokens: { saidAs: null, takeOut: (body) => withoutInference(body, ['maxTokens']) },
  stop: { saidAs: 'stop', takeOut: (body) => withoutInference(body, ['stopSequences']) },
  tool_choice: { saidAs: 'tool_choice', takeOut: withoutToolChoice },
  strict: { saidAs: null, takeOut: withoutStrict },
  'tool_result.status': { saidAs: null, takeOut: withoutResultStatus },
  cache_control: { saidAs: null, takeOut: (body) => withoutPointsOf(body, ['tools', 'system', 'messages']) },
  'cache_control.tools': { saidAs: null, takeOut: (body) => withoutPointsOf(body, ['tools']) },
  'cache_control.system': { saidAs: null, takeOut: (body) => withoutPointsOf(body, ['system']) },
  'cache_control.messages': { saidAs: null, takeOut: (body) => withoutPointsOf(body, ['messages']) },
  'cache_control.ttl': { saidAs: null, takeOut: withoutTtl },
  service_tier: { saidAs: 'service_tier', takeOut: (body) => without(body, 'serviceTier') },
  latency: { saidAs: 'performanceConfig', takeOut: (body) => without(body, 'performanceConfig') },
  response_format: { saidAs: null, takeOut: withFormatInWords },
  effort: { saidAs: 'reasoning_effort', takeOut: withoutEffort },
  reasoning_effort: { saidAs: 'reasoning_effort', takeOut: withoutReasoning },
  'thinking.budget_tokens': { saidAs: null, takeOut: withAdaptiveThinking },
  reasoning_details: { saidAs: 'reasoning_details', takeOut: withoutThoughts },
  'thinking.display': { saidAs: null, takeOut: withoutDisplay },
  'reasoning_details.signature': { saidAs: null, takeOut: withoutSignatures },
  system: { saidAs: null, takeOut: withSystemAsUser },
  /** How the reply is asked for, not what is asked. */
  streaming_tools: { saidAs: null, takeOut: withoutStreamMode },
} as const satisfies Record<string, Omit<TakeOut, 'fields'>>

export type TakenParameter = keyof typeof TAKE_OUTS

/** How this parameter is taken out: by the table, else as a member of `additionalModelRequestFields`. */
export function takeOutOf(parameter: string): TakeOut {
  const fields = FIELDS_OF.get(parameter) ?? [parameter]
  if (Object.hasOwn(TAKE_OUTS, parameter)) return { ...TAKE_OUTS[parameter as TakenParameter], fields }
  return { fields, saidAs: parameter, takeOut: (body) => withoutFields(body, [parameter]) }
}

/** For Converse: how a stream is watched is no member of its guardrail (service model: GuardrailConfiguration). Null: none is there. */
function withoutStreamMode(body: ConverseRequest): ConverseRequest | null {
  if (body.guardrailConfig?.streamProcessingMode === undefined) return null
  const { streamProcessingMode: _mode, ...guardrailConfig } = body.guardrailConfig
  return { ...body, guardrailConfig }
}

function without(body: ConverseRequest, member: keyof ConverseRequest): ConverseRequest | null {
  if (body[member] === undefined) return null
  const { [member]: _, ...rest } = body
  return rest as ConverseRequest
}

function withoutInference(
  body: ConverseRequest,
  names: readonly (keyof InferenceConfig)[],
): ConverseRequest | null {
  const inferenceConfig = withoutMembers(body.inferenceConfig, names)
  return inferenceConfig === null ? null : withPart(body, { inferenceConfig })
}

function withoutFields(body: ConverseRequest, names: readonly string[]): ConverseRequest | null {
  const additionalModelRequestFields = withoutMembers(body.additionalModelRequestFields, names)
  return additionalModelRequestFields === null ? null : withPart(body, { additionalModelRequestFields })
}

/** The object without these members; null where it has none of them. */
function withoutMembers<Part extends object>(part: Part | undefined, names: readonly string[]): Part | null {
  if (part === undefined || !names.some((name) => Object.hasOwn(part, name))) return null
  return Object.fromEntries(Object.entries(part).filter(([name]) => !names.includes(name))) as Part
}

/** The body with this part in place of its own, or without it where nothing is left of it. */
function withPart(body: ConverseRequest, part: Partial<ConverseRequest>): ConverseRequest {
  const [entry] = Object.entries(part)
  if (entry === undefined) return body
  const [name, value] = entry
  if (Object.keys(value).length > 0) return { ...body, ...part }
  return without(body, name as keyof ConverseRequest) ?? body
}

function withoutTopK(body: ConverseRequest): ConverseRequest | null {
  const flat = withoutFields(body, TOP_K_FIELDS)
  const fields = (flat ?? body).additionalModelRequestFields
  const nested = fields?.['inferenceConfig']
  if (typeof nested !== 'object' || nested === null) return flat
  const inferenceConfig = withoutMembers(nested, ['topK'])
  if (inferenceConfig === null) return flat
  return { ...(flat ?? body), additionalModelRequestFields: { ...fields, inferenceConfig } }
}

function withoutToolChoice(body: ConverseRequest): ConverseRequest | null {
  if (body.toolConfig?.toolChoice === undefined) return null
  return { ...body, toolConfig: { tools: body.toolConfig.tools } }
}

function withoutStrict(body: ConverseRequest): ConverseRequest | null {
  const { toolConfig } = body
  if (!toolConfig?.tools.some(({ toolSpec }) => toolSpec?.strict !== undefined)) return null
  const tools = toolConfig.tools.map((tool) => {
    if (tool.toolSpec === undefined) return tool
    const { strict: _, ...toolSpec } = tool.toolSpec
    return { toolSpec }
  })
  return { ...body, toolConfig: { ...toolConfig, tools } }
}

function withoutResultStatus(body: ConverseRequest): ConverseRequest | null {
  return withBlocks(body, ({ toolResult }) => {
    if (toolResult?.status === undefined) return null
    const { status: _, ...rest } = toolResult
    return { toolResult: rest }
  })
}

/** The history without its thoughts; Claude with a budget refuses to go on with a tool round that has none. */
function withoutThoughts(body: ConverseRequest): ConverseRequest | null {
  const isThought = ({ reasoningContent }: ContentBlock): boolean => reasoningContent !== undefined
  if (!body.messages.some(({ content }) => content.some(isThought))) return null
  const messages = body.messages.map((message): Message => {
    const content = message.content.filter((block) => !isThought(block))
    return content.length === message.content.length ? message : { ...message, content }
  })
  const without = { ...body, messages }
  const isOpen = messages.at(-1)?.content.some(({ toolResult }) => toolResult !== undefined) ?? false
  const thinking = body.additionalModelRequestFields?.['thinking']
  const hasBudget = typeof thinking === 'object' && thinking !== null && 'budget_tokens' in thinking
  return isOpen && hasBudget ? (withoutFields(without, ['thinking']) ?? without) : without
}

/** The thoughts stay, only their proof goes. */
function withoutSignatures(body: ConverseRequest): ConverseRequest | null {
  return withBlocks(body, ({ reasoningContent }) => {
    const { text, signature } = reasoningContent?.reasoningText ?? {}
    if (text === undefined || signature === undefined) return null
    return { reasoningContent: { reasoningText: { text } } }
  })
}

/** The body with the blocks that `change` gives something for replaced; null where it never does. */
function withBlocks(
  body: ConverseRequest,
  change: (block: ContentBlock) => ContentBlock | null,
): ConverseRequest | null {
  let isChanged = false
  const messages = body.messages.map((message): Message => {
    const content = message.content.map((block) => {
      const changed = change(block)
      if (changed !== null) isChanged = true
      return changed ?? block
    })
    return { ...message, content }
  })
  return isChanged ? { ...body, messages } : null
}

function withoutPointsOf(body: ConverseRequest, sections: readonly CacheSection[]): ConverseRequest | null {
  return hasPoints(body, sections) ? withoutPoints(body, sections) : null
}

function withoutTtl(body: ConverseRequest): ConverseRequest | null {
  let hasTtl = false
  const plain = mapPoints(body, ({ type, ttl }) => {
    if (ttl !== undefined) hasTtl = true
    return { type }
  })
  return hasTtl ? plain : null
}

/**
 * The wanted format as an instruction: the client is to read JSON out of the answer, and plain prose would break it. Later
 * requests know the lesson from the start and force a tool instead (`structured-output.ts`).
 */
function withFormatInWords(body: ConverseRequest): ConverseRequest | null {
  const { textFormat, ...output } = body.outputConfig ?? {}
  if (textFormat === undefined) return null
  const text = `Answer with nothing but JSON that fits this JSON schema: ${textFormat.structure.jsonSchema.schema}`
  return { ...withPart(body, { outputConfig: output }), system: [...(body.system ?? []), { text }] }
}

function withoutEffort(body: ConverseRequest): ConverseRequest | null {
  const flat = withoutFields(body, EFFORT_FIELDS)
  const outputConfig = withoutMembers(body.outputConfig, ['effort'])
  return outputConfig === null ? flat : withPart(flat ?? body, { outputConfig })
}

function withoutReasoning(body: ConverseRequest): ConverseRequest | null {
  const thoughtless = withoutFields(body, REASONING_FIELDS)
  return withoutEffort(thoughtless ?? body) ?? thoughtless
}

/** Budgets up to these are a low, a medium effort. */
const LOW_BUDGET_TOKENS_MAX = 4_096
const MEDIUM_BUDGET_TOKENS_MAX = 16_384

/** A budget said as an effort: adaptive thinking without one shows no thoughts (BerriAI/litellm#36507). */
function withAdaptiveThinking(body: ConverseRequest): ConverseRequest | null {
  const fields = body.additionalModelRequestFields
  const thinking = fields?.['thinking']
  if (typeof thinking !== 'object' || thinking === null || !('type' in thinking)) return null
  if (thinking.type !== 'enabled') return null
  const budget = 'budget_tokens' in thinking ? Number(thinking.budget_tokens) : 0
  return {
    ...body,
    additionalModelRequestFields: { ...fields, thinking: { type: 'adaptive' } },
    outputConfig: { effort: toEffort(budget), ...body.outputConfig },
  }
}

/** Thinking as asked for, shown as the model does of itself. */
function withoutDisplay(body: ConverseRequest): ConverseRequest | null {
  const fields = body.additionalModelRequestFields
  const thinking = fields?.['thinking']
  if (typeof thinking !== 'object' || thinking === null) return null
  const rest = withoutMembers(thinking, ['display'])
  return rest === null ? null : { ...body, additionalModelRequestFields: { ...fields, thinking: rest } }
}

function toEffort(budgetTokens: number): string {
  if (budgetTokens <= LOW_BUDGET_TOKENS_MAX) return 'low'
  return budgetTokens <= MEDIUM_BUDGET_TOKENS_MAX ? 'medium' : 'high'
}

/** System text in front of what the user says first: nothing of it is lost. */
function withSystemAsUser(body: ConverseRequest): ConverseRequest | null {
  const { system, messages, ...rest } = withoutPointsOf(body, ['system']) ?? body
  if (system === undefined || system.length === 0) return null
  const texts = system.flatMap(({ text }: SystemBlock) => (text === undefined ? [] : [{ text }]))
  const [first, ...others] = messages
  if (first?.role !== 'user') return { messages: [{ role: 'user', content: texts }, ...messages], ...rest }
  return { messages: [{ ...first, content: [...texts, ...first.content] }, ...others], ...rest }
}
