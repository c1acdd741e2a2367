import {
  malformedByPlace,
  type ObjectSchema,
  type Schema,
  type Violation,
  violationsOf,
} from '../invoke-schema.js'
import type { BedrockError } from '../wire-error.js'

export type { ObjectSchema, Schema } from '../invoke-schema.js'

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
 * A 400 with these violations. Image models name the place: `#/textToImageParams/text: expected maxLength: 512, actual: 536` was
 * said by Titan (README of branded-image-gen-service).
 */
export function malformed(...violations: readonly Violation[]): BedrockError {
  return malformedByPlace(violations)
}

/** Throws a 400 that names all violations. */
export function checkSchema(schema: Schema, value: unknown): void {
  const violations = violationsOf(value, schema)
  if (violations.length > 0) throw malformed(...violations)
}
