const NUMBER = /^-?\d{1,15}(?:\.\d{1,15})?$/

/** A form says everything in words: `'2'` is the number 2 there. Whatever is no number comes back as it is. */
export function asNumber(value: unknown): unknown {
  return typeof value === 'string' && NUMBER.test(value.trim()) ? Number(value) : value
}

/** `'true'` and `'false'` in any case are what they say, and so are `'1'` and `'0'`; anything else comes back as it is. */
export function asBoolean(value: unknown): unknown {
  if (typeof value !== 'string') return value
  const word = value.trim().toLowerCase()
  if (word === 'true' || word === '1') return true
  return word === 'false' || word === '0' ? false : value
}

/** JSON of an object is that object; whatever is not comes back as it is. */
export function asObject(value: unknown): unknown {
  if (typeof value !== 'string' || !value.trimStart().startsWith('{')) return value
  try {
    return JSON.parse(value) as unknown
  } catch {
    return value
  }
}

/** A form has no null: a field that was left empty says nothing. */
export function isBlank(value: unknown): value is undefined | null | '' {
  return value === undefined || value === null || value === ''
}
