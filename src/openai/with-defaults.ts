import { type Fields, isFields } from './fields.js'

/** Members that say one thing in different words: what a client says in any of them is said. */
const SAME_MEANING = [
  ['max_completion_tokens', 'max_tokens'],
  ['reasoning_effort', 'reasoning', 'thinking'],
  ['guardrailConfig', 'guardrail_config'],
  ['performanceConfig', 'performance_config'],
  ['metadata', 'requestMetadata'],
] as const

/**
 * A chat request's members over those that hold where the client says nothing; null is nothing. The members of
 * `extra_body` are taken one by one, for each of them is a parameter of its own.
 */
export function withDefaults(body: Fields, defaults: Fields): Fields {
  const said = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null))
  const settled = new Set<string>(
    SAME_MEANING.filter((names) => names.some((name) => Object.hasOwn(said, name))).flat(),
  )
  const open = Object.entries(defaults).filter(([name]) => !settled.has(name))
  const [extraDefaults, extra] = [defaults['extra_body'], said['extra_body']]
  return {
    ...Object.fromEntries(open),
    ...said,
    ...(isFields(extraDefaults) && isFields(extra) ? { extra_body: { ...extraDefaults, ...extra } } : {}),
  }
}
