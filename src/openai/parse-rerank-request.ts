import { GatewayError } from '../errors.js'
import {
  type Fields,
  fieldError,
  isFields,
  parseBoolean,
  parseCount,
  parseOptional,
  parseString,
} from './fields.js'
import { parseModel } from './parse-json.js'
import type { RerankRequest } from './rerank-types.js'

/** Most documents of one request: RerankSourcesList of the service model of bedrock-agent-runtime (facts C10). */
const DOCUMENTS_MAX = 1000

const KNOWN_MEMBERS: ReadonlySet<string> = new Set([
  'model',
  'query',
  'documents',
  'top_n',
  'top_k',
  'return_documents',
  'user',
])

/**
 * A rerank request as Open WebUI's external reranker, Cohere's v1 and v2 API and Jina's send it. Throws a `GatewayError` that names
 * the member. `top_n` and `top_k` (Jina, Voyage) may be more than there are documents.
 */
export function parseRerankRequest(body: Fields): RerankRequest {
  const topCount =
    parseOptional(body['top_n'], 'top_n', parseCount) ?? parseOptional(body['top_k'], 'top_k', parseCount)
  return {
    model: parseModel(body['model'], 'model'),
    query: parseText(body['query'], 'query'),
    documents: parseDocuments(body['documents']),
    topCount,
    returnDocuments: parseOptional(body['return_documents'], 'return_documents', parseBoolean) ?? false,
    dropped: Object.keys(body).filter((name) => !KNOWN_MEMBERS.has(name) && body[name] !== null),
  }
}

function parseDocuments(value: unknown): readonly string[] {
  if (!Array.isArray(value) || value.length === 0) {
    throw fieldError('documents', 'a list with at least one document', value)
  }
  if (value.length > DOCUMENTS_MAX) {
    throw new GatewayError(
      'invalid_request',
      `documents must hold at most ${DOCUMENTS_MAX} documents, got ${value.length}`,
      { param: 'documents' },
    )
  }
  return value.map((item: unknown, index) => parseDocument(item, `documents[${index}]`))
}

function parseDocument(value: unknown, param: string): string {
  return isFields(value) ? parseText(value['text'], `${param}.text`) : parseText(value, param)
}

/** No source of Bedrock's Rerank may be empty (service model, RerankTextDocument). */
function parseText(value: unknown, param: string): string {
  const text = parseString(value, param)
  if (text.trim() !== '') return text
  throw new GatewayError('invalid_request', `${param} must not be blank`, { param })
}
