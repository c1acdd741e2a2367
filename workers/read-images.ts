import { parseImageReply } from '../src/bedrock/image-reply.js'
import type { ReadImage, ReadImagesResult, ReadImagesTask } from '../src/images/tasks.js'
import { moveBody } from './move-body.js'

/**
 * The pictures of one InvokeModel reply, as the client wants them. One that is so already is passed on as it came, and only its
 * header is read. Never rejects for what the reply holds: that is `malformed`.
 */
export async function readImages({ parts, guarded, ...wish }: ReadImagesTask): Promise<ReadImagesResult> {
  const reply = parseImageReply(parseReply(parts))
  if (reply === null) return { type: 'malformed' }
  if (guarded && !reply.watched) return { type: 'unwatched' }
  const { filtered, failed } = reply
  // Most workers never see a picture: loading sharp takes 80 ms and 20 MB.
  const { ImageFailure } = await import('./decode-image.js')
  const { readImage } = await import('./read-image.js')
  const images: ReadImage[] = []
  try {
    for (const text of reply.images) images.push(await readImage(text, wish))
  } catch (error) {
    if (error instanceof ImageFailure) return { type: 'malformed' }
    throw error
  }
  return moveBody({ type: 'images', images, filtered, failed }, ...images.map(({ bytes }) => bytes))
}

/** Undefined where it is no JSON. */
function parseReply(parts: readonly Uint8Array[]): unknown {
  try {
    return JSON.parse(Buffer.concat(parts).toString('utf8'))
  } catch {
    return undefined
  }
}
