import { type BedrockError, validationError } from '../wire-error.js'

/** What a member of an InvokeModel body may be. */
export type Schema =
  | {
      readonly type: 'string'
      readonly minLength?: number
      readonly maxLength?: number
      readonly values?: readonly string[]
      readonly pattern?: string
    }
  | {
      readonly type: 'integer' | 'number'
      readonly min?: number
      readonly max?: number
      readonly step?: number
    }
  | { readonly type: 'boolean' }
  | { readonly type: 'array'; readonly items: Schema; readonly minItems?: number; readonly maxItems?: number }
  | ObjectSchema

export interface ObjectSchema {
  readonly type: 'object'
  readonly members: Readonly<Record<string, Schema>>
  readonly required: readonly string[]
}

/** An object with these members and no others; the `required` ones must be there. */
export function object(
  members: Readonly<Record<string, Schema>>,
  required: readonly string[] = [],
): ObjectSchema {
  return { type: 'object', members, required }
}

export function oneOf(...values: readonly string[]): Schema {
  return { type: 'string', values }
}

/**
 * A 400 with these violations. Form: BerriAI/litellm#30314 (one comma apart) and the README of branded-image-gen-service, whose
 * Titan request had a prompt of 536 characters.
 */
export function malformed(violations: readonly string[]): BedrockError {
  return validationError(
    `Malformed input request: ${violations.join(', ')}, please reformat your input and try again.`,
  )
}

/** Throws a 400 that names all violations. */
export function checkSchema(schema: Schema, value: unknown): void {
  const violations = findViolations(schema, value, '#')
  if (violations.length > 0) throw malformed(violations)
}

// Words of everit-org/json-schema, which are those of Bedrock's refusals: `required key`, `extraneous key` (BerriAI/litellm#30314),
// `expected maxLength` and `is not a valid enum value` are quoted in public; the others are that library's for the same keywords.
function findViolations(schema: Schema, value: unknown, pointer: string): readonly string[] {
  const found = typeName(value)
  const expected = TYPE_NAMES[schema.type]
  if (!fits(schema.type, value)) return [`${pointer}: expected type: ${expected}, found: ${found}`]
  switch (schema.type) {
    case 'string':
      return stringViolations(schema, value as string).map((words) => `${pointer}: ${words}`)
    case 'integer':
    case 'number':
      return numberViolations(schema, value as number).map((words) => `${pointer}: ${words}`)
    case 'boolean':
      return []
    case 'array':
      return arrayViolations(schema, value as readonly unknown[], pointer)
    case 'object':
      return objectViolations(schema, value as Readonly<Record<string, unknown>>, pointer)
    default:
      return schema satisfies never
  }
}

const TYPE_NAMES = {
  string: 'String',
  integer: 'Integer',
  number: 'Number',
  boolean: 'Boolean',
  array: 'JSONArray',
  object: 'JSONObject',
} as const satisfies Record<Schema['type'], string>

function typeName(value: unknown): string {
  if (value === null || value === undefined) return 'Null'
  if (Array.isArray(value)) return 'JSONArray'
  if (typeof value === 'number') return Number.isInteger(value) ? 'Integer' : 'BigDecimal'
  if (typeof value === 'string') return 'String'
  return typeof value === 'boolean' ? 'Boolean' : 'JSONObject'
}

function fits(type: Schema['type'], value: unknown): boolean {
  const name = typeName(value)
  return name === TYPE_NAMES[type] || (type === 'number' && (name === 'Integer' || name === 'BigDecimal'))
}

function stringViolations(schema: Extract<Schema, { type: 'string' }>, value: string): readonly string[] {
  const { minLength, maxLength, values, pattern } = schema
  const bounded = minLength !== undefined || maxLength !== undefined
  // Code points, as that library counts; pictures have no bounds and are not counted.
  const length = bounded ? [...value].length : 0
  return [
    ...(minLength !== undefined && length < minLength
      ? [`expected minLength: ${minLength}, actual: ${length}`]
      : []),
    ...(maxLength !== undefined && length > maxLength
      ? [`expected maxLength: ${maxLength}, actual: ${length}`]
      : []),
    ...(values !== undefined && !values.includes(value) ? [`${value} is not a valid enum value`] : []),
    ...(pattern !== undefined && !new RegExp(pattern).test(value)
      ? [`string [${value}] does not match pattern ${pattern}`]
      : []),
  ]
}

function numberViolations(
  { min, max, step }: Extract<Schema, { type: 'integer' | 'number' }>,
  value: number,
): readonly string[] {
  return [
    ...(min !== undefined && value < min ? [`${value} is not greater or equal to ${min}`] : []),
    ...(max !== undefined && value > max ? [`${value} is not less or equal to ${max}`] : []),
    ...(step !== undefined && value % step !== 0 ? [`${value} is not a multiple of ${step}`] : []),
  ]
}

function arrayViolations(
  { items, minItems, maxItems }: Extract<Schema, { type: 'array' }>,
  value: readonly unknown[],
  pointer: string,
): readonly string[] {
  const count = value.length
  return [
    ...(minItems !== undefined && count < minItems
      ? [`${pointer}: expected minimum item count: ${minItems}, found: ${count}`]
      : []),
    ...(maxItems !== undefined && count > maxItems
      ? [`${pointer}: expected maximum item count: ${maxItems}, found: ${count}`]
      : []),
    ...value.flatMap((item, index) => findViolations(items, item, `${pointer}/${index}`)),
  ]
}

function objectViolations(
  { members, required }: ObjectSchema,
  value: Readonly<Record<string, unknown>>,
  pointer: string,
): readonly string[] {
  const missing = required.filter((name) => !Object.hasOwn(value, name))
  return [
    ...missing.map((name) => `${pointer}: required key [${name}] not found`),
    ...Object.entries(value).flatMap(([name, member]) => {
      const schema = Object.hasOwn(members, name) ? members[name] : undefined
      if (schema === undefined) return [`${pointer}: extraneous key [${name}] is not permitted`]
      return findViolations(schema, member, `${pointer}/${name}`)
    }),
  ]
}
