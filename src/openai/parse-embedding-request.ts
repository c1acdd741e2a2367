import type { EmbeddingRequest } from './embedding-types.js'
import { type Fields, fieldError, parseCount, parseOptional } from './fields.js'
import { parseEmbeddingInputs } from './parse-embedding-input.js'
import { parseModel } from './parse-json.js'
import { findPurpose, PURPOSE_FIELDS } from './parse-purpose.js'

/** What `truncate` says: Cohere's and Nova's words, those of Cohere v4, and the plain yes or no of other servers. */
const TRUNCATIONS: ReadonlyMap<unknown, EmbeddingRequest['truncate']> = new Map<
  unknown,
  EmbeddingRequest['truncate']
>([
  ['start', 'start'],
  ['left', 'start'],
  ['end', 'end'],
  ['right', 'end'],
  [true, 'end'],
  ['none', 'none'],
  [false, 'none'],
])

/** Members with a meaning here; `user` has none for a model, and nobody misses it. */
const KNOWN_MEMBERS: ReadonlySet<string> = new Set([
  'model',
  'input',
  'encoding_format',
  'dimensions',
  'truncate',
  'user',
])

/** Parameters that only embeddings have and that may be set for a name. */
export const EMBEDDING_PARAMETERS = ['dimensions', 'input_type', 'truncate'] as const

export interface EmbeddingRequestOptions {
  readonly inputsMax: number
  /** Parameters of the alias that was named: they hold where the client says nothing. */
  readonly defaults?: Fields
}

/**
 * OpenAI's CreateEmbeddingRequest, with the purpose and the truncation that Cohere's and other APIs have. Throws a `GatewayError`
 * that names the member.
 */
export function parseEmbeddingRequest(
  said: Fields,
  { inputsMax, defaults = {} }: EmbeddingRequestOptions,
): EmbeddingRequest {
  const body = withEmbeddingDefaults(said, defaults)
  const others = Object.keys(body).filter((name) => !KNOWN_MEMBERS.has(name) && body[name] !== null)
  const purpose = findPurpose(body, others.filter(isNoPurposeField))
  return {
    model: parseModel(body['model'], 'model'),
    inputs: parseEmbeddingInputs(body['input'], inputsMax),
    encodingFormat: parseOptional(body['encoding_format'], 'encoding_format', parseEncodingFormat) ?? 'float',
    dimensions: parseOptional(body['dimensions'], 'dimensions', parseCount),
    purpose: purpose?.purpose ?? null,
    purposeField: purpose?.field ?? null,
    truncate: parseOptional(body['truncate'], 'truncate', parseTruncation),
    dropped: others.filter((name) => name !== purpose?.field && !isImageInputType(name, body[name])),
  }
}

/** Checks those parameters of embeddings that are there, as they are set for a name. Throws a `GatewayError` that names one. */
export function checkEmbeddingParameters(parameters: Fields): void {
  parseOptional(parameters['dimensions'], 'dimensions', parseCount)
  parseOptional(parameters['truncate'], 'truncate', parseTruncation)
  const inputType = parameters['input_type'] ?? null
  if (inputType !== null && findPurpose({ input_type: inputType }, []) === null) {
    throw fieldError(
      'input_type',
      '"search_query", "search_document", "classification" or "clustering"',
      inputType,
    )
  }
}

/** The purpose may be said in many fields: whichever the client uses goes before. */
function withEmbeddingDefaults(said: Fields, defaults: Fields): Fields {
  const others = Object.keys(said).filter((name) => !KNOWN_MEMBERS.has(name) && isNoPurposeField(name))
  const open = EMBEDDING_PARAMETERS.filter((name) =>
    name === 'input_type' ? findPurpose(said, others) === null : (said[name] ?? null) === null,
  )
  const held = open.filter((name) => (defaults[name] ?? null) !== null).map((name) => [name, defaults[name]])
  return held.length === 0 ? said : { ...said, ...Object.fromEntries(held) }
}

function isNoPurposeField(name: string): boolean {
  return !PURPOSE_FIELDS.some((field) => field === name)
}

/** Cohere v3's own word for images: what the inputs are says as much. */
function isImageInputType(name: string, value: unknown): boolean {
  return name === 'input_type' && typeof value === 'string' && /^image$/i.test(value)
}

function parseEncodingFormat(value: unknown, param: string): EmbeddingRequest['encodingFormat'] {
  if (value === 'float' || value === 'base64') return value
  throw fieldError(param, '"float" or "base64"', value)
}

function parseTruncation(value: unknown, param: string): EmbeddingRequest['truncate'] {
  const truncation = TRUNCATIONS.get(typeof value === 'string' ? value.toLowerCase() : value)
  if (truncation === undefined) throw fieldError(param, '"START", "END" or "NONE"', value)
  return truncation
}
