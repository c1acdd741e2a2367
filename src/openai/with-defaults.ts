import { type Fields, isFields } from './fields.js'

/** Members that say one thing in different words: what a client says in any of them is said. */
const SAME_MEANING = [
  ['max_completion_tokens', 'max_tokens'],
  ['reasoning_effort', 'reasoning', 'thinking'],
  ['guardrailConfig', 'guardrail_config'],
  ['performanceConfig', 'performance_config'],
  ['additionalModelRequestFields', 'additional_model_request_fields'],
  ['metadata', 'requestMetadata'],
] as const satisfies readonly (readonly string[])[]

/**
 * A chat request's members over those that hold where the client says nothing; null is nothing. The members of
 * `extra_body` count one by one, for each of them is a parameter of its own.
 */
export function withDefaults(body: Fields, defaults: Fields): Fields {
  const said = withoutNulls(body)
  const saidExtra = isFields(said['extra_body']) ? withoutNulls(said['extra_body']) : {}
  const isSaid = (name: string): boolean => Object.hasOwn(said, name) || Object.hasOwn(saidExtra, name)
  const isOpen = (name: string): boolean =>
    !(SAME_MEANING.find((names) => names.some((other) => other === name)) ?? [name]).some(isSaid)
  const openOf = (fields: Fields): Fields =>
    Object.fromEntries(Object.entries(fields).filter(([name]) => isOpen(name)))

  const { extra_body: extraDefaults, ...others } = defaults
  const merged = { ...openOf(others), ...said }
  if (!isFields(extraDefaults)) return merged
  if (said['extra_body'] === undefined) return { ...merged, extra_body: openOf(extraDefaults) }
  return isFields(said['extra_body'])
    ? { ...merged, extra_body: { ...openOf(extraDefaults), ...saidExtra } }
    : merged
}

function withoutNulls(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null))
}
