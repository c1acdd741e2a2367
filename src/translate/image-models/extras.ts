import { GatewayError } from '../../errors.js'
import { type Fields, fieldError, parseName, parseString } from '../../openai/fields.js'
import { asNumber, isBlank } from '../../openai/form-values.js'
import type { DropList } from '../drop-list.js'

export interface NumberRange {
  readonly minimum: number
  readonly maximum: number
  /** Only whole numbers. */
  readonly whole?: boolean
}

/** The members of an image request that only some models have. What nobody asked for is dropped in the end. */
export interface Extras {
  /** The value under the first of these names that is there; null: none is. Throws a `GatewayError` that names the field. */
  number(names: Names, range: NumberRange): number | null
  /** A text that is not empty, of at most so many characters. */
  text(names: Names, charactersMax: number): string | null
  /** One of the model's own words, in any case and with any of ` `, `_` and `-` between; comes back as the model says it. */
  word<Word extends string>(names: Names, words: readonly Word[]): Word | null
  /** Words of a list or of a text with commas, each of a form. */
  list(names: Names, item: ListItem): readonly string[] | null
  /** Names what no reader took. */
  dropRest(): void
}

/** One thing may have several names: ours and the model's. */
type Names = readonly [string, ...string[]]

interface ListItem {
  readonly pattern: RegExp
  readonly countMax: number
  /** What is expected, for the error. */
  readonly expected: string
}

export function createExtras(others: Fields, dropped: DropList): Extras {
  const taken = new Set<string>()

  const take = <T>(names: Names, parse: (value: unknown, param: string) => T): T | null => {
    for (const name of names) taken.add(name)
    const param = names.find((name) => Object.hasOwn(others, name) && !isBlank(others[name]))
    return param === undefined ? null : parse(others[param], param)
  }

  return {
    number: (names, range) => take(names, (value, param) => parseInRange(value, param, range)),
    text: (names, charactersMax) =>
      take(names, (value, param) => requireLength(parseName(value, param), { param, charactersMax })),
    word: (names, words) =>
      take(names, (value, param) => {
        const word = matchWord(parseString(value, param), words)
        if (word !== null) return word
        throw fieldError(param, `one of ${words.join(', ')}`, value)
      }),
    list: (names, item) => take(names, (value, param) => parseList(value, param, item)),
    dropRest() {
      for (const name of Object.keys(others)) if (!taken.has(name)) dropped.add(name)
    },
  }
}

/** The listed word that was meant; null: none. */
export function matchWord<Word extends string>(said: string, words: readonly Word[]): Word | null {
  const plain = (word: string): string => word.trim().toLowerCase().replace(/[\s_]/g, '-')
  const wanted = plain(said)
  return words.find((word) => plain(word) === wanted) ?? null
}

/** The text itself, or a refusal that says how long it may be. Characters are counted as people do, not as UTF-16 does. */
export function requireLength(
  text: string,
  { param, charactersMax }: { readonly param: string; readonly charactersMax: number },
): string {
  if (text.length <= charactersMax) return text
  let characters = 0
  for (const _ of text) characters += 1
  if (characters <= charactersMax) return text
  throw new GatewayError(
    'invalid_request',
    `${param} must be at most ${charactersMax} characters for this model, got ${characters}`,
    { param },
  )
}

function parseInRange(
  value: unknown,
  param: string,
  { minimum, maximum, whole = false }: NumberRange,
): number {
  const number = asNumber(value)
  const fits = typeof number === 'number' && number >= minimum && number <= maximum
  if (fits && (!whole || Number.isInteger(number))) return number
  throw fieldError(param, `a ${whole ? 'whole ' : ''}number between ${minimum} and ${maximum}`, number)
}

function parseList(
  value: unknown,
  param: string,
  { pattern, countMax, expected }: ListItem,
): readonly string[] {
  const items: readonly unknown[] =
    typeof value === 'string' ? value.split(',', countMax + 1).map((item) => item.trim()) : asArray(value)
  const words = items.filter((item) => typeof item === 'string' && pattern.test(item)) as readonly string[]
  if (items.length > 0 && items.length <= countMax && words.length === items.length) return words
  throw fieldError(param, expected, value)
}

function asArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
