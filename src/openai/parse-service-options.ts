import { type Fields, fieldError, isFields, parseFields, parseOptional } from './fields.js'
import { isGuardrailId, isGuardrailVersion } from './guardrail-patterns.js'
import type { Guardrail, PromptCachingMode } from './types.js'

/** OpenAI's limit for `metadata`, and Converse's for `requestMetadata` (service model). */
const METADATA_PAIRS_MAX = 16

/** `performanceConfig`, as LiteLLM's clients send it. */
export function parseLatency(value: unknown, param: string): 'standard' | 'optimized' | null {
  const latency = parseFields(value, param)['latency'] ?? null
  if (latency === null || latency === 'standard' || latency === 'optimized') return latency
  throw fieldError(`${param}.latency`, '"standard" or "optimized"', latency)
}

/** The client's guardrail: `guardrailConfig`, or `guardrail_config` as LiteLLM's clients say it. */
export function parseGuardrailMember(fields: Fields): Guardrail | null {
  return (
    parseOptional(fields['guardrailConfig'], 'guardrailConfig', parseGuardrail) ??
    parseOptional(fields['guardrail_config'], 'guardrail_config', parseGuardrail)
  )
}

/** `guardrailConfig`, in Bedrock's words (service model: GuardrailConfiguration); the version is `DRAFT` where none is said. */
export function parseGuardrail(value: unknown, param: string): Guardrail {
  const fields = parseFields(value, param)
  const identifier = fields['guardrailIdentifier']
  if (typeof identifier !== 'string' || !isGuardrailId(identifier)) {
    throw fieldError(`${param}.guardrailIdentifier`, 'the id or ARN of a guardrail', identifier)
  }
  const said = fields['guardrailVersion'] ?? 'DRAFT'
  const version = typeof said === 'number' ? String(said) : said
  if (typeof version !== 'string' || !isGuardrailVersion(version)) {
    throw fieldError(`${param}.guardrailVersion`, '"DRAFT" or a number', said)
  }
  return {
    identifier,
    version,
    trace: parseChoice(fields, 'trace', { param, choices: ['enabled', 'disabled', 'enabled_full'] }),
    streamMode: parseChoice(fields, 'streamProcessingMode', { param, choices: ['sync', 'async'] }),
  }
}

function parseChoice<Choice extends string>(
  fields: Fields,
  name: string,
  { param, choices }: { readonly param: string; readonly choices: readonly Choice[] },
): Choice | null {
  const value = fields[name] ?? null
  const choice = choices.find((each) => each === value)
  if (value !== null && choice === undefined) {
    throw fieldError(`${param}.${name}`, choices.map((each) => `"${each}"`).join(' or '), value)
  }
  return choice ?? null
}

/**
 * `prompt_caching`: `{system, messages}` as the sample gateway's clients send it (which of the two is true makes no difference
 * here: points are set where they pay), true or false, or a mode by name.
 */
export function parsePromptCaching(value: unknown, param: string): PromptCachingMode | null {
  if (value === 'auto' || value === 'explicit' || value === 'off') return value
  if (typeof value === 'boolean') return value ? 'auto' : 'off'
  if (!isFields(value)) throw fieldError(param, '"auto", "explicit", "off", true, false or an object', value)
  const flags = [value['system'] ?? null, value['messages'] ?? null].filter((flag) => flag !== null)
  if (!flags.every((flag) => typeof flag === 'boolean')) {
    throw fieldError(param, 'an object whose members system and messages are true or false', value)
  }
  if (flags.length === 0) return null
  return flags.includes(true) ? 'auto' : 'off'
}

/** `metadata` and, winning, `requestMetadata`. Numbers, true and false are written as text, lists and objects as JSON; longer texts are cut later. */
export function parseMetadata(fields: Fields): Readonly<Record<string, string>> | null {
  const metadata = parseOptional(fields['metadata'], 'metadata', parsePairs)
  const requestMetadata = parseOptional(fields['requestMetadata'], 'requestMetadata', parsePairs)
  const pairs = { ...metadata, ...requestMetadata }
  return Object.keys(pairs).length === 0 ? null : pairs
}

function parsePairs(value: unknown, param: string): Readonly<Record<string, string>> {
  const pairs = Object.entries(parseFields(value, param)).filter(([, text]) => text !== null)
  if (pairs.length > METADATA_PAIRS_MAX) {
    throw fieldError(param, `an object of at most ${METADATA_PAIRS_MAX} members`, pairs.length)
  }
  // LiteLLM's clients send lists there ("tags"): no reason to fail a chat.
  return Object.fromEntries(
    pairs.map(([name, text]) => [name, typeof text === 'object' ? JSON.stringify(text) : String(text)]),
  )
}
