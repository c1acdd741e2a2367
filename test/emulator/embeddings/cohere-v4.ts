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
import { EMBEDDING_TYPES, replyByType } from './cohere-reply.js'
import { countTokens, IMAGE_TOKENS } from './count-tokens.js'
import { vectorOf } from './vector.js'

const ITEMS_MAX = 96
const TOKENS_MAX = 128_000
// Formats and size: cohere-ai/cohere-developer-experience#375; the user guide asks for a data URI only.
const IMAGE_LIMITS = {
  mimeTypes: ['image/png', 'image/jpeg', 'image/webp', 'image/gif'],
  bytesMax: 5 * 1024 * 1024,
}

// Bedrock user guide, "Cohere Embed v4". It knows LEFT and RIGHT only, but START is taken (recordings 675 and 680), and
// so is the input type `image` (stdapi-ai/stdapi.ai#198).
const SCHEMA: ObjectSchema = {
  type: 'object',
  members: {
    input_type: {
      type: 'string',
      values: ['search_document', 'search_query', 'classification', 'clustering', 'image'],
    },
    texts: { type: 'array', items: { type: 'string' }, maxItems: ITEMS_MAX },
    images: { type: 'array', items: { type: 'string' }, maxItems: ITEMS_MAX },
    inputs: {
      type: 'array',
      maxItems: ITEMS_MAX,
      items: {
        type: 'object',
        required: ['content'],
        members: {
          content: {
            type: 'array',
            minItems: 1,
            items: {
              type: 'object',
              required: ['type'],
              members: {
                type: { type: 'string', values: ['text', 'image_url'] },
                text: { type: 'string' },
                image_url: { type: 'string' },
              },
            },
          },
        },
      },
    },
    embedding_types: { type: 'array', items: { type: 'string', values: EMBEDDING_TYPES } },
    output_dimension: { type: 'integer', values: [256, 512, 1024, 1536] },
    max_tokens: { type: 'integer', minimum: 1, maximum: TOKENS_MAX },
    truncate: { type: 'string', values: ['NONE', 'LEFT', 'RIGHT', 'START', 'END'] },
  },
  required: ['input_type'],
}

interface Part {
  readonly type: 'text' | 'image_url'
  readonly text?: string
  readonly image_url?: string
}

interface CohereV4Request {
  readonly texts?: readonly string[]
  readonly images?: readonly string[]
  readonly inputs?: readonly { readonly content: readonly Part[] }[]
  readonly input_type: string
  readonly embedding_types?: readonly (typeof EMBEDDING_TYPES)[number][]
  readonly output_dimension?: number
  readonly max_tokens?: number
  readonly truncate?: string
}

/** One thing to embed: what its vector is made of, and its tokens. */
interface Item {
  readonly content: string
  readonly tokens: number
}

/** Cohere's fourth embeddings: texts, pictures or both in one. */
export const COHERE_V4_HANDLERS: readonly InvokeHandler[] = [
  { prefix: 'cohere.embed-v4', answer: ({ body }) => answer(body) },
]

// Without `embedding_types` a map of floats, whatever the user guide says (recordings 673 to 680).
function answer(body: Members): InvokeAnswer {
  const violations = [...violationsOf(body, SCHEMA), ...choiceViolations(body)]
  if (violations.length > 0) throw malformedByPlace(violations)
  const request = body as unknown as CohereV4Request
  const pictures = (request.images ?? []).map((uri, index) =>
    parseCohereImage(uri, `#/images/${index}`, IMAGE_LIMITS),
  )
  const items = [
    ...(request.texts ?? []).map((text) => ({ content: text, tokens: countTokens(text) })),
    ...pictures.map(({ base64 }) => ({ content: base64, tokens: IMAGE_TOKENS })),
    ...(request.inputs ?? []).map(({ content }, index) => toItem(content, `#/inputs/${index}/content`)),
  ]
  checkTokens(items, request)
  const { input_type: purpose, output_dimension: dimensions = 1536 } = request
  const vectors = items.map(({ content }) => vectorOf({ content, purpose, dimensions }))
  // Several pictures of the input type `image` get one vector: stdapi-ai/stdapi.ai#198.
  const told = purpose === 'image' ? vectors.slice(0, 1) : vectors
  const echo = {
    texts: request.texts ?? [],
    ...(request.images === undefined ? {} : { images: pictures.map(describeImage) }),
  }
  return {
    body: replyByType(told, request.embedding_types ?? ['float'], echo),
    inputTokens: items.reduce((sum, { tokens }) => sum + tokens, 0),
  }
}

// "If you use texts, don't send images in the same call"; `inputs` stand for both (user guide). Words as of v3.
function choiceViolations(body: Members): readonly Violation[] {
  const given = ['texts', 'images', 'inputs'].filter((name) => body[name] !== undefined)
  return given.length === 0 ? [missing('texts')] : given.slice(1).map(excluded)
}

function toItem(parts: readonly Part[], pointer: string): Item {
  const items = parts.map((part, index) => toPartItem(part, `${pointer}/${index}`))
  return {
    content: items.map(({ content }) => content).join('\n'),
    tokens: items.reduce((sum, { tokens }) => sum + tokens, 0),
  }
}

function toPartItem(part: Part, pointer: string): Item {
  const value = part[part.type === 'text' ? 'text' : 'image_url']
  if (value === undefined) throw malformedByPlace([missing(part.type, pointer)])
  if (part.type === 'text') return { content: value, tokens: countTokens(value) }
  const { base64 } = parseCohereImage(value, `${pointer}/image_url`, IMAGE_LIMITS)
  return { content: base64, tokens: IMAGE_TOKENS }
}

// `max_tokens` is the budget of each input, and NONE makes more an error (user guide). Words of v3.
function checkTokens(items: readonly Item[], request: CohereV4Request): void {
  const tokensMax = request.max_tokens ?? TOKENS_MAX
  if (request.truncate === 'NONE' && items.some(({ tokens }) => tokens > tokensMax)) {
    throw validationError('Input is too long for requested model.')
  }
}
