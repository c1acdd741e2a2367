import type { InvokeAnswer, InvokeHandler } from '../invoke.js'
import {
  type Members,
  malformedByCount,
  malformedByPlace,
  type ObjectSchema,
  type Schema,
  violationsOf,
} from '../invoke-schema.js'
import { rank } from './score.js'

// The Rerank operation of bedrock-agent-runtime, which stands in front of the same models: at most 1000 sources
// (bedrock-facts C10), a query of at least one character (API reference, "RerankTextDocument"). What InvokeModel itself
// says to more or less was not seen; its documents may be empty here, and `top_n` more than there are.
const COMMON = {
  query: { type: 'string', minLength: 1 },
  documents: { type: 'array', items: { type: 'string' }, minItems: 1, maxItems: 1000 },
  top_n: { type: 'integer', minimum: 1 },
} as const satisfies Record<string, Schema>

// api_version is wanted (langgenius/dify#12640) and at least 2 (cohere-ai/cohere-python#613); max_tokens_per_doc is one
// of Cohere's parameters ("Rerank API v2").
const COHERE: ObjectSchema = {
  type: 'object',
  members: {
    ...COMMON,
    api_version: { type: 'integer', minimum: 2 },
    max_tokens_per_doc: { type: 'integer', minimum: 1 },
  },
  required: ['query', 'documents', 'api_version'],
}

// Without an api_version: genkit-ai/aws-bedrock-go-plugin#190.
const AMAZON: ObjectSchema = { type: 'object', members: COMMON, required: ['query', 'documents'] }

interface RerankRequest {
  readonly query: string
  readonly documents: readonly string[]
  readonly top_n?: number
}

/** Cohere's and Amazon's rerankers. */
export const RERANK_MODELS: readonly InvokeHandler[] = [
  {
    prefix: 'cohere.rerank-v3-5',
    answer: ({ body }) => {
      const violations = violationsOf(body, COHERE)
      if (violations.length > 0) throw malformedByPlace(violations)
      return answer(body)
    },
  },
  {
    prefix: 'amazon.rerank-v1',
    answer: ({ body }) => {
      const violations = violationsOf(body, AMAZON)
      if (violations.length > 0) throw malformedByCount(violations)
      return answer(body)
    },
  },
]

// Recording 172: no count of tokens. Both answer alike (genkit-ai/aws-bedrock-go-plugin#190).
function answer(body: Members): InvokeAnswer {
  const { query, documents, top_n: top = documents.length } = body as unknown as RerankRequest
  return { body: { results: rank(query, documents, top) }, inputTokens: null }
}
