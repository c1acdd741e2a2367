import type { Bytes, Parts } from '../remote-bytes.js'
import type { ImageFormat, ImageRequest, ImageSize } from './image-types.js'

/** What a reply says of all its pictures. */
export interface ImagesHead {
  /** Seconds since the epoch. */
  readonly created: number
  readonly request: Pick<ImageRequest, 'quality' | 'background'>
  /** Request parameters that the model never saw: what they ask for is not said to be so. */
  readonly dropped: readonly string[]
}

/** One picture on its way to the client. */
export interface ImageEntry extends ImageSize {
  readonly format: ImageFormat
  readonly content:
    | { readonly type: 'base64'; readonly ascii: Bytes }
    | { readonly type: 'url'; readonly url: string }
}

export type ImageEventType = 'image_generation.completed' | 'image_edit.completed'

/** OpenAI's ImagesResponse and its events know no other sizes and qualities. */
const SIZES: readonly string[] = ['1024x1024', '1024x1536', '1536x1024']
const QUALITIES: readonly string[] = ['low', 'medium', 'high']

/** Bedrock counts no tokens of pictures, but the events must have a usage. */
const NO_USAGE = {
  total_tokens: 0,
  input_tokens: 0,
  output_tokens: 0,
  input_tokens_details: { text_tokens: 0, image_tokens: 0 },
}

/** The body of a whole reply (ImagesResponse). `images` has at least one. */
export function toImagesResponse(head: ImagesHead, images: readonly ImageEntry[]): Parts {
  const { created } = head
  const start = JSON.stringify({ created, ...describe(head, images) }).slice(0, -1)
  const parts: (Bytes | string)[] = [`${start},"data":[`]
  for (const [index, { content }] of images.entries()) {
    if (index > 0) parts.push(',')
    if (content.type === 'url') parts.push(JSON.stringify({ url: content.url }))
    else parts.push('{"b64_json":"', content.ascii, '"}')
  }
  parts.push(']}')
  return parts
}

/** One picture as a server-sent event (ImageGenCompletedEvent, ImageEditCompletedEvent); `ascii` is base64. */
export function toImageEvent(
  type: ImageEventType,
  head: ImagesHead,
  { ascii, ...image }: ImageSize & { readonly format: ImageFormat; readonly ascii: Bytes },
): Parts {
  const facts = { size: 'auto', quality: 'auto', background: 'auto', ...describe(head, [image]) }
  const start = JSON.stringify({ type, created_at: head.created, ...facts, usage: NO_USAGE }).slice(0, -1)
  return [`event: ${type}\ndata: ${start},"b64_json":"`, ascii, '"}\n\n']
}

/** What is known and what OpenAI's schema has a word for. */
function describe(
  { request, dropped }: ImagesHead,
  images: readonly (ImageSize & { readonly format: ImageFormat })[],
): Readonly<Record<string, string>> {
  const { quality, background } = request
  const sizes = new Set(images.map(({ width, height }) => `${width}x${height}`))
  const [size = ''] = sizes
  return {
    ...(sizes.size === 1 && SIZES.includes(size) ? { size } : {}),
    ...(quality !== null && QUALITIES.includes(quality) && !dropped.includes('quality') ? { quality } : {}),
    ...(background !== null && !dropped.includes('background') ? { background } : {}),
    output_format: images[0]?.format ?? 'png',
  }
}
