import { type Fields, isFields } from '../openai/fields.js'
import { ruleOf } from './parameter-table.js'

/**
 * Asking for this is asking for what happens anyway, or says nothing where there is no tool, no thought and no cache; beside
 * what the table of parameters knows.
 */
const NEUTRAL: Readonly<Record<string, readonly unknown[]>> = {
  temperature: [1],
  top_p: [1],
  top_k: [0, -1],
  tool_choice: ['auto', 'none'],
  function_call: ['auto', 'none'],
  parallel_tool_calls: [true, false],
  reasoning_effort: ['none'],
  service_tier: ['auto', 'default'],
  prompt_caching: [true, false, 'auto', 'explicit', 'off'],
}

/** The members of a chat that no picture has, without those that ask for nothing: the others are named as left out. */
export function withoutNeutral(others: Fields): Fields {
  return Object.fromEntries(Object.entries(others).filter(([name, value]) => !isNeutral(name, value)))
}

function isNeutral(name: string, value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0
  if (isFields(value)) return Object.keys(value).length === 0
  const neutral = ruleOf(name)?.neutral
  if (neutral !== undefined && value === neutral) return true
  return Object.hasOwn(NEUTRAL, name) && NEUTRAL[name]?.includes(value) === true
}
