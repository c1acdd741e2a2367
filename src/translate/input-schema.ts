import { type Fields, isFields } from '../openai/fields.js'

const ALTERNATIVES = ['anyOf', 'oneOf', 'allOf'] as const

/**
 * A tool's JSON schema as Bedrock takes it: at its top an object by name ("inputSchema.json.type must be one of the
 * following: object") and, for Claude, no choice between schemas ("input_schema does not support oneOf, allOf, or anyOf
 * at the top level"; both code-yeongyu/senpi#1947). Alternatives become one object with the members of all.
 */
export function toInputSchema(parameters: object | null): object {
  const schema: Fields = { ...parameters }
  const { type, properties } = schema
  const isPlain = ALTERNATIVES.every((keyword) => schema[keyword] === undefined)
  if (type === 'object' && isFields(properties) && isPlain) return schema
  return { ...flatten(schema), type: 'object' }
}

/** Properties of all branches; required is what every alternative requires, or any part of an `allOf`. */
function flatten(schema: Fields): Fields {
  const { anyOf, oneOf, allOf, ...rest } = schema
  const alternatives = [...toSchemas(anyOf), ...toSchemas(oneOf)].map(flatten)
  const parts = toSchemas(allOf).map(flatten)
  const properties = Object.fromEntries(
    [...alternatives, ...parts, rest].flatMap((branch) => Object.entries(toProperties(branch))),
  )
  const requiredElsewhere = alternatives.slice(1).map((branch) => new Set(toRequired(branch)))
  const required = new Set([
    ...toRequired(rest),
    ...parts.flatMap(toRequired),
    ...toRequired(alternatives[0] ?? {}).filter((name) =>
      requiredElsewhere.every((names) => names.has(name)),
    ),
  ])
  const { required: _, ...others } = rest
  return { ...others, properties, ...(required.size > 0 ? { required: [...required] } : {}) }
}

function toSchemas(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.filter(isFields) : []
}

function toProperties({ properties }: Fields): object {
  return isFields(properties) ? properties : {}
}

function toRequired({ required }: Fields): readonly string[] {
  return Array.isArray(required) ? required.filter((name) => typeof name === 'string') : []
}

/**
 * Keywords that a grammar can be made of (AWS documentation, structured output: JSON Schema Draft 2020-12, a subset).
 * Any other fails the whole request: "For 'array' type, property 'maxItems' is not supported" (BerriAI/litellm#39115).
 */
const STRICT_KEYWORDS: ReadonlySet<string> = new Set([
  '$defs',
  '$ref',
  'additionalProperties',
  'anyOf',
  'const',
  'default',
  'definitions',
  'description',
  'enum',
  'items',
  'properties',
  'required',
  'title',
  'type',
])
const SCHEMA_MAPS: ReadonlySet<string> = new Set(['properties', '$defs', 'definitions'])

/** True for a schema that the model can be held to: every object closed, nothing that a grammar does not know. */
export function fitsStrict(schema: unknown): boolean {
  if (!isFields(schema)) return false
  const isObject = schema['type'] === 'object' || schema['properties'] !== undefined
  if (isObject && schema['additionalProperties'] !== false) return false
  return Object.entries(schema).every(([keyword, value]) => {
    if (!STRICT_KEYWORDS.has(keyword)) return false
    if (SCHEMA_MAPS.has(keyword)) return isFields(value) && Object.values(value).every(fitsStrict)
    if (keyword === 'items') return fitsStrict(value)
    if (keyword === 'anyOf') return Array.isArray(value) && value.every(fitsStrict)
    return true
  })
}
