import { type ConverseRequest, type Json, member } from '../converse-request.js'
import { readImageHeader } from '../image-header.js'
import { claudeVersion } from '../model-traits.js'
import { BedrockError, validationError } from '../wire-error.js'
import { modelError, type Rule, unsupportedField } from './rule.js'

const IMAGES_MAX = 20
const DOCUMENTS_MAX = 5
// 4.5 MB and 3.75 MB of the service model's documentation of ContentBlock, the second as Claude measures it: in base64.
const DOCUMENT_BYTES_MAX = 4_718_592
const IMAGE_BASE64_BYTES_MAX = 5_242_880
const IMAGE_PIXELS_MAX = 8000
const MANY_IMAGES_PIXELS_MAX = 2000

type MediaKind = 'image' | 'document' | 'video' | 'audio'

/** One medium of a request and where it stands. */
interface Medium {
  readonly kind: MediaKind
  readonly block: Json
  /** `messages.2.content.0`, or inside a tool result `messages.2.content.0.tool_result.content.1`. */
  readonly path: string
  readonly role: string
  readonly inResult: boolean
}

const MODALITIES = { image: 'IMAGE', video: 'VIDEO', audio: 'SPEECH' } as const

/** Which media a model takes, and in whose messages. */
export const checkMediaKinds: Rule = ({ request, model, modelId }) => {
  const isClaude = claudeVersion(modelId) !== null
  for (const { kind, block, role, inResult } of mediaOf(request)) {
    // Shape Message: images and documents are the user's. Words after can1357/oh-my-pi#11685.
    if (role === 'assistant') throw unsupportedInMessages(kind, role)
    // Recording 876; inside a tool result it passed (recording 872).
    if (isClaude && !inResult && JSON.stringify(block).includes('"s3Location"'))
      throw unsupportedField('s3Uri')
    if (!takes(kind, model.inputModalities, isClaude)) throw unsupportedBlock(kind)
    // can1357/oh-my-pi#11685, anomalyco/opencode#50272: inside a tool result for Claude, Nova and Llama 4 alone.
    if (inResult && kind === 'image' && !/anthropic\.claude|amazon\.nova|meta\.llama4/.test(modelId)) {
      throw unsupportedInMessages(kind, role)
    }
  }
}

// A row without modalities says nothing. Documents are no modality of the listing.
function takes(kind: MediaKind, modalities: readonly string[] | undefined, isClaude: boolean): boolean {
  // Recordings 880 and 928.
  if (kind === 'video' && isClaude) return false
  if (kind === 'document' || modalities === undefined) return true
  return modalities.includes(MODALITIES[kind]) || (kind === 'audio' && modalities.includes('AUDIO'))
}

/** Number, names and sizes of documents. */
export const checkDocuments: Rule = ({ request }) => {
  const documents = mediaOf(request).filter(({ kind }) => kind === 'document')
  // aaif-goose/goose#1267.
  if (documents.length > DOCUMENTS_MAX) {
    throw validationError(
      `You can't include more than ${DOCUMENTS_MAX} documents in a request. Reduce the number of documents and retry your request.`,
    )
  }
  const names = documents.map(({ block }) => String(block['name']))
  for (const name of names) {
    // simonw/llm-bedrock#8; an underscore passes, a tab or a wide space does not (aws-samples/generative-ai-use-cases#1671).
    if (/[^A-Za-z0-9 _()[\]-]| {2}/.test(name)) {
      throw validationError(
        "The document file name can only contain alphanumeric characters, whitespace characters, hyphens, parentheses, and square brackets. The name can't contain more than one consecutive whitespace character. Check that the file name conforms to these restrictions and retry your request.",
      )
    }
  }
  // maximhq/bifrost#7003; over all messages, upper and lower case alike (aws-samples/sample-strands-agent-with-agentcore#290).
  if (new Set(names.map((name) => name.toLowerCase())).size < names.length) {
    throw validationError(
      "Messages can't contain duplicate document names. Rename the document and retry your request.",
    )
  }
  // Boise-State-Development/agentcore-public-stack#400 quotes no more than "maximum document size".
  if (documents.some(({ block }) => bytesOf(block).length > DOCUMENT_BYTES_MAX)) {
    throw validationError('The document exceeds the maximum document size of 4.5 MB.')
  }
}

/** Number, format and size of images. */
export const checkImages: Rule = ({ request, modelId }) => {
  const media = mediaOf(request)
  const images = media.filter(({ kind }) => kind === 'image')
  const documents = media.filter(({ kind }) => kind === 'document')
  const version = claudeVersion(modelId)
  const isMany = images.length + documents.length > IMAGES_MAX
  // cline/cline#1844 (3.5), boto/boto3#4632 (Sonnet 4); newer ones take more, but smaller (bedrock-facts C6).
  if (isMany && version !== null && version < 4005) {
    throw modelError(`too many images and documents: ${images.length} + ${documents.length} > ${IMAGES_MAX}`)
  }
  for (const image of images)
    checkImage(image, { isClaude: version !== null, isMany: images.length > IMAGES_MAX })
}

function checkImage(image: Medium, { isClaude, isMany }: { isClaude: boolean; isMany: boolean }): void {
  const bytes = bytesOf(image.block)
  if (bytes.length === 0) return
  const said = `image/${String(image.block['format'])}`
  const header = readImageHeader(bytes)
  if (header.mimeType !== said) throw wrongFormat(image, { said, seen: header.mimeType, isClaude })
  if (!isClaude) return
  const base64Bytes = 4 * Math.ceil(bytes.length / 3)
  // aws-solutions-library-samples/accelerated-intelligent-document-processing-on-aws#841.
  if (base64Bytes > IMAGE_BASE64_BYTES_MAX) {
    throw modelError(
      `${image.path}.image.source.bytes: image exceeds 5 MB maximum: ${base64Bytes} bytes > ${IMAGE_BASE64_BYTES_MAX} bytes`,
    )
  }
  const longest = Math.max(header.width, header.height)
  // anthropics/claude-code#11576 and #15730.
  const limit = isMany ? MANY_IMAGES_PIXELS_MAX : IMAGE_PIXELS_MAX
  if (longest > limit) {
    const which = isMany ? ' for many-image requests' : ''
    throw modelError(
      `${image.path}.image.source.base64.data: At least one of the image dimensions exceed max allowed size${which}: ${limit} pixels`,
    )
  }
}

// Claude: ziatdinovmax/SciLink#382, path in 1jehuang/jcode#465. Others: recording 192, where it came in the stream.
function wrongFormat(
  image: Medium,
  { said, seen, isClaude }: { said: string; seen: string; isClaude: boolean },
): BedrockError {
  if (isClaude) {
    return modelError(
      `${image.path}.image.source.base64: The image was specified using the ${said} media type, but the image appears to be a ${seen} image`,
    )
  }
  return new BedrockError(
    {
      status: 400,
      type: 'ValidationException',
      message: `The model returned the following errors: The detected file MIME type ${seen} does not match the expected type ${said}. Reformat your input and try again.`,
    },
    { inStream: true },
  )
}

function mediaOf(request: ConverseRequest): readonly Medium[] {
  return request.messages.flatMap(({ role, content }, index) =>
    content.flatMap((block, blockIndex) => {
      const path = `messages.${index}.content.${blockIndex}`
      const inner = member(block['toolResult'], 'content')
      const results = Array.isArray(inner) ? (inner as readonly Json[]) : []
      return [
        ...mediaIn(block, { path, role, inResult: false }),
        ...results.flatMap((part, place) =>
          mediaIn(part, { path: `${path}.tool_result.content.${place}`, role, inResult: true }),
        ),
      ]
    }),
  )
}

const KINDS: readonly MediaKind[] = ['image', 'document', 'video', 'audio']

function mediaIn(block: Json, place: Omit<Medium, 'kind' | 'block'>): readonly Medium[] {
  return KINDS.flatMap((kind) => {
    const medium = block[kind]
    return typeof medium === 'object' && medium !== null ? [{ kind, block: medium as Json, ...place }] : []
  })
}

function bytesOf(medium: Json): Buffer {
  const bytes = member(medium['source'], 'bytes')
  return typeof bytes === 'string' ? Buffer.from(bytes, 'base64') : Buffer.alloc(0)
}

// Form as in recordings 880 and 928.
function unsupportedBlock(kind: MediaKind): BedrockError {
  return validationError(
    `This model doesn't support the ${kind} content block that you provided. Update the content block and try again.`,
  )
}

function unsupportedInMessages(kind: MediaKind, role: string): BedrockError {
  return validationError(`This model doesn't support the ${kind} field for ${role} messages.`)
}
