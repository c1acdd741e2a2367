import { createDocumentNames } from '../../src/bedrock/document-names.js'
import { DOCUMENTS_MAX, imageLimitsOf } from '../../src/bedrock/media-limits.js'
import type { Capabilities, ModelTarget } from '../../src/catalog/types.js'
import { GatewayError } from '../../src/errors.js'
import { type Fields, isFields } from '../../src/openai/fields.js'
import type { ChatRequest, MediaPart } from '../../src/openai/types.js'
import type { MediaBlock } from '../../src/translate/message-blocks.js'
import type { MediaBlocks } from '../../src/translate/policy.js'

type Kind = 'image' | 'document' | 'audio' | 'video'

/**
 * What the workers make of a request's media, without reading them (`workers/prepare-media.ts`): a block for each part that
 * the model takes, text for a text file that it does not, else their refusal.
 */
export function giveMedia(request: ChatRequest, target: ModelTarget): MediaBlocks {
  const names = createDocumentNames()
  const given = new Map<MediaPart, MediaBlock>()
  const counts = { image: 0, document: 0, audio: 0, video: 0 }
  const { countMax } = imageLimitsOf(target, 1)
  request.messages.forEach(({ content }, messageIndex) => {
    content.forEach((part, index) => {
      if (part.type === 'text') return
      const param = `messages[${messageIndex}].content[${index}]`
      const block = toBlock(part, target.capabilities, names)
      if (block === null) throw refusal(param, `the model does not take this ${part.type}`)
      const [kind] = Object.keys(block) as [Kind | 'text']
      if (kind !== 'text') counts[kind] += 1
      if (counts.document > DOCUMENTS_MAX) throw refusal(param, 'one document too many')
      if (countMax !== null && counts.image > countMax) throw refusal(param, 'one image too many')
      given.set(part, block)
    })
  })
  return given
}

function refusal(param: string, why: string): GatewayError {
  return new GatewayError('unsupported', `${param}: ${why}`, { param })
}

const SOURCE = { bytes: 'JVBERi0=' }

function toBlock(
  part: MediaPart,
  { imageTypes, documentTypes, videoTypes, audioTypes }: Capabilities,
  names: ReturnType<typeof createDocumentNames>,
): MediaBlock | null {
  switch (part.type) {
    case 'image':
      return imageTypes.length === 0
        ? null
        : { image: { format: 'png', source: { bytes: 'iVBORw0KGgoAAAAA' } } }
    case 'video':
      return videoTypes.length === 0 ? null : { video: { format: 'mp4', source: SOURCE } }
    case 'audio':
      return audioTypes.length === 0 ? null : { audio: { format: 'mp3', source: SOURCE } }
    case 'file': {
      const format = part.fileData?.startsWith('data:application/pdf') === true ? 'pdf' : 'txt'
      if (documentTypes.includes(format))
        return { document: { format, name: names.next(part.fileName), source: SOURCE } }
      return format === 'pdf' ? null : { text: `${part.fileName ?? 'file'}:\nHi` }
    }
    default:
      return part satisfies never
  }
}

/** The body without the media that this model would be refused for: most clients know what they talk to. */
export function withTakenMedia(body: Fields, capabilities: Capabilities): Fields {
  const messages = (body['messages'] as readonly Fields[]).map((message) => {
    const { content } = message
    return Array.isArray(content)
      ? { ...message, content: content.filter((part: unknown) => takes(part, capabilities)) }
      : message
  })
  return { ...body, messages }
}

function takes(part: unknown, { imageTypes, documentTypes, videoTypes, audioTypes }: Capabilities): boolean {
  const type = isFields(part) ? part['type'] : null
  switch (type) {
    case 'image_url':
    case 'input_image':
    case 'image':
      return imageTypes.length > 0
    case 'file':
      return documentTypes.includes('pdf')
    case 'input_audio':
      return audioTypes.length > 0
    case 'video_url':
      return videoTypes.length > 0
    default:
      return true
  }
}
