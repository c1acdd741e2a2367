import type { StreamInfo } from '../admin/types.js'
import { drainingError } from '../errors.js'
import type { Exchange } from '../http/exchange.js'
import type { ReplyHead } from '../openai/chunks.js'
import { createImageChunkWriter, type ReplyPicture, toImageCompletion } from '../openai/image-completion.js'
import type { PreparedImageChat } from '../prepare-image-chat.js'
import { toStreamInfo, type Watched } from '../stream-registry.js'
import { EventWriter } from './event-writer.js'
import type { ImageService } from './handle-images.js'
import { toImageChatError } from './image-chat-errors.js'
import { notePictures } from './note-pictures.js'
import { toLinkUrls } from './reply-images.js'
import { type MadeImages, runImageCalls } from './run-calls.js'
import type { ReadImage } from './tasks.js'

export interface ImageChatReplyOptions {
  readonly exchange: Exchange
  readonly chat: PreparedImageChat
  readonly head: ReplyHead
  readonly service: ImageService
}

/** The way back of a chat with an image model: all pictures together, or each as soon as it is there. */
export class ImageChatReply implements Watched {
  place = -1
  readonly #options: ImageChatReplyOptions
  /** Aborts the calls: the client went away, or the daemon goes down. */
  readonly #stop = new AbortController()
  #writer: EventWriter | null = null
  /** Monotonic milliseconds of the last picture. */
  #heardAtMs: number
  #picturesTotal = 0

  constructor(options: ImageChatReplyOptions) {
    this.#options = options
    this.#heardAtMs = options.service.now()
  }

  /** Resolves once the reply has been handed over, or the client is gone. Throws what went wrong before the reply began. */
  async run(): Promise<void> {
    const { exchange, chat, service } = this.#options
    exchange.onClientGone = () => this.#end()
    try {
      if (chat.output === 'markdown-url') service.links.requireAllowed()
      if (chat.stream) await this.#stream()
      else await this.#replyWhole()
    } catch (error) {
      this.#stop.abort()
      throw toImageChatError(error)
    }
  }

  sweep(nowMs: number): void {
    this.#writer?.sweep(nowMs)
  }

  shutDown(): void {
    this.#end()
    this.#options.exchange.replyError(drainingError())
  }

  describe(nowMs: number): StreamInfo {
    const { exchange, chat } = this.#options
    const { bytesTotal = 0, paused = false } = this.#writer ?? {}
    const progress = { events: this.#picturesTotal, bytes: bytesTotal, paused }
    return toStreamInfo(exchange, chat.images.target, { nowMs, heardAtMs: this.#heardAtMs, ...progress })
  }

  async #replyWhole(): Promise<void> {
    const { exchange, head } = this.#options
    const { images } = await this.#makeImages(null, () => {})
    const pictures = await this.#toPictures(images)
    if (exchange.over) return this.#stop.abort()
    notePictures(exchange, 'chat', pictures.length)
    exchange.replyParts(200, 'application/json', toImageCompletion(head, pictures))
  }

  /** A failure is a status of its own until the first picture (or ping) committed the 200, afterwards the last event. */
  async #stream(): Promise<void> {
    const { exchange, chat, head, service } = this.#options
    const { pingMs, writeStallMs, now } = service
    const chunks = createImageChunkWriter({ head, includeUsage: chat.includeUsage })
    const writer = new EventWriter({ exchange, opening: chunks.role(), pingMs, writeStallMs, now })
    this.#writer = writer
    const write = (pictures: readonly ReplyPicture[]): void => {
      for (const picture of pictures) writer.write(chunks.picture(picture))
      notePictures(exchange, 'chat', pictures.length)
    }
    // A picture of the message is one line, which clients don't take at any length; text can be cut.
    const bytesMax = chat.output === 'images' ? service.chatImageBytesMax : null
    try {
      const { images } = await this.#makeImages(bytesMax, (made) => {
        if (chat.output !== 'markdown-url') write(made.map((image) => this.#toInline(image)))
      })
      if (chat.output === 'markdown-url') write(await this.#toPictures(images))
      writer.write([chunks.finish()])
      await writer.end()
    } catch (error) {
      await writer.fail(toImageChatError(error))
    } finally {
      this.#stop.abort()
    }
  }

  async #makeImages(
    bytesMax: number | null,
    onImages: (images: readonly ReadImage[]) => void,
  ): Promise<MadeImages> {
    const { exchange, chat, service } = this.#options
    const options = {
      signal: this.#stop.signal,
      encoding: chat.output === 'markdown-url' ? 'file' : 'base64',
      bytesMax,
      onImages: (images: readonly ReadImage[]) => {
        this.#heardAtMs = service.now()
        this.#picturesTotal += images.length
        exchange.facts.firstByteMs ??= this.#heardAtMs - exchange.startedAtMs
        onImages(images)
      },
    } as const
    const made = await runImageCalls(chat.images, options, service.calls)
    exchange.facts.bedrockRequestId = made.bedrockRequestId
    return made
  }

  async #toPictures(images: readonly ReadImage[]): Promise<readonly ReplyPicture[]> {
    const { exchange, chat, service } = this.#options
    if (chat.output !== 'markdown-url') return images.map((image) => this.#toInline(image))
    const urls = await toLinkUrls(images, exchange, service)
    return urls.map((url) => ({ type: 'link', url }))
  }

  #toInline({ format, bytes }: ReadImage): ReplyPicture {
    return { type: this.#options.chat.output === 'images' ? 'image' : 'markdown', format, ascii: bytes }
  }

  #end(): void {
    this.#stop.abort()
    this.#writer?.stop()
  }
}
