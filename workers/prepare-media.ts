import type { MediaPolicy } from '../src/aws/chat-body-task.js'
import { createDocumentNames } from '../src/bedrock/document-names.js'
import {
  DOCUMENTS_MAX,
  type ImageLimits,
  imageLimitsOf,
  MEDIA_CHARACTERS_MAX,
} from '../src/bedrock/media-limits.js'
import type { ContentBlock, ToolResultBlock } from '../src/bedrock/types.js'
import type { ModelTarget } from '../src/catalog/types.js'
import type { ChatRequest, MediaPart } from '../src/openai/types.js'
import type { MediaBlocks } from '../src/translate/policy.js'
import { createUrlFetcher, type FetchRules, type UrlFetcher } from './fetch-url.js'
import { toAudioBlock, toVideoBlock } from './media-clip.js'
import { fileKindOf, type PreparedDocument, prepareDocument } from './media-file.js'
import { toImageBlock } from './media-image.js'
import { isAddress, type MediaFile, mediaError, readInline, readSource } from './read-source.js'
import { unsupportedMedia } from './unsupported-media.js'

type Block = ContentBlock & ToolResultBlock
type Prepared = { readonly type: 'block'; readonly block: Block } | PreparedDocument

/** A part and where it stands; `param` is the member that holds its bytes. */
interface PlacedPart {
  readonly part: MediaPart
  readonly source: string
  readonly param: string
}

interface Tools {
  readonly target: ModelTarget
  readonly limits: ImageLimits
  readonly fetcher: UrlFetcher
  /** Aborts when one part has failed: the others need not be read. */
  readonly signal: AbortSignal
}

export interface PrepareOptions {
  /** Aborts when nobody waits for the blocks any more. */
  readonly signal?: AbortSignal
  /** Where addresses may lead; tests only. */
  readonly rules?: Partial<FetchRules>
}

/**
 * The blocks that the images, files, audio and video of a request become: data URIs and addresses read, formats told by
 * their bytes, images converted or scaled down to what the model takes. Throws a `GatewayError` that names the part, or
 * whatever was broken off by an abort of `signal`.
 */
export async function prepareMedia(
  request: ChatRequest,
  target: ModelTarget,
  policy: MediaPolicy,
  { signal, rules = {} }: PrepareOptions = {},
): Promise<MediaBlocks> {
  const parts = placeParts(request)
  if (parts.length === 0) return new Map()
  const images = parts.filter(isImage)
  const limits = imageLimitsOf(target, images.length)
  requireFewImages(images, target, limits)
  const fetcher = createUrlFetcher(policy, rules)
  const ended = new AbortController()
  const breakOff = (): void => {
    ended.abort()
    void fetcher.close()
  }
  signal?.addEventListener('abort', breakOff)
  try {
    signal?.throwIfAborted()
    const tools = { target, limits, fetcher, signal: ended.signal }
    const prepared = await Promise.all(parts.map((placed) => preparePart(placed, tools)))
    return toBlocks(parts, prepared)
  } finally {
    signal?.removeEventListener('abort', breakOff)
    ended.abort()
    await fetcher.close()
  }
}

function placeParts(request: ChatRequest): PlacedPart[] {
  return request.messages.flatMap((message, messageIndex) =>
    message.content.flatMap((part, index) => {
      if (part.type === 'text') return []
      const param = `messages[${messageIndex}].content[${index}]`
      return { part, ...sourceOf(part, param) }
    }),
  )
}

/** What stands for the bytes of a part, and the member that holds it. Throws a `GatewayError` that names it where there is none. */
export function sourceOf(part: MediaPart, param: string): Pick<PlacedPart, 'source' | 'param'> {
  switch (part.type) {
    case 'image':
      return { source: part.url, param: `${param}.image_url.url` }
    case 'video':
      return { source: part.url, param: `${param}.video_url.url` }
    case 'audio':
      return { source: part.data, param: `${param}.input_audio.data` }
    case 'file':
      if (part.fileData !== null) return { source: part.fileData, param: `${param}.file.file_data` }
      if (part.fileId !== null) {
        throw mediaError(
          `${param}.file.file_id`,
          'names a stored file, and none are stored here: send file_data',
        )
      }
      throw mediaError(
        `${param}.file.file_data`,
        'must be a data: URI, base64 or an https: address, got nothing',
      )
    default:
      return part satisfies never
  }
}

/** Of a file behind an address only the fetch tells; those are few. */
function isImage({ part, source, param }: PlacedPart): boolean {
  if (part.type === 'image') return true
  return part.type === 'file' && !isAddress(source) && fileKindOf(readInline(source, param)) === 'image'
}

function requireFewImages(
  images: readonly PlacedPart[],
  { requested, capabilities }: ModelTarget,
  { countMax }: ImageLimits,
): void {
  // Where it takes none at all, that is what the client has to hear.
  if (countMax === null || capabilities.imageTypes.length === 0) return
  const excess = images[countMax]
  if (excess === undefined) return
  throw mediaError(
    excess.param,
    `is one image too many: the model "${requested.slice(0, 128)}" takes ${countMax} in a request, got ${images.length}`,
  )
}

async function preparePart(placed: PlacedPart, tools: Tools): Promise<Prepared> {
  const { part, source, param } = placed
  const { target, fetcher } = tools
  requireTaken(placed, target)
  const file = await readSource(source, param, fetcher)
  switch (part.type) {
    case 'image':
      return block({ image: await toImageBlock(file, param, tools) })
    case 'audio':
      return block(toAudioBlock(file, part.format, { param, target }))
    case 'video':
      return block(toVideoBlock(file, { param, target }))
    case 'file':
      return await prepareFile({ ...file, fileName: part.fileName ?? file.fileName }, param, tools)
    default:
      return part satisfies never
  }
}

/** Before anything is fetched for nothing. */
function requireTaken({ part, param }: PlacedPart, target: ModelTarget): void {
  const { imageTypes, audioTypes, videoTypes } = target.capabilities
  if (part.type === 'image' && imageTypes.length === 0) throw unsupportedMedia(param, 'images', target)
  if (part.type === 'video' && videoTypes.length === 0) throw unsupportedMedia(param, 'video', target)
  if (part.type === 'audio' && audioTypes.length === 0) throw unsupportedMedia(param, 'audio', target)
}

async function prepareFile(file: MediaFile, param: string, tools: Tools): Promise<Prepared> {
  const { target } = tools
  const kind = fileKindOf(file)
  switch (kind) {
    case 'image':
      return block({ image: await toImageBlock(file, param, tools) })
    case 'audio':
      return block(toAudioBlock(file, null, { param, target }))
    case 'video':
      return block(toVideoBlock(file, { param, target }))
    case 'document':
      return prepareDocument(file, param, target)
    default:
      return kind satisfies never
  }
}

function block(content: Block): Prepared {
  return { type: 'block', block: content }
}

/** In the order of the request: names and limits of the whole must not depend on which file was there first. */
function toBlocks(parts: readonly PlacedPart[], prepared: readonly Prepared[]): MediaBlocks {
  const names = createDocumentNames()
  const blocks = new Map<MediaPart, Block>()
  let documents = 0
  let characters = 0
  parts.forEach(({ part, param }, index) => {
    const item = prepared[index]
    if (item === undefined) return
    if (item.type === 'document') {
      documents += 1
      if (documents > DOCUMENTS_MAX) {
        throw mediaError(param, `is one document too many: Bedrock takes ${DOCUMENTS_MAX} in a request`)
      }
    }
    const content = item.type === 'block' ? item.block : toDocumentBlock(item, names)
    characters += sizeOf(content)
    if (characters > MEDIA_CHARACTERS_MAX) {
      throw mediaError(
        param,
        'makes the request too large: all images and files together may have 24 MiB. Send fewer.',
      )
    }
    blocks.set(part, content)
  })
  return blocks
}

function toDocumentBlock(document: PreparedDocument, names: ReturnType<typeof createDocumentNames>): Block {
  if (document.type === 'text') return { text: document.text }
  const { format, base64, fileName } = document
  return { document: { format, name: names.next(fileName), source: { bytes: base64 } } }
}

function sizeOf({ text, image, document, audio, video }: Block): number {
  return text?.length ?? (image ?? document ?? audio ?? video)?.source.bytes.length ?? 0
}
