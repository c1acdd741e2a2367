import type { InvokeAnswer, InvokeHandler } from '../invoke.js'
import { malformedByCount, type ObjectSchema, type Schema, violationsOf } from '../invoke-schema.js'
import { validationError } from '../wire-error.js'
import { countTokens } from './count-tokens.js'
import { toBits, vectorOf } from './vector.js'

// Longest text: maximhq/bifrost#3471. Empty text: langchain-ai/langchain#19542.
const INPUT_TEXT: Schema = { type: 'string', minLength: 1, maxLength: 50_000 }
const TOKENS_MAX = 8192

// Bedrock user guide, "Amazon Titan Embeddings G1 - Text": of v1, inputText is the only available field.
const V1: ObjectSchema = { type: 'object', members: { inputText: INPUT_TEXT }, required: ['inputText'] }

const V2: ObjectSchema = {
  type: 'object',
  members: {
    inputText: INPUT_TEXT,
    dimensions: { type: 'integer', values: [1024, 512, 256] },
    normalize: { type: 'boolean' },
    embeddingTypes: { type: 'array', items: { type: 'string', values: ['float', 'binary'] } },
  },
  required: ['inputText'],
}

/** Titan's text embeddings: one text in a call. */
export const TITAN_TEXT_HANDLERS: readonly InvokeHandler[] = [
  { prefix: 'amazon.titan-embed-text-v1', answer: ({ body }) => answerV1(body) },
  { prefix: 'amazon.titan-embed-text-v2', answer: ({ body }) => answerV2(body) },
]

// Recordings 150 and 692.
function answerV1(body: unknown): InvokeAnswer {
  const { inputText } = checked<{ inputText: string }>(body, V1)
  const inputTokens = countedTokens(inputText)
  const embedding = vectorOf({ content: inputText, dimensions: 1536 })
  return { body: { embedding, inputTextTokenCount: inputTokens }, inputTokens }
}

interface V2Request {
  readonly inputText: string
  readonly dimensions?: number
  readonly embeddingTypes?: readonly string[]
}

// Recordings 681 to 698; `normalize: false` changes nothing that could be seen there (697). Binary: user guide.
function answerV2(body: unknown): InvokeAnswer {
  const { inputText, dimensions = 1024, embeddingTypes = ['float'] } = checked<V2Request>(body, V2)
  // One more than v1 counts (recordings 682 and 692).
  const inputTokens = countedTokens(inputText) + 1
  const embedding = vectorOf({ content: inputText, dimensions })
  const embeddingsByType = {
    ...(embeddingTypes.includes('binary') ? { binary: toBits(embedding) } : {}),
    ...(embeddingTypes.includes('float') ? { float: embedding } : {}),
  }
  return { body: { embedding, embeddingsByType, inputTextTokenCount: inputTokens }, inputTokens }
}

function checked<T>(body: unknown, schema: ObjectSchema): T {
  const violations = violationsOf(body, schema)
  if (violations.length > 0) throw malformedByCount(violations)
  return body as T
}

// aws-samples/amazon-bedrock-workshop#136, with its space at the end.
function countedTokens(text: string): number {
  const tokens = countTokens(text)
  if (tokens > TOKENS_MAX) {
    throw validationError(
      `400 Bad Request: Too many input tokens. Max input tokens: ${TOKENS_MAX}, request input token count: ${tokens} `,
    )
  }
  return tokens
}
