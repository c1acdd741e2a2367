import type { Bytes, Parts } from '../remote-bytes.js'
import { createChunkWriter, type ReplyHead, writeUsageChunk } from './chunks.js'
import { toCompletionBody } from './completion.js'
import type { ImageFormat } from './image-types.js'
import type { Usage } from './types.js'

/** A picture on its way into a chat. */
export type ReplyPicture =
  | { readonly type: 'image' | 'markdown'; readonly format: ImageFormat; readonly ascii: Bytes }
  | { readonly type: 'link'; readonly url: string }

/** Bedrock counts no tokens of pictures, but a completion has a usage. */
const NO_USAGE: Usage = {
  promptTokens: 0,
  completionTokens: 0,
  totalTokens: 0,
  cachedTokens: 0,
  cacheWriteTokens: 0,
}

/** Stands for base64 in JSON that is written without it. */
const MARK = '<base64>'

/** Base64 in one line of a text: with all around it no more than the 60,000 characters that text has elsewhere. */
const TEXT_BASE64_BYTES = 48 * 1024

const BETWEEN_PICTURES = '\n\n'

/** The body of a whole reply: one choice with all pictures, which are not copied. */
export function toImageCompletion(head: ReplyHead, pictures: readonly ReplyPicture[]): Parts {
  const images = pictures.filter(({ type }) => type === 'image').map((picture) => say(picture))
  const texts = pictures.filter(({ type }) => type !== 'image').map((picture) => say(picture))
  const choice = {
    text: texts.join(BETWEEN_PICTURES),
    reasoning: null,
    reasoningDetails: [],
    toolCalls: [],
    functionCall: null,
    citations: [],
    images,
    finishReason: 'stop',
  } as const
  const bytes = pictures.flatMap((picture) => (picture.type === 'link' ? [] : [picture.ascii]))
  return fillIn(toCompletionBody(head, [choice], NO_USAGE), bytes)
}

/** Writes the chunks of a streamed reply with pictures, which are not copied. */
export interface ImageChunkWriter {
  role(): string
  /** One line for a picture as an image; several for one in the text, whose base64 is cut. */
  picture(picture: ReplyPicture): Parts
  /** The finish reason, and the usage where it was asked for. */
  finish(): string
}

export function createImageChunkWriter(options: {
  readonly head: ReplyHead
  readonly includeUsage: boolean
}): ImageChunkWriter {
  const { head, includeUsage } = options
  const writer = createChunkWriter({ head, includeUsage, choice: 0 })
  let before = ''

  function writeText(picture: ReplyPicture): Parts {
    const text = before + say(picture)
    before = BETWEEN_PICTURES
    if (picture.type === 'link') return [writer.content(text)]
    const place = text.lastIndexOf(MARK)
    const [start, end] = [text.slice(0, place), text.slice(place + MARK.length)]
    const base64 = cut(picture.ascii).flatMap((piece) => fillIn(writer.content(MARK), [piece]))
    return [writer.content(start), ...base64, writer.content(end)]
  }

  return {
    role: () => writer.role(),
    picture: (picture) =>
      picture.type === 'image' ? fillIn(writer.image(say(picture)), [picture.ascii]) : writeText(picture),
    finish: () => writer.finish('stop') + (includeUsage ? writeUsageChunk(head, NO_USAGE) : ''),
  }
}

/** A picture as its member says it, with a mark where its base64 goes. */
function say(picture: ReplyPicture): string {
  if (picture.type === 'link') return `![image](${picture.url})`
  const uri = `data:image/${picture.format};base64,${MARK}`
  return picture.type === 'image' ? uri : `![image](${uri})`
}

function cut(bytes: Bytes): readonly Bytes[] {
  const count = Math.ceil(bytes.length / TEXT_BASE64_BYTES)
  return Array.from({ length: count }, (_, index) =>
    bytes.subarray(index * TEXT_BASE64_BYTES, Math.min(bytes.length, (index + 1) * TEXT_BASE64_BYTES)),
  )
}

/** Bytes in the place of the last marks. What a client may have written (the model's name) stands before them. */
function fillIn(json: string, bytes: readonly Bytes[]): Parts {
  const parts: (Bytes | string)[] = []
  let rest = json
  for (const piece of bytes.toReversed()) {
    const place = rest.lastIndexOf(MARK)
    parts.unshift(piece, rest.slice(place + MARK.length))
    rest = rest.slice(0, place)
  }
  return [rest, ...parts]
}
