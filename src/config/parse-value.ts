import { isGuardrailId, isGuardrailVersion } from '../openai/guardrail-patterns.js'
import type { CacheTtl, PromptCachingMode } from '../openai/types.js'
import { parseAddress } from './address.js'
import type { Address, LogLevel } from './types.js'

/** What each kind of setting parses to. */
export interface KindValues {
  readonly address: Address
  readonly 'address-or-off': Address | null
  readonly port: number
  readonly seconds: number
  readonly bytes: number
  readonly count: number
  readonly boolean: boolean
  readonly keys: readonly string[]
  readonly regions: readonly string[]
  readonly globs: readonly string[]
  readonly origins: readonly string[]
  readonly 'log-level': LogLevel
  readonly path: string
  readonly 'socket-path': string
  readonly paths: readonly string[]
  readonly model: string
  readonly 'route-prefix': string
  readonly token: string
  readonly url: string
  readonly 'caching-mode': PromptCachingMode
  readonly 'cache-ttl': CacheTtl
  readonly guardrail: string
  readonly 'guardrail-version': string
  readonly 'guardrail-trace': 'enabled' | 'disabled' | 'enabled_full'
  readonly 'stream-mode': 'sync' | 'async'
}

export type SettingKind = keyof KindValues

/** `expected` completes "expected …". */
export type Parsed<Value> =
  | { readonly type: 'ok'; readonly value: Value }
  | { readonly type: 'bad'; readonly expected: string }

export interface Range {
  readonly minimum?: number
  readonly maximum?: number
}

type Parser<Value> = (raw: unknown, range: Range) => Parsed<Value>

/** sockaddr_un.sun_path holds 108 bytes with the final NUL (unix(7)). */
const socketPathBytesMax = 107
const cachingModes = ['auto', 'explicit', 'off'] as const
const cacheTtls = ['5m', '1h'] as const
const streamModes = ['sync', 'async'] as const
const guardrailTraces = ['enabled', 'disabled', 'enabled_full'] as const
const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
const booleans: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  on: true,
  '1': true,
  false: false,
  no: false,
  off: false,
  '0': false,
}
const addressExpected = 'host:port, for example 127.0.0.1:4000 or "[::1]:4000"'
const pathExpected = 'an absolute path'

/** Parses one value of the environment (a string) or of YAML (a string, number, boolean or list). */
export function parseValue<Kind extends SettingKind>(
  kind: Kind,
  raw: unknown,
  range: Range,
): Parsed<KindValues[Kind]> {
  return parsers[kind](raw, range)
}

const parsers: { readonly [Kind in SettingKind]: Parser<KindValues[Kind]> } = {
  address: parseListener,
  'address-or-off': (raw) =>
    raw === '' || raw === null || raw === false
      ? ok(null)
      : mapExpected(parseListener(raw), (expected) => `${expected}, or nothing to turn it off`),
  port: (raw) => parseNumber(raw, { minimum: 0, maximum: 65535 }, true, 'a port number'),
  seconds: (raw, range) => parseNumber(raw, range, false, 'seconds'),
  bytes: (raw, range) => parseNumber(raw, range, true, 'a whole number of bytes'),
  count: (raw, range) => parseNumber(raw, range, true, 'a whole number'),
  boolean: parseBoolean,
  keys: parseKeys,
  regions: (raw) =>
    parseList(raw, 'AWS region names such as us-east-1, comma-separated or as a list', isRegion),
  globs: (raw) =>
    parseList(
      raw,
      'model id globs (letters, digits, . _ : / - with * and ?), comma-separated or as a list',
      (item) => /^[\w.:/*?-]+$/.test(item),
    ),
  origins: parseOrigins,
  'log-level': (raw) => parseWord(raw, logLevels),
  'caching-mode': (raw) => parseWord(raw, cachingModes),
  'cache-ttl': (raw) => parseWord(raw, cacheTtls),
  guardrail: (raw) => parseText(raw, 'the id or ARN of a guardrail', isGuardrailId),
  'guardrail-version': (raw) =>
    parseText(typeof raw === 'number' ? String(raw) : raw, 'DRAFT or a number', isGuardrailVersion),
  'guardrail-trace': (raw) => parseWord(raw, guardrailTraces),
  'stream-mode': (raw) => parseWord(raw, streamModes),
  path: parsePath,
  'socket-path': (raw) => {
    const path = parsePath(raw)
    if (path.type === 'bad' || Buffer.byteLength(path.value) <= socketPathBytesMax) return path
    return bad(`${pathExpected} of at most ${socketPathBytesMax} bytes, as Unix sockets have it`)
  },
  paths: (raw) =>
    typeof raw === 'string' ? ok(splitPaths(raw)) : bad('file names, separated by ":" or ","'),
  model: (raw) => parseText(raw, 'a model id, profile id, ARN or alias', isVisibleText),
  'route-prefix': parseRoutePrefix,
  url: parseUrl,
  token: (raw) => parseText(raw, 'printable ASCII without spaces', isToken),
}

/** `:` and `,` both separate: neither is usual in the name of a configuration file. */
export function splitPaths(text: string): readonly string[] {
  return withoutEmpty(text.split(/[:,]/))
}

/** True for what may be a client key or a bearer token: it has to fit into one HTTP header value. */
export function isToken(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text)
}

/** True for the form of an AWS region name (`us-gov-west-1`, `eusc-de-east-1`); whether it exists is AWS's to say. */
export function isRegion(text: string): boolean {
  return /^[a-z]{2,5}(-[a-z]+)+-\d{1,2}$/.test(text)
}

/** True for text without control characters that neither starts nor ends with a space. */
export function isVisibleText(text: string): boolean {
  return text !== '' && text.trim() === text && !/\p{Cc}/u.test(text)
}

/** Comma-separated text or a list of strings; undefined for anything else. Empty entries are left out. */
export function listItems(raw: unknown): readonly string[] | undefined {
  if (typeof raw === 'string') return withoutEmpty(raw.split(','))
  if (!Array.isArray(raw)) return undefined
  const items: readonly unknown[] = raw
  return items.every((item) => typeof item === 'string') ? withoutEmpty(items) : undefined
}

function withoutEmpty(items: readonly string[]): readonly string[] {
  return items.map((item) => item.trim()).filter((item) => item !== '')
}

function ok<Value>(value: Value): Parsed<Value> {
  return { type: 'ok', value }
}

function bad(expected: string): { readonly type: 'bad'; readonly expected: string } {
  return { type: 'bad', expected }
}

function mapExpected<Value>(parsed: Parsed<Value>, change: (expected: string) => string): Parsed<Value> {
  return parsed.type === 'ok' ? parsed : bad(change(parsed.expected))
}

function parseText(raw: unknown, expected: string, accepts: (text: string) => boolean): Parsed<string> {
  const text = typeof raw === 'string' ? raw.trim() : ''
  return accepts(text) ? ok(text) : bad(expected)
}

function parseListener(raw: unknown): Parsed<Address> {
  const address = typeof raw === 'string' ? parseAddress(raw.trim()) : undefined
  return address === undefined ? bad(addressExpected) : ok(address)
}

function parseNumber(raw: unknown, range: Range, whole: boolean, what: string): Parsed<number> {
  const { minimum = 0, maximum = Number.MAX_SAFE_INTEGER } = range
  const value = toNumber(raw)
  const fits = value >= minimum && value <= maximum && (!whole || Number.isInteger(value))
  return fits ? ok(value) : bad(`${what} from ${minimum} to ${maximum}`)
}

/** Decimal digits with an optional fraction only: `Number` alone would take `0x10`, `1e3` and blanks. */
function toNumber(raw: unknown): number {
  if (typeof raw === 'number') return raw
  return typeof raw === 'string' && /^\d+(\.\d+)?$/.test(raw.trim()) ? Number(raw) : Number.NaN
}

function parseBoolean(raw: unknown): Parsed<boolean> {
  const value = booleans[String(raw).trim().toLowerCase()]
  return value === undefined ? bad('true or false (also yes, no, on, off, 1, 0)') : ok(value)
}

/** One of a few words, in any case. YAML reads a bare `off` as false. */
function parseWord<Word extends string>(raw: unknown, words: readonly Word[]): Parsed<Word> {
  const said = raw === false ? 'off' : String(raw).trim().toLowerCase()
  const word = words.find((name) => name === said)
  return word === undefined ? bad(`one of ${words.join(', ')}`) : ok(word)
}

function parseList(
  raw: unknown,
  expected: string,
  accepts: (item: string) => boolean,
): Parsed<readonly string[]> {
  const items = listItems(raw)
  return items?.every(accepts) ? ok([...new Set(items)]) : bad(expected)
}

function parseKeys(raw: unknown): Parsed<readonly string[]> {
  return parseList(
    raw,
    'keys of printable ASCII without spaces, comma-separated or as a list of strings',
    isToken,
  )
}

function parseOrigins(raw: unknown): Parsed<readonly string[]> {
  const parsed = parseList(
    raw,
    '* or origins such as https://chat.example.com, comma-separated or as a list',
    (item) => (item === '*' ? true : /^[a-z][a-z0-9+.-]*:\/\/[^\s/?#@]+\/?$/i.test(item)),
  )
  if (parsed.type === 'bad') return parsed
  // Browsers send origins in lower case and without a final slash (RFC 6454, section 6.2).
  return ok(
    parsed.value.includes('*') ? ['*'] : parsed.value.map((item) => item.toLowerCase().replace(/\/$/, '')),
  )
}

function parsePath(raw: unknown): Parsed<string> {
  return parseText(raw, pathExpected, (text) => text.startsWith('/') && isVisibleText(text))
}

/** Without a trailing slash, so that paths can follow. */
function parseUrl(raw: unknown): Parsed<string> {
  const text = typeof raw === 'string' ? raw.trim().replace(/\/+$/, '') : ''
  const isBase = /^https?:\/\/[\w.[\]:-]+(\/[\w.~/-]+)?$/i.test(text) && URL.canParse(text)
  return isBase ? ok(text) : bad('an address such as https://ai.example.com')
}

function parseRoutePrefix(raw: unknown): Parsed<string> {
  const text = typeof raw === 'string' ? raw.trim().replace(/\/+$/, '') : ''
  return /^(\/[\w.~-]+)+$/.test(text) ? ok(text) : bad('a path such as /api/v1')
}
