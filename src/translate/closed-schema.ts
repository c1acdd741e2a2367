import { type Fields, isFields } from '../openai/fields.js'

/**
 * What Bedrock's structured output refuses in a schema (BerriAI/litellm#29624, vercel/ai#17597; AWS user guide, "Structured
 * outputs"). Such a limit moves into the description, in the words of recording 713: the model still reads it.
 */
const LIMITS = [
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'uniqueItems',
  'minProperties',
  'maxProperties',
] as const

/** Members that hold one schema, a list of schemas, or schemas by name. */
const HOLDERS = {
  items: 'one',
  not: 'one',
  additionalProperties: 'one',
  prefixItems: 'list',
  anyOf: 'list',
  oneOf: 'list',
  allOf: 'list',
  properties: 'named',
  $defs: 'named',
  definitions: 'named',
} as const

type Holder = keyof typeof HOLDERS

/** Holders of schemas outside the subset of JSON Schema that an answer can be held to (AWS user guide, "Structured outputs"). */
const UNKNOWN_HOLDERS = [
  'if',
  'then',
  'else',
  'contains',
  'patternProperties',
  'propertyNames',
  'dependentSchemas',
  'unevaluatedItems',
  'unevaluatedProperties',
  'contentSchema',
] as const

/** Deeper than any schema that a person wrote, references followed; request bodies nest at most 512 deep. */
const DEPTH_MAX = 1000

/**
 * The same schema with what can be said to Bedrock only: every object is closed ("For 'object' type, 'additionalProperties' must
 * be explicitly set to false", future-agi/future-agi#412), limits are described, `oneOf` is `anyOf`.
 */
export function toClosedSchema(schema: Fields): Fields {
  const { oneOf, ...rest } = schema
  const entries = Object.entries(oneOf === undefined ? rest : { ...rest, anyOf: rest['anyOf'] ?? oneOf })
  const kept = entries.filter(([name]) => !isLimit(name)).map(([name, value]) => [name, closeIn(name, value)])
  const limits = entries
    .filter(([name]) => isLimit(name))
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
  const { description } = schema
  const said = [typeof description === 'string' ? description : '', limits.join(', ')].filter(
    (text) => text !== '',
  )
  return {
    ...Object.fromEntries(kept),
    ...(limits.length === 0 ? {} : { description: said.join(' ') }),
    ...(isObjectSchema(schema) && schema['additionalProperties'] === undefined
      ? { additionalProperties: false }
      : {}),
  }
}

/**
 * True where the closed schema means what the schema meant: no object of it is a map of any names, and none contains itself
 * (both refused, see the release notes of @ai-sdk/anthropic 4.0.95).
 */
export function isClosable(schema: Fields): boolean {
  return schemasOf(schema).every(isClosedObject) && !isRecursive(schema)
}

function isLimit(name: string): boolean {
  return LIMITS.some((limit) => limit === name)
}

function closeIn(name: string, value: unknown): unknown {
  if (!isHolder(name)) return value
  const close = (item: unknown): unknown => (isFields(item) ? toClosedSchema(item) : item)
  if (Array.isArray(value)) return value.map(close)
  if (HOLDERS[name] !== 'named' || !isFields(value)) return close(value)
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, close(item)]))
}

function isHolder(name: string): name is Holder {
  return Object.hasOwn(HOLDERS, name)
}

/** True where the schema is one of objects: by its type, or by having properties. */
export function isObjectSchema({ type, properties }: Fields): boolean {
  return type === 'object' || (Array.isArray(type) && type.includes('object')) || isFields(properties)
}

function isClosedObject(schema: Fields): boolean {
  if (UNKNOWN_HOLDERS.some((name) => schema[name] !== undefined)) return false
  if (!isObjectSchema(schema)) return true
  const { additionalProperties: more = null } = schema
  if (more === false) return true
  return more === null && isFields(schema['properties'])
}

/** A schema and all that it holds. */
function schemasOf(schema: Fields): readonly Fields[] {
  return [schema, ...childrenOf(schema).flatMap(schemasOf)]
}

function childrenOf(schema: Fields): readonly Fields[] {
  return Object.entries(schema).flatMap(([name, value]) => {
    if (!isHolder(name)) return []
    const held = HOLDERS[name] === 'named' && isFields(value) ? Object.values(value) : [value].flat()
    return held.filter(isFields)
  })
}

/**
 * True where following the references leads back to where they came from, or out of the schema. Each schema is read once,
 * however many refer to it: 800 references to a definition of 40,000 members took 26 s.
 */
function isRecursive(root: Fields): boolean {
  const above = new Set<Fields>()
  const settled = new Set<Fields>()
  const leadsBack = (schema: Fields): boolean => {
    if (settled.has(schema)) return false
    if (above.has(schema) || above.size >= DEPTH_MAX) return true
    above.add(schema)
    const { $ref, $defs: _defs, definitions: _definitions, ...inner } = schema
    if (typeof $ref === 'string') {
      const target = lookUp(root, $ref)
      if (target === null || leadsBack(target)) return true
    }
    if (childrenOf(inner).some(leadsBack)) return true
    above.delete(schema)
    settled.add(schema)
    return false
  }
  return leadsBack(root)
}

/** What `#/$defs/Name` stands for; null: nothing here. */
function lookUp(root: Fields, reference: string): Fields | null {
  if (reference === '#') return root
  if (!reference.startsWith('#/')) return null
  let found: unknown = root
  for (const step of reference.slice(2).split('/')) {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~')
    found = isFields(found) && Object.hasOwn(found, name) ? found[name] : undefined
  }
  return isFields(found) ? found : null
}
