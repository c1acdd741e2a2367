import { readImageHeader } from '../image-header.js'
import type { InvokeAnswer, InvokeHandler } from '../invoke.js'
import {
  extraneous,
  malformed,
  malformedByCount,
  missing,
  type ObjectSchema,
  violationsOf,
} from '../invoke-schema.js'
import { validationError } from '../wire-error.js'
import { countTokens } from './count-tokens.js'
import { middleOf, vectorOf } from './vector.js'

// Bedrock user guide, "Amazon Titan Multimodal Embeddings G1".
const SCHEMA: ObjectSchema = {
  type: 'object',
  members: {
    inputText: { type: 'string', minLength: 1 },
    inputImage: { type: 'string', minLength: 1 },
    embeddingConfig: {
      type: 'object',
      members: { outputEmbeddingLength: { type: 'integer', values: [256, 384, 1024] } },
    },
  },
}

// Both numbers are the smaller ones of two versions of that page; the other says 256 tokens and 25 MB.
const TOKENS_MAX = 128
const IMAGE_BYTES_MAX = 5 * 1024 * 1024
/** "Maximum total pixels per image", said there of the pictures for fine-tuning. */
const PIXELS_MAX = 2048 * 2048 * 3

interface TitanImageRequest {
  readonly inputText?: string
  readonly inputImage?: string
  readonly embeddingConfig?: { readonly outputEmbeddingLength?: number }
}

/** Titan's embeddings of a text, a picture or both. */
export const TITAN_IMAGE_HANDLERS: readonly InvokeHandler[] = [
  { prefix: 'amazon.titan-embed-image-v1', answer: ({ body }) => answer(body) },
]

// Not recorded; members as in the user guide's "Response", in the order of the other Titan replies.
function answer(body: Readonly<Record<string, unknown>>): InvokeAnswer {
  checkKeys(body)
  const violations = violationsOf(body, SCHEMA)
  if (violations.length > 0) throw malformedByCount(violations)
  const { inputText, inputImage, embeddingConfig } = body as TitanImageRequest
  // "At least one of the following fields is required."
  if (inputText === undefined && inputImage === undefined) throw malformedByCount([missing('inputText')])
  const inputTokens = countedTokens(inputText ?? '')
  if (inputImage !== undefined) checkImage(inputImage)
  const dimensions = embeddingConfig?.outputEmbeddingLength ?? 1024
  const [first, second] = [inputText, inputImage]
    .filter((content) => content !== undefined)
    .map((content) => vectorOf({ content, dimensions }))
  const embedding = second === undefined ? first : middleOf(first ?? [], second)
  return { body: { embedding, inputTextTokenCount: inputTokens, message: null }, inputTokens }
}

// The body may also be a batch, `{requests}`, and a wrong one is held against both: BerriAI/litellm#30314.
function checkKeys(body: Readonly<Record<string, unknown>>): void {
  const unknown = Object.keys(body).filter((name) => !Object.hasOwn(SCHEMA.members, name))
  if (unknown.length === 0) return
  const violations = [
    ...unknown.map((name) => extraneous(name)),
    missing('requests'),
    ...Object.keys(body)
      .sort()
      .map((name) => extraneous(name)),
  ]
  throw malformed(violations.map(({ pointer, words }) => `${pointer}: ${words}`).join(', '))
}

// Words: aws-samples/amazon-bedrock-workshop#136.
function countedTokens(text: string): number {
  const tokens = countTokens(text)
  if (tokens <= TOKENS_MAX) return tokens
  throw validationError(
    `400 Bad Request: Too many input tokens. Max input tokens: ${TOKENS_MAX}, request input token count: ${tokens} `,
  )
}

function checkImage(base64: string): void {
  const bytes = Buffer.from(base64, 'base64')
  const { mimeType, width, height } = readImageHeader(bytes)
  // PNG and JPEG, 5 MB: user guide. The words of these two refusals are not known.
  if (mimeType !== 'image/png' && mimeType !== 'image/jpeg') {
    throw validationError('400 Bad Request: Unable to process provided image. ')
  }
  if (bytes.length > IMAGE_BYTES_MAX)
    throw validationError('400 Bad Request: Image exceeds max size allowed. ')
  // aws-samples/video-semantic-search-with-aws-ai-ml-services#4.
  if (width * height > PIXELS_MAX)
    throw validationError('400 Bad Request: Image exceeds max pixels allowed. ')
}
