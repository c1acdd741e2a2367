import { GatewayError } from '../errors.js'
import {
  type Fields,
  fieldError,
  numberBetween,
  parseBoolean,
  parseFields,
  parseOptional,
  parseString,
} from './fields.js'
import { asBoolean, asNumber, asObject, isBlank } from './form-values.js'
import type { ImageFormat, ImageRequest, ImageSize } from './image-types.js'
import { parseModel } from './parse-json.js'
import { parseGuardrailMember } from './parse-service-options.js'

/** OpenAI's name for a request that names none; it resolves to the configured default. */
const MODEL_DEFAULT = 'dall-e-2'

const FORMATS: Readonly<Record<string, ImageFormat>> = {
  png: 'png',
  jpeg: 'jpeg',
  jpg: 'jpeg',
  webp: 'webp',
}
const SIZE = /^(\d{1,6})\s*[xX]\s*(\d{1,6})$/
/** Pixels a side: the nearest size that a model makes is no answer to a wish for something else than a picture. */
const SIDE_MIN = 16
const SIDE_MAX = 16_384

const GUARDRAIL_MEMBERS = ['guardrailConfig', 'guardrail_config'] as const

/** Members that are read below. */
const READ_MEMBERS = [
  'model',
  'prompt',
  'n',
  'size',
  'quality',
  'style',
  'background',
  'output_format',
  'output_compression',
  'response_format',
  'stream',
  'seed',
  'negative_prompt',
  ...GUARDRAIL_MEMBERS,
  'extra_body',
] as const

/**
 * OpenAI's members that change no picture here: who asked, how its filter works, how often its stream shows a half-done
 * picture, how hard its model looks at the input. Nobody is told that they were left out.
 */
const HARMLESS_MEMBERS = ['user', 'moderation', 'partial_images', 'input_fidelity'] as const

/** Where a request may have pictures; those of a form are none of its fields. */
const PICTURE_MEMBERS = ['image', 'image[]', 'images', 'mask'] as const

const KNOWN_MEMBERS: ReadonlySet<string> = new Set([...READ_MEMBERS, ...PICTURE_MEMBERS, ...HARMLESS_MEMBERS])

/**
 * A `POST /v1/images/generations` body, or the fields of an edit without its pictures, checked member by member (OpenAI's
 * CreateImageRequest, CreateImageEditRequest, EditImageBodyJsonParam). Numbers and booleans may be text, as forms say them;
 * absent, null and empty are the same. Throws a `GatewayError` that names the field, what was expected and what came.
 */
export function parseImageRequest(body: Fields, { imagesMax }: { readonly imagesMax: number }): ImageRequest {
  const fields = withExtraBody(body)
  const read = <T>(name: string, parse: (value: unknown, param: string) => T): T | null => {
    const value = fields[name]
    return isBlank(value) ? null : parse(value, name)
  }
  return {
    model: read('model', parseModel) ?? MODEL_DEFAULT,
    prompt: read('prompt', parseString),
    count: read('n', wholeBetween(1, imagesMax)) ?? 1,
    size: read('size', parseSize),
    quality: read('quality', parseWord),
    style: read('style', parseWord),
    background: read('background', parseBackground),
    outputFormat: read('output_format', parseFormat) ?? 'png',
    outputCompression: read('output_compression', wholeBetween(0, 100)),
    responseFormat: read('response_format', parseResponseFormat) ?? 'b64_json',
    stream: read('stream', (value, param) => parseBoolean(asBoolean(value), param)) ?? false,
    seed: read('seed', parseSeed),
    negativePrompt: read('negative_prompt', parseString),
    guardrail: parseGuardrailMember(toGuardrailFields(fields)),
    others: Object.fromEntries(
      Object.entries(fields).filter(([name, value]) => !KNOWN_MEMBERS.has(name) && !isBlank(value)),
    ),
  }
}

/** Throws a `GatewayError` that names the first picture of a request that can have none: it would be left out in silence. */
export function requireNoPictures(body: Fields): void {
  const fields = withExtraBody(body)
  for (const param of PICTURE_MEMBERS) {
    const value = fields[param]
    if (isBlank(value) || (Array.isArray(value) && value.length === 0)) continue
    throw new GatewayError(
      'invalid_request',
      `${param} must be left out: pictures to change go to /v1/images/edits`,
      { param },
    )
  }
}

/** What stands in `extra_body` counts as if it stood beside it; where both are there, the one beside it does. */
function withExtraBody(body: Fields): Fields {
  const extra = parseOptional(asObject(body['extra_body']), 'extra_body', parseFields)
  if (extra === null) return body
  const beside = Object.entries(body).filter(([, value]) => !isBlank(value))
  return Object.fromEntries([...Object.entries(extra), ...beside])
}

/** A form says an object as JSON. */
function toGuardrailFields(fields: Fields): Fields {
  return Object.fromEntries(
    GUARDRAIL_MEMBERS.filter((name) => !isBlank(fields[name])).map((name) => [name, asObject(fields[name])]),
  )
}

function wholeBetween(minimum: number, maximum: number): (value: unknown, param: string) => number {
  return (value, param) => {
    const number = asNumber(value)
    if (Number.isInteger(number) && Number(number) >= minimum && Number(number) <= maximum)
      return Number(number)
    throw fieldError(param, `a whole number between ${minimum} and ${maximum}`, number)
  }
}

/** -1 is what local runners call "any seed". */
function parseSeed(value: unknown, param: string): number | null {
  const number = asNumber(value)
  if (number === -1) return null
  if (!Number.isInteger(number)) throw fieldError(param, 'a whole number', number)
  return numberBetween(0, Number.MAX_SAFE_INTEGER)(number, param)
}

function parseSize(value: unknown, param: string): ImageSize | null {
  if (value === 'auto') return null
  const [, width, height] = (typeof value === 'string' ? SIZE.exec(value.trim()) : null) ?? []
  const size = { width: Number(width), height: Number(height) }
  if (isSide(size.width) && isSide(size.height)) return size
  throw fieldError(
    param,
    `"auto" or WIDTHxHEIGHT such as 1024x1024, each from ${SIDE_MIN} to ${SIDE_MAX} pixels`,
    value,
  )
}

function isSide(pixels: number): boolean {
  return pixels >= SIDE_MIN && pixels <= SIDE_MAX
}

/** A word that a model may know; `auto` is none. */
function parseWord(value: unknown, param: string): string | null {
  const word = parseString(value, param)
  return word === 'auto' ? null : word
}

function parseBackground(value: unknown, param: string): 'transparent' | 'opaque' | null {
  if (value === 'auto') return null
  if (value === 'transparent' || value === 'opaque') return value
  throw fieldError(param, '"transparent", "opaque" or "auto"', value)
}

function parseFormat(value: unknown, param: string): ImageFormat {
  const word = typeof value === 'string' ? value.toLowerCase() : ''
  const format = Object.hasOwn(FORMATS, word) ? FORMATS[word] : undefined
  if (format !== undefined) return format
  throw fieldError(param, '"png", "jpeg" or "webp"', value)
}

function parseResponseFormat(value: unknown, param: string): 'b64_json' | 'url' {
  if (value === 'b64_json' || value === 'url') return value
  throw fieldError(param, '"b64_json" or "url"', value)
}
