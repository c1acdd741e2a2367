import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openaiDir } from '../shared.js'

/** The part of JSON Schema that OpenAI's description uses for chat replies. */
interface Schema {
  readonly $ref?: string
  readonly type?: string
  readonly nullable?: boolean
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: Schema
}

/** Members beyond OpenAI's that clients of such gateways know (openwebui-contract §3). */
const EXTENSIONS: ReadonlySet<string> = new Set([
  'reasoning_content',
  'reasoning_details',
  'images',
  'citations',
  // OpenAI knows it in whole messages only.
  'annotations',
])

let schemas: Readonly<Record<string, Schema>> | null = null

function loadSchemas(): Readonly<Record<string, Schema>> {
  const file = readFileSync(join(openaiDir, 'openapi.subset.json'), 'utf8')
  return (JSON.parse(file) as { components: { schemas: Record<string, Schema> } }).components.schemas
}

/**
 * What is wrong with a value by OpenAI's schema of this name; empty: nothing. Stricter than the schema in one way: a member
 * that it does not name is a problem, unless it is one of the known extensions.
 */
export function schemaProblems(name: string, value: unknown): readonly string[] {
  schemas ??= loadSchemas()
  const schema = schemas[name]
  if (schema === undefined) throw new RangeError(`no schema ${name}`)
  return check(schema, value, name)
}

function check(schema: Schema, value: unknown, path: string): readonly string[] {
  if (value === null && schema.nullable === true) return []
  if (schema.$ref !== undefined) return schemaProblems(schema.$ref.split('/').at(-1) ?? '', value)
  const variants = schema.anyOf ?? schema.oneOf
  if (variants !== undefined) {
    const tried = variants.map((variant) => check(variant, value, path))
    return tried.some((problems) => problems.length === 0) ? [] : [`${path} fits no variant`, ...tried.flat()]
  }
  if (schema.type !== undefined && !isOfType(value, schema.type)) return [`${path} is no ${schema.type}`]
  if (schema.enum !== undefined && !schema.enum.includes(value)) return [`${path} is none of the enum`]
  if (Array.isArray(value)) {
    const { items } = schema
    return items === undefined ? [] : value.flatMap((item, index) => check(items, item, `${path}[${index}]`))
  }
  return typeof value === 'object' && value !== null ? checkMembers(schema, value, path) : []
}

function checkMembers(schema: Schema, value: object, path: string): readonly string[] {
  const missing = (schema.required ?? []).filter((name) => !Object.hasOwn(value, name))
  const wrong = Object.entries(value).flatMap(([name, member]) => {
    const memberSchema = schema.properties?.[name] ?? schema.additionalProperties
    if (memberSchema !== undefined) return check(memberSchema, member, `${path}.${name}`)
    return EXTENSIONS.has(name) ? [] : [`${path}.${name} is unknown`]
  })
  return [...missing.map((name) => `${path}.${name} is missing`), ...wrong]
}

function isOfType(value: unknown, type: string): boolean {
  switch (type) {
    case 'null':
      return value === null
    case 'array':
      return Array.isArray(value)
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value)
    case 'integer':
      return Number.isInteger(value)
    default:
      return typeof value === type
  }
}
