import type { Exchange, PictureKind } from '../http/exchange.js'
import { type ImageEntry, toImagesResponse } from '../openai/images-response.js'
import type { StreamRegistry } from '../stream-registry.js'
import { linkUrl } from './link-url.js'
import type { ImageLinks } from './links.js'
import { notePictures } from './note-pictures.js'
import { type ImageCalls, runImageCalls } from './run-calls.js'
import type { PreparedImages, ReadImage } from './tasks.js'

/** What the replies of image requests need of the rest of the daemon. */
export interface ImageReplier {
  readonly calls: ImageCalls
  readonly links: Pick<ImageLinks, 'requireAllowed' | 'save'>
  readonly registry: Pick<StreamRegistry, 'add' | 'remove'>
  /** What links start with; null: as the request says. */
  readonly publicUrl: string | null
  readonly pingMs: number
  readonly writeStallMs: number
  /** Monotonic milliseconds. */
  readonly now: () => number
  /** Seconds since the epoch. */
  readonly epochSeconds: () => number
}

/** Makes the pictures of one request and sends them all together. A client that goes away aborts the calls. */
export async function replyImages(
  {
    exchange,
    prepared,
    kind,
  }: { readonly exchange: Exchange; readonly prepared: PreparedImages; readonly kind: PictureKind },
  replier: ImageReplier,
): Promise<void> {
  const { request, dropped } = prepared
  const gone = new AbortController()
  exchange.onClientGone = () => gone.abort()
  const asLinks = request.responseFormat === 'url'
  if (asLinks) replier.links.requireAllowed()
  const options = { signal: gone.signal, encoding: asLinks ? 'file' : 'base64', bytesMax: null } as const
  try {
    const made = await runImageCalls(prepared, options, replier.calls)
    exchange.facts.bedrockRequestId = made.bedrockRequestId
    const entries = asLinks ? await toLinks(made.images, exchange, replier) : made.images.map(toInline)
    if (exchange.over) {
      gone.abort()
      return
    }
    notePictures(exchange, kind, entries.length)
    exchange.facts.firstByteMs = replier.now() - exchange.startedAtMs
    const head = { created: replier.epochSeconds(), request, dropped }
    exchange.replyParts(200, 'application/json', toImagesResponse(head, entries))
  } catch (error) {
    gone.abort()
    throw error
  }
}

function toInline({ bytes, ...image }: ReadImage): ImageEntry {
  return { ...image, content: { type: 'base64', ascii: bytes } }
}

async function toLinks(
  images: readonly ReadImage[],
  exchange: Exchange,
  replier: ImageReplier,
): Promise<readonly ImageEntry[]> {
  const urls = await toLinkUrls(images, exchange, replier)
  return images.map(({ width, height, format }, index) => {
    return { width, height, format, content: { type: 'url', url: urls[index] ?? '' } }
  })
}

/** Saves pictures (the files themselves); returns the addresses where this client finds them, in order. */
export async function toLinkUrls(
  images: readonly ReadImage[],
  exchange: Exchange,
  { links, publicUrl }: Pick<ImageReplier, 'links' | 'publicUrl'>,
): Promise<readonly string[]> {
  const names = await links.save(images)
  return names.map((name) => linkUrl(exchange, name, publicUrl))
}
