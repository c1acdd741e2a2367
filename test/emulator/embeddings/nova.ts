import { readImageHeader } from '../image-header.js'
import type { InvokeAnswer, InvokeHandler } from '../invoke.js'
import {
  excluded,
  type Members,
  malformedByPlace,
  missing,
  type ObjectSchema,
  type Schema,
  violationsOf,
} from '../invoke-schema.js'
import { modelError } from '../rules/rule.js'
import { countTokens, IMAGE_TOKENS } from './count-tokens.js'
import { vectorOf } from './vector.js'

const SOURCE: ObjectSchema = {
  type: 'object',
  members: {
    bytes: { type: 'string', minLength: 1 },
    s3Location: {
      type: 'object',
      members: { uri: { type: 'string' }, bucketOwner: { type: 'string' } },
      required: ['uri'],
    },
  },
}

// Nova user guide, "Complete embeddings request and response schema", and so are all rules below without another source.
const MEDIA = {
  text: {
    type: 'object',
    members: {
      truncationMode: { type: 'string', values: ['START', 'END', 'NONE'] },
      value: { type: 'string', minLength: 1, maxLength: 8192 },
      source: SOURCE,
    },
    required: ['truncationMode'],
  },
  image: {
    type: 'object',
    members: {
      detailLevel: { type: 'string', values: ['STANDARD_IMAGE', 'DOCUMENT_IMAGE'] },
      format: { type: 'string', values: ['png', 'jpeg', 'gif', 'webp'] },
      source: SOURCE,
    },
    required: ['format', 'source'],
  },
  audio: {
    type: 'object',
    members: { format: { type: 'string', values: ['mp3', 'wav', 'ogg'] }, source: SOURCE },
    required: ['format', 'source'],
  },
  video: {
    type: 'object',
    members: {
      format: {
        type: 'string',
        values: ['mp4', 'mov', 'mkv', 'webm', 'flv', 'mpeg', 'mpg', 'wmv', '3gp'],
      },
      source: SOURCE,
      embeddingMode: { type: 'string', values: ['AUDIO_VIDEO_COMBINED', 'AUDIO_VIDEO_SEPARATE'] },
    },
    required: ['format', 'source', 'embeddingMode'],
  },
} as const satisfies Record<string, Schema>

const SCHEMA: ObjectSchema = {
  type: 'object',
  members: {
    schemaVersion: { type: 'string', values: ['nova-multimodal-embed-v1'] },
    taskType: { type: 'string', values: ['SINGLE_EMBEDDING'] },
    singleEmbeddingParams: {
      type: 'object',
      members: {
        embeddingPurpose: {
          type: 'string',
          values: [
            'GENERIC_INDEX',
            'GENERIC_RETRIEVAL',
            'TEXT_RETRIEVAL',
            'IMAGE_RETRIEVAL',
            'VIDEO_RETRIEVAL',
            'DOCUMENT_RETRIEVAL',
            'AUDIO_RETRIEVAL',
            'CLASSIFICATION',
            'CLUSTERING',
          ],
        },
        embeddingDimension: { type: 'integer', values: [256, 384, 1024, 3072] },
        ...MEDIA,
      },
      required: ['embeddingPurpose'],
    },
  },
  required: ['taskType', 'singleEmbeddingParams'],
}

interface Source {
  readonly bytes?: string
  readonly s3Location?: { readonly uri: string }
}

interface NovaParams {
  readonly embeddingPurpose: string
  readonly embeddingDimension?: number
  readonly text?: { readonly value?: string; readonly source?: Source }
  readonly image?: { readonly format: string; readonly source: Source }
  readonly audio?: { readonly source: Source }
  readonly video?: { readonly source: Source; readonly embeddingMode: string }
}

/** The tokens that a purpose adds to those of the text: recordings 684, 683 and 688; the others are guessed from those. */
const PURPOSE_TOKENS: Readonly<Record<string, number>> = { GENERIC_INDEX: 2, TEXT_RETRIEVAL: 19 }
const PURPOSE_TOKENS_DEFAULT = 15

/** Nova's embeddings: one text, picture, sound or film in a call. */
export const NOVA_HANDLERS: readonly InvokeHandler[] = [
  { prefix: 'amazon.nova-2-multimodal-embeddings', answer: ({ body }) => answer(body) },
]

// Recordings 683 to 690.
function answer(body: Members): InvokeAnswer {
  // A body that does not look like one for embeddings is held against the chat models': langchain-ai/langchain-aws#744.
  if (body['taskType'] === undefined) throw malformedByPlace([missing('messages')])
  const violations = violationsOf(body, SCHEMA)
  if (violations.length > 0) throw malformedByPlace(violations)
  const params = body['singleEmbeddingParams'] as NovaParams
  const { contents, tokens } = readMedium(params)
  const { embeddingPurpose: purpose, embeddingDimension: dimensions = 3072 } = params
  const embeddings = contents.map(({ content, embeddingType }) => ({
    embedding: vectorOf({ content, purpose, dimensions }),
    embeddingType,
  }))
  return {
    body: { embeddings },
    inputTokens: tokens + (PURPOSE_TOKENS[purpose] ?? PURPOSE_TOKENS_DEFAULT),
  }
}

interface Medium {
  readonly contents: readonly { readonly content: string; readonly embeddingType: string }[]
  readonly tokens: number
}

// "Exactly one of text, image, video, audio must be present."
function readMedium(params: NovaParams): Medium {
  const given = Object.keys(MEDIA).filter((name) => params[name as keyof typeof MEDIA] !== undefined)
  if (given.length === 0) throw malformedByPlace([missing('text', '#/singleEmbeddingParams')])
  if (given.length > 1) {
    throw malformedByPlace(given.slice(1).map((name) => excluded(`singleEmbeddingParams/${name}`)))
  }
  const { text, image, audio, video } = params
  if (text !== undefined) return readText(text)
  if (image !== undefined) {
    checkImage(image)
    return mediumOf(contentOf(image.source, 'image'), ['IMAGE'])
  }
  if (audio !== undefined) return mediumOf(contentOf(audio.source, 'audio'), ['AUDIO'])
  const types =
    video?.embeddingMode === 'AUDIO_VIDEO_SEPARATE' ? ['VIDEO', 'AUDIO'] : ['AUDIO_VIDEO_COMBINED']
  return mediumOf(contentOf(video?.source ?? {}, 'video'), types)
}

// "Either value or source must be provided", and bytes are not applicable for text.
function readText({ value, source }: { readonly value?: string; readonly source?: Source }): Medium {
  const pointer = '#/singleEmbeddingParams/text'
  const content = value ?? source?.s3Location?.uri
  if (content === undefined) throw malformedByPlace([missing('value', pointer)])
  if (value !== undefined && source !== undefined) {
    throw malformedByPlace([excluded('singleEmbeddingParams/text/source')])
  }
  return { contents: [{ content, embeddingType: 'TEXT' }], tokens: countTokens(content) }
}

function mediumOf(content: string, embeddingTypes: readonly string[]): Medium {
  return {
    contents: embeddingTypes.map((embeddingType) => ({ content, embeddingType })),
    tokens: IMAGE_TOKENS,
  }
}

function contentOf({ bytes, s3Location }: Source, name: string): string {
  const content = bytes ?? s3Location?.uri
  if (content === undefined) {
    throw malformedByPlace([missing('bytes', `#/singleEmbeddingParams/${name}/source`)])
  }
  return content
}

// Words that Converse has for it (rules/media.ts); of InvokeModel none are known.
function checkImage({ format, source }: { readonly format: string; readonly source: Source }): void {
  if (source.bytes === undefined) return
  const { mimeType } = readImageHeader(Buffer.from(source.bytes, 'base64'))
  if (mimeType === `image/${format}`) return
  throw modelError(
    `The detected file MIME type ${mimeType} does not match the expected type image/${format}. Reformat your input and try again.`,
  )
}
