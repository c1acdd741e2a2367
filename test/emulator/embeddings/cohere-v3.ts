import type { InvokeAnswer, InvokeHandler } from '../invoke.js'
import {
  excluded,
  type Members,
  malformedByPlace,
  missing,
  type ObjectSchema,
  type Violation,
  violationsOf,
} from '../invoke-schema.js'
import { validationError } from '../wire-error.js'
import { describeImage, parseCohereImage } from './cohere-images.js'
import { EMBEDDING_TYPES, replyByType, replyOfFloats } from './cohere-reply.js'
import { countTokens, IMAGE_TOKENS } from './count-tokens.js'
import { vectorOf } from './vector.js'

const DIMENSIONS = 1024
/** "Texts less than 512 tokens"; longer ones are an error where `truncate` is NONE, the default (user guide). */
const TOKENS_MAX = 512
// The user guide allows images/jpeg and image/png, 5 MB.
const IMAGE_LIMITS = { mimeTypes: ['image/jpeg', 'image/png'], bytesMax: 5 * 1024 * 1024 }

// Bedrock user guide, "Cohere Embed v3": 0 to 96 texts of 0 to 2048 characters, one image. The characters are counted
// before `truncate` has its turn: ScrapeGraphAI/Scrapegraph-ai#400, aws-samples/bedrock-access-gateway#41.
const SCHEMA: ObjectSchema = {
  type: 'object',
  members: {
    texts: { type: 'array', items: { type: 'string', maxLength: 2048 }, maxItems: 96 },
    images: { type: 'array', items: { type: 'string' }, maxItems: 1 },
    input_type: {
      type: 'string',
      values: ['search_document', 'search_query', 'classification', 'clustering', 'image'],
    },
    truncate: { type: 'string', values: ['NONE', 'START', 'END'] },
    embedding_types: { type: 'array', items: { type: 'string', values: EMBEDDING_TYPES } },
  },
}

interface CohereV3Request {
  readonly texts?: readonly string[]
  readonly images?: readonly string[]
  readonly input_type: string
  readonly truncate?: 'NONE' | 'START' | 'END'
  readonly embedding_types?: readonly (typeof EMBEDDING_TYPES)[number][]
}

/** Cohere's English and multilingual embeddings. */
export const COHERE_V3_HANDLERS: readonly InvokeHandler[] = [
  { prefix: 'cohere.embed-english-v3', answer: ({ body }) => answer(body, (text) => text.toLowerCase()) },
  { prefix: 'cohere.embed-multilingual-v3', answer: ({ body }) => answer(body, (text) => text) },
]

// The English model repeats its texts in small letters, the other one as they are (recordings 167 and 670).
function answer(body: Members, echo: (text: string) => string): InvokeAnswer {
  const violations = [...choiceViolations(body), ...violationsOf(body, SCHEMA)]
  if (violations.length > 0) throw malformedByPlace(violations)
  const { texts = [], images, input_type: purpose, ...options } = body as unknown as CohereV3Request
  const tokens = texts.map(countTokens)
  if ((options.truncate ?? 'NONE') === 'NONE') checkTokens(tokens)
  const pictures = images?.map((uri, index) => parseCohereImage(uri, `#/images/${index}`, IMAGE_LIMITS)) ?? []
  const contents = [...texts, ...pictures.map(({ base64 }) => base64)]
  const vectors = contents.map((content) => vectorOf({ content, purpose, dimensions: DIMENSIONS }))
  const echoed = {
    texts: texts.map(echo),
    ...(images === undefined ? {} : { images: pictures.map(describeImage) }),
  }
  const inputTokens = tokens.reduce((sum, count) => sum + count, pictures.length * IMAGE_TOKENS)
  const types = options.embedding_types
  return {
    body: types === undefined ? replyOfFloats(vectors, echoed) : replyByType(vectors, types, echoed),
    inputTokens,
  }
}

// Texts go with four input types, images with one; the schema lists the five cases. Without either:
// langchain-ai/langchain-aws#416. Texts without an input type: JetBrains/koog#1009.
function choiceViolations(body: Members): readonly Violation[] {
  const { texts, images, input_type: inputType } = body
  if (texts === undefined && images === undefined) {
    const cases = ['images', 'texts', 'texts', 'texts', 'texts']
    return [...cases, ...(inputType === undefined ? ['input_type'] : [])].map((name) => missing(name))
  }
  const isForImages = inputType === 'image' || inputType === undefined
  return [
    ...(inputType === undefined ? [missing('input_type')] : []),
    ...(isForImages && images === undefined ? [missing('images')] : []),
    ...(isForImages && texts !== undefined ? [excluded('texts')] : []),
    ...(!isForImages && texts === undefined ? [missing('texts')] : []),
    ...(!isForImages && images !== undefined ? [excluded('images')] : []),
  ]
}

// run-llama/llama_index#14118.
function checkTokens(tokens: readonly number[]): void {
  if (tokens.some((count) => count > TOKENS_MAX)) {
    throw validationError('Input is too long for requested model.')
  }
}
