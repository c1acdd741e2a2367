import type { InferenceConfig } from '../bedrock/types.js'
import { GatewayError } from '../errors.js'
import { type Fields, isFields } from '../openai/fields.js'
import type { ChatRequest } from '../openai/types.js'
import type { ParameterInput } from './parameter-input.js'
import { ruleOf } from './parameter-table.js'
import type { TranslationContext } from './policy.js'
import type { SettledReasoning } from './reasoning.js'
import { toSampling } from './sampling.js'
import { toStopSequences } from './stop-sequences.js'

/** What the parameters become. */
export interface Parameters {
  /** Null: nothing is to be said. */
  readonly inferenceConfig: InferenceConfig | null
  /** For `additionalModelRequestFields`, those of reasoning included. */
  readonly modelFields: Readonly<Record<string, unknown>>
}

/**
 * Room for the answer beside the thoughts, where neither the client nor the policy names a limit: with a budget Claude needs one.
 */
const ANSWER_TOKENS = 4096

/**
 * Sampling, limits and everything else of a request that is no message and no tool. What the client says to the model itself
 * (`extra_body`, `additionalModelRequestFields`) wins over what is made here. Throws a `GatewayError` for an `n` that the
 * policy does not allow.
 */
export function toParameters(input: ParameterInput): Parameters {
  const { request, context, reasoning } = input
  requireChoices(request.choices, context.policy.choicesMax)
  const maxTokens = toMaxTokens(input)
  const stopSequences = toStopSequences(input)
  const inferenceConfig: InferenceConfig = {
    ...(maxTokens === null ? {} : { maxTokens }),
    ...toSampling(input),
    ...(stopSequences.length === 0 ? {} : { stopSequences }),
  }
  return {
    inferenceConfig: Object.keys(inferenceConfig).length === 0 ? null : inferenceConfig,
    modelFields: { ...reasoning.fields, ...toOwnFields(input), ...request.modelFields },
  }
}

function requireChoices(choices: number, choicesMax: number): void {
  if (choices <= choicesMax) return
  throw new GatewayError(
    'invalid_request',
    `n must be at most ${choicesMax} (BEDROCKD_CHOICES_MAX), got ${choices}`,
    { param: 'n' },
  )
}

/** The client's limit, else the policy's and what thinking takes, in any case no more than the model gives; null: none. */
function toMaxTokens({ request, context, reasoning, dropped }: ParameterInput): number | null {
  const { capabilities } = context.target
  if (reasoning.refusesInference || context.lessons.includes('max_tokens')) {
    if (request.maxTokens !== null) dropped.add('max_tokens')
    return null
  }
  const wanted = request.maxTokens ?? defaultMaxTokens(request, context, reasoning)
  if (wanted === null || capabilities.maxOutputTokens === null) return wanted
  return Math.min(wanted, capabilities.maxOutputTokens)
}

function defaultMaxTokens(
  request: ChatRequest,
  { policy }: TranslationContext,
  reasoning: SettledReasoning,
): number | null {
  const budgetTokens = ownBudget(request.modelFields) ?? reasoning.budgetTokens
  if (policy.outputTokensDefault !== null) return policy.outputTokensDefault + budgetTokens
  return budgetTokens === 0 ? null : budgetTokens + ANSWER_TOKENS
}

/** A budget that the client put into the fields of the model itself. */
function ownBudget(modelFields: ChatRequest['modelFields']): number | null {
  const thinking = modelFields?.['thinking']
  const budget = isFields(thinking) ? thinking['budget_tokens'] : null
  return typeof budget === 'number' && Number.isSafeInteger(budget) && budget > 0 ? budget : null
}

/** What the model's family takes under names of its own; everything else is named as left out. */
function toOwnFields({ request, context, reasoning, dropped }: ParameterInput): Fields {
  const { family, sampling } = context.target.capabilities
  const said: readonly (readonly [string, unknown])[] = [
    ...(request.topK === null ? [] : [['top_k', request.topK] as const]),
    ...Object.entries(request.others),
  ]
  const mute = reasoning.fixesSampling || reasoning.refusesInference || sampling === 'none'
  let fields: Fields = {}
  for (const [name, value] of said) {
    const rule = ruleOf(name)
    const path = rule?.path[family]
    const refused = context.lessons.includes(name) || (name === 'top_k' && mute)
    if (path !== undefined && !refused) fields = withMember(fields, path, atMost(value, rule?.most?.[family]))
    else if (!isNeutral(value, rule?.neutral)) dropped.add(name)
  }
  return fields
}

function atMost(value: unknown, most: number | undefined): unknown {
  return typeof value === 'number' && most !== undefined ? Math.min(value, most) : value
}

function isNeutral(value: unknown, neutral: unknown): boolean {
  return neutral !== undefined && value === neutral
}

function withMember(fields: Fields, [name, ...rest]: readonly string[], value: unknown): Fields {
  if (name === undefined) return fields
  const inner = fields[name]
  const [next] = rest
  if (next === undefined) return { ...fields, [name]: value }
  return { ...fields, [name]: withMember(isFields(inner) ? inner : {}, rest, value) }
}
