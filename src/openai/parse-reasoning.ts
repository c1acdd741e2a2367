import { type Fields, fieldError, isFields, parseBoolean, parseCount, parseOptional } from './fields.js'
import { REASONING_EFFORTS, type ReasoningEffort, type ReasoningRequest } from './types.js'

type Part = Partial<ReasoningRequest>

/** Every member that says how much a model shall think. */
export const REASONING_MEMBERS = [
  'reasoning_effort',
  'thinking',
  'reasoning',
  'think',
  'enable_thinking',
] as const

const EFFORTS = `${REASONING_EFFORTS.join(', ')} or a number of tokens`

/**
 * How much the model shall think, in whichever of the ways clients say it; null: none of them is used. What is more precise
 * wins: `thinking` (Anthropic), `reasoning` (OpenRouter), `reasoning_effort` (OpenAI), `think` (Ollama, Open WebUI),
 * `enable_thinking` (Qwen). Throws a `GatewayError` that names the member.
 */
export function parseReasoning(fields: Fields): ReasoningRequest | null {
  // Most clients say nothing of it.
  if (REASONING_MEMBERS.every((name) => (fields[name] ?? null) === null)) return null
  const parts: readonly Part[] = [
    parseOptional(fields['thinking'], 'thinking', parseThinking) ?? {},
    parseOptional(fields['reasoning'], 'reasoning', parseOpenRouter) ?? {},
    parseOptional(fields['reasoning_effort'], 'reasoning_effort', parseEffort) ?? {},
    parseOptional(fields['think'], 'think', parseThink) ?? {},
    toPart(parseOptional(fields['enable_thinking'], 'enable_thinking', parseBoolean)),
  ]
  const first = <Name extends keyof ReasoningRequest>(name: Name): ReasoningRequest[Name] | null =>
    parts.find((part) => (part[name] ?? null) !== null)?.[name] ?? null
  const reasoning = { effort: first('effort'), type: first('type'), budgetTokens: first('budgetTokens') }
  return Object.values(reasoning).every((value) => value === null) ? null : reasoning
}

/** Open WebUI sends whatever stands in a text field: a number is a budget, as in the sample gateway. */
function parseEffort(value: unknown, param: string): Part {
  if (typeof value !== 'string') throw fieldError(param, `one of ${EFFORTS}`, value)
  const word = value.trim().toLowerCase()
  if (word === '') return {}
  if (/^\d+$/.test(word)) return toBudget(Number(word), param)
  if (isEffort(word)) return { effort: word }
  throw fieldError(param, `one of ${EFFORTS}`, value)
}

/** Anthropic's `{type, budget_tokens}`. */
function parseThinking(value: unknown, param: string): Part {
  if (typeof value === 'boolean') return toPart(value)
  if (!isFields(value)) throw fieldError(param, 'an object with type and budget_tokens', value)
  const type = value['type'] ?? null
  if (type !== null && type !== 'enabled' && type !== 'disabled' && type !== 'adaptive') {
    throw fieldError(`${param}.type`, '"enabled", "disabled" or "adaptive"', type)
  }
  return { type, budgetTokens: parseOptional(value['budget_tokens'], `${param}.budget_tokens`, parseCount) }
}

/** OpenRouter's `{effort, max_tokens, enabled}`; `exclude` asks for nothing that a model knows of. */
function parseOpenRouter(value: unknown, param: string): Part {
  if (typeof value === 'boolean') return toPart(value)
  if (!isFields(value)) throw fieldError(param, 'an object with effort, max_tokens or enabled', value)
  const enabled = parseOptional(value['enabled'], `${param}.enabled`, parseBoolean)
  const effort = parseOptional(value['effort'], `${param}.effort`, parseEffort) ?? {}
  const budgetTokens = parseOptional(value['max_tokens'], `${param}.max_tokens`, parseCount)
  return { ...effort, ...toPart(enabled), ...(budgetTokens === null ? {} : { budgetTokens }) }
}

/** Ollama's `think`: true, false or an effort. */
function parseThink(value: unknown, param: string): Part {
  if (typeof value === 'boolean') return toPart(value)
  if (typeof value === 'string') return parseEffort(value, param)
  throw fieldError(param, `true, false or one of ${EFFORTS}`, value)
}

function toPart(enabled: boolean | null): Part {
  return enabled === null ? {} : { type: enabled ? 'enabled' : 'disabled' }
}

function toBudget(tokens: number, param: string): Part {
  return tokens === 0 ? { type: 'disabled' } : { budgetTokens: parseCount(tokens, param) }
}

function isEffort(word: string): word is ReasoningEffort {
  return REASONING_EFFORTS.some((effort) => effort === word)
}
