import { type BedrockError, validationError } from './wire-error.js'

/** What one member of an InvokeModel body may be. */
export type Schema =
  | {
      readonly type: 'string'
      readonly values?: readonly string[]
      readonly minLength?: number
      readonly maxLength?: number
      /** A regular expression. */
      readonly pattern?: string
    }
  | {
      readonly type: 'integer' | 'number'
      readonly values?: readonly number[]
      readonly minimum?: number
      readonly maximum?: number
      readonly multipleOf?: number
    }
  | { readonly type: 'boolean' }
  | {
      readonly type: 'array'
      readonly items: Schema
      readonly minItems?: number
      readonly maxItems?: number
    }
  | ObjectSchema

/** Members that are not named are refused. */
export interface ObjectSchema {
  readonly type: 'object'
  readonly members: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
}

export interface Violation {
  /** JSON pointer: `#`, `#/texts/0`. */
  readonly pointer: string
  readonly words: string
}

/** An open object as a body that was checked holds it. */
export type Members = Readonly<Record<string, unknown>>

/**
 * What is wrong with a value, in the words of the JSON-schema library that Bedrock answers with (everit-org/json-schema).
 * Required and extraneous keys come before what the members hold: promptfoo/promptfoo#921.
 */
export function violationsOf(value: unknown, schema: Schema, pointer = '#'): readonly Violation[] {
  switch (schema.type) {
    case 'string':
      if (typeof value !== 'string') return [wrongType('String', value, pointer)]
      return [
        ...sizeViolations(schema, value, pointer),
        ...valueViolations(schema, value, pointer),
        ...patternViolations(schema, value, pointer),
      ]
    case 'integer':
    case 'number':
      if (schema.type === 'integer' && !Number.isInteger(value)) return [wrongType('Integer', value, pointer)]
      if (typeof value !== 'number') return [wrongType('Number', value, pointer)]
      return [...rangeViolations(schema, value, pointer), ...valueViolations(schema, value, pointer)]
    case 'boolean':
      return typeof value === 'boolean' ? [] : [wrongType('Boolean', value, pointer)]
    case 'array':
      if (!Array.isArray(value)) return [wrongType('JSONArray', value, pointer)]
      return [
        ...countViolations(schema, { pointer, count: value.length }),
        ...value.flatMap((item, index) => violationsOf(item, schema.items, `${pointer}/${index}`)),
      ]
    case 'object':
      if (typeName(value) !== 'JSONObject') return [wrongType('JSONObject', value, pointer)]
      return objectViolations(value as Members, schema, pointer)
    default:
      return schema satisfies never
  }
}

function objectViolations(value: Members, schema: ObjectSchema, pointer: string): readonly Violation[] {
  const { members, required = [] } = schema
  return [
    ...required.filter((name) => value[name] === undefined).map((name) => missing(name, pointer)),
    ...Object.keys(value)
      .filter((name) => !Object.hasOwn(members, name))
      .map((name) => extraneous(name, pointer)),
    ...Object.entries(members).flatMap(([name, member]) =>
      value[name] === undefined ? [] : violationsOf(value[name], member, `${pointer}/${name}`),
    ),
  ]
}

/** A key that must be there and is not: promptfoo/promptfoo#921. */
export function missing(name: string, pointer = '#'): Violation {
  return { pointer, words: `required key [${name}] not found` }
}

/** A key that the model does not know: promptfoo/promptfoo#921. */
export function extraneous(name: string, pointer = '#'): Violation {
  return { pointer, words: `extraneous key [${name}] is not permitted` }
}

/** A key that excludes another one: JetBrains/koog#1009. */
export function excluded(name: string): Violation {
  return { pointer: `#/${name}`, words: 'false schema always fails' }
}

// BerriAI/litellm#17850 and #28171.
function wrongType(expected: string, value: unknown, pointer: string): Violation {
  return { pointer, words: `expected type: ${expected}, found: ${typeName(value)}` }
}

function typeName(value: unknown): string {
  if (value === null) return 'Null'
  if (Array.isArray(value)) return 'JSONArray'
  if (typeof value === 'number') return Number.isInteger(value) ? 'Integer' : 'BigDecimal'
  return { string: 'String', boolean: 'Boolean' }[typeof value as string] ?? 'JSONObject'
}

// ScrapeGraphAI/Scrapegraph-ai#400 (maxLength), langchain-ai/langchain#19542 (minLength).
function sizeViolations(
  { minLength = 0, maxLength = Number.POSITIVE_INFINITY }: { minLength?: number; maxLength?: number },
  value: string,
  pointer: string,
): readonly Violation[] {
  // The library counts code points. What is short enough in UTF-16, such as a picture without bounds, is not counted.
  const length = value.length >= minLength && value.length <= maxLength ? value.length : [...value].length
  if (length < minLength) return [{ pointer, words: `expected minLength: ${minLength}, actual: ${length}` }]
  if (length > maxLength) return [{ pointer, words: `expected maxLength: ${maxLength}, actual: ${length}` }]
  return []
}

// Of Bedrock these two were not seen; they are the library's.
function countViolations(
  { minItems = 0, maxItems = Number.POSITIVE_INFINITY }: { minItems?: number; maxItems?: number },
  { pointer, count }: { pointer: string; count: number },
): readonly Violation[] {
  if (count < minItems) {
    return [{ pointer, words: `expected minimum item count: ${minItems}, found: ${count}` }]
  }
  if (count > maxItems) {
    return [{ pointer, words: `expected maximum item count: ${maxItems}, found: ${count}` }]
  }
  return []
}

// cohere-ai/cohere-python#613 (too small), promptfoo/promptfoo#914 (too large).
function rangeViolations(
  {
    minimum = Number.NEGATIVE_INFINITY,
    maximum = Number.POSITIVE_INFINITY,
    multipleOf = 0,
  }: { minimum?: number; maximum?: number; multipleOf?: number },
  value: number,
  pointer: string,
): readonly Violation[] {
  if (value < minimum) return [{ pointer, words: `${value} is not greater or equal to ${minimum}` }]
  if (value > maximum) return [{ pointer, words: `${value} is not less or equal to ${maximum}` }]
  // The library's words; of Bedrock not seen.
  if (multipleOf !== 0 && value % multipleOf !== 0) {
    return [{ pointer, words: `${value} is not a multiple of ${multipleOf}` }]
  }
  return []
}

// The library's words; of Bedrock not seen.
function patternViolations(
  { pattern }: { readonly pattern?: string },
  value: string,
  pointer: string,
): readonly Violation[] {
  if (pattern === undefined || new RegExp(pattern).test(value)) return []
  return [{ pointer, words: `string [${value}] does not match pattern ${pattern}` }]
}

// The form that Bedrock answers for Claude's tools with, where the body is checked by the same library.
function valueViolations<T>(
  { values }: { readonly values?: readonly T[] },
  value: T,
  pointer: string,
): readonly Violation[] {
  if (values === undefined || values.includes(value)) return []
  return [{ pointer, words: `${String(value)} is not a valid enum value` }]
}

/** A 400 that names every violation by its place, as for Cohere: promptfoo/promptfoo#921. */
export function malformedByPlace(violations: readonly Violation[]): BedrockError {
  return malformed(violations.map(({ pointer, words }) => `${pointer}: ${words}`).join(''))
}

/**
 * A 400 that says a single violation without its place and only counts more of them, as for Titan and Amazon's reranker:
 * maximhq/bifrost#3471, genkit-ai/aws-bedrock-go-plugin#190, agno-agi/agno#7412.
 */
export function malformedByCount(violations: readonly Violation[]): BedrockError {
  const [first, ...more] = violations
  return malformed(more.length === 0 ? (first?.words ?? '') : `${violations.length} schema violations found`)
}

/** The frame of all these refusals. */
export function malformed(words: string): BedrockError {
  return validationError(`Malformed input request: ${words}, please reformat your input and try again.`)
}
