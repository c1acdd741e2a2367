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

/**
 * OpenAI's CreateEmbeddingRequest, with the purpose and the truncation that Cohere's and other APIs have. Throws a `GatewayError`
 * that names the member.
 */
export function parseEmbeddingRequest(
  body: Fields,
  { inputsMax }: { readonly inputsMax: number },
): EmbeddingRequest {
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
