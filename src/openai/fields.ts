import { GatewayError } from '../errors.js'

const COUNT_MAX = 2 ** 31 - 1

export type Fields = { readonly [name: string]: unknown }

/** The refusal of one request field: what was expected there, and what came. */
export function fieldError(param: string, expected: string, got: unknown): GatewayError {
  return new GatewayError('invalid_request', `${param} must be ${expected}, got ${describe(got)}`, { param })
}

/** A value in few words that repeat nothing long or private of it: `a string`, `-1`, `an array`. */
export function describe(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (typeof value === 'string') return value === '' ? 'an empty string' : 'a string'
  return Array.isArray(value) ? 'an array' : 'an object'
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function parseFields(value: unknown, param: string): Fields {
  if (isFields(value)) return value
  throw fieldError(param, 'an object', value)
}

/** A string that is not empty. */
export function parseName(value: unknown, param: string): string {
  if (typeof value === 'string' && value !== '') return value
  throw fieldError(param, 'a non-empty string', value)
}

/** For optional members: absent and null are the same, null. */
export function parseOptional<T>(
  value: unknown,
  param: string,
  parse: (value: unknown, param: string) => T,
): T | null {
  return value === undefined || value === null ? null : parse(value, param)
}

export function parseString(value: unknown, param: string): string {
  if (typeof value === 'string') return value
  throw fieldError(param, 'a string', value)
}

export function parseBoolean(value: unknown, param: string): boolean {
  if (typeof value === 'boolean') return value
  throw fieldError(param, 'true or false', value)
}

/** A whole number of at least 1, and no more than the 32 bits that Bedrock's integers have. */
export function parseCount(value: unknown, param: string): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1) {
    throw fieldError(param, 'a positive integer', value)
  }
  if (value > COUNT_MAX) throw fieldError(param, `at most ${COUNT_MAX}`, value)
  return value
}

/** A parser for finite numbers in a closed range. */
export function numberBetween(minimum: number, maximum: number): (value: unknown, param: string) => number {
  return (value, param) => {
    if (typeof value === 'number' && value >= minimum && value <= maximum) return value
    throw fieldError(param, `a number between ${minimum} and ${maximum}`, value)
  }
}

export function parseArray<T>(
  value: unknown,
  param: string,
  parse: (value: unknown, param: string) => T,
): readonly T[] {
  if (!Array.isArray(value)) throw fieldError(param, 'an array', value)
  return value.map((item: unknown, index) => parse(item, `${param}[${index}]`))
}
