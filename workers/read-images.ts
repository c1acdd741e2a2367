import { parseImageReply } from '../src/bedrock/image-reply.js'
import type { ImageWish } from '../src/images/tasks.js'
import type { ImageFormat, ImageSize } from '../src/openai/image-types.js'

/** An InvokeModel reply, and what is to become of its pictures. */
export interface ReadImagesOptions extends ImageWish {
  readonly parts: readonly Uint8Array[]
  /** A guardrail was asked for: pictures that none has looked at are not given out. */
  readonly guarded: boolean
}

export type ReadImagesResult =
  | {
      readonly type: 'images'
      readonly images: readonly EncodedImage[]
      /** Why pictures are missing, in the model's words; null: none is. */
      readonly filtered: string | null
      /** As `ImageReply.failed`: the same call may work later. */
      readonly failed: boolean
    }
  /** Not what its protocol says. */
  | { readonly type: 'malformed' }
  /** A reply to a guarded call that does not say what the guardrail did. */
  | { readonly type: 'unwatched' }

/** A picture as the client wants it. */
export interface EncodedImage extends ImageSize {
  readonly format: ImageFormat
  /** In the encoding that was asked for. */
  readonly bytes: Uint8Array
}

/**
 * The pictures of one InvokeModel reply, as the client wants them. One that is so already is passed on as it came, and only its
 * header is read. Never rejects for what the reply holds: that is `malformed`.
 */
export async function readImages({ parts, guarded, ...wish }: ReadImagesOptions): Promise<ReadImagesResult> {
  const reply = parseImageReply(parseReply(parts))
  if (reply === null) return { type: 'malformed' }
  if (guarded && !reply.watched) return { type: 'unwatched' }
  const { filtered, failed } = reply
  // Not every reply has a picture: loading sharp takes 80 ms and 20 MB.
  const { ImageFailure } = await import('./decode-image.js')
  const { readImage } = await import('./read-image.js')
  const images: EncodedImage[] = []
  try {
    for (const text of reply.images) images.push(await readImage(text, wish))
  } catch (error) {
    if (error instanceof ImageFailure) return { type: 'malformed' }
    throw error
  }
  return { type: 'images', images, filtered, failed }
}

/** Undefined where it is no JSON. */
function parseReply(parts: readonly Uint8Array[]): unknown {
  try {
    return JSON.parse(Buffer.concat(parts).toString('utf8'))
  } catch {
    return undefined
  }
}
