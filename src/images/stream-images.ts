import type { StreamInfo } from '../admin/types.js'
import { drainingError } from '../errors.js'
import type { Exchange, PictureKind } from '../http/exchange.js'
import { type ImageEventType, toImageEvent } from '../openai/images-response.js'
import { toStreamInfo, type Watched } from '../stream-registry.js'
import { EventWriter } from './event-writer.js'
import { notePictures } from './note-pictures.js'
import type { ImageReplier } from './reply-images.js'
import { runImageCalls } from './run-calls.js'
import type { PreparedImages, ReadImage } from './tasks.js'

export interface ImageStreamOptions {
  readonly exchange: Exchange
  readonly prepared: PreparedImages
  readonly kind: PictureKind
  /** What the stream is made of. */
  readonly event: ImageEventType
  readonly replier: ImageReplier
}

/**
 * Makes the pictures of one request and sends each as soon as it is there: one event for each, then `[DONE]`. A failure is
 * a status of its own until the first picture (or ping) committed the 200, afterwards the last event. Always base64, as
 * OpenAI's events are.
 */
export async function streamImages(options: ImageStreamOptions): Promise<void> {
  const { registry } = options.replier
  const stream = new ImageStream(options)
  registry.add(stream)
  try {
    await stream.run()
  } finally {
    registry.remove(stream)
  }
}

class ImageStream implements Watched {
  place = -1
  readonly #options: ImageStreamOptions
  /** Aborts the calls: the client went away, or the daemon goes down. */
  readonly #stop = new AbortController()
  readonly #writer: EventWriter
  /** Monotonic milliseconds of the last picture. */
  #heardAtMs: number
  #picturesTotal = 0

  constructor(options: ImageStreamOptions) {
    const { exchange, replier } = options
    const { pingMs, writeStallMs, now } = replier
    this.#options = options
    this.#writer = new EventWriter({ exchange, pingMs, writeStallMs, now })
    this.#heardAtMs = now()
  }

  async run(): Promise<void> {
    const { exchange, prepared, replier } = this.#options
    exchange.onClientGone = () => this.#end()
    const onImages = (images: readonly ReadImage[]): void => this.#write(images)
    const options = { signal: this.#stop.signal, encoding: 'base64', bytesMax: null, onImages } as const
    try {
      const made = await runImageCalls(prepared, options, replier.calls)
      exchange.facts.bedrockRequestId = made.bedrockRequestId
      await this.#writer.end()
    } catch (error) {
      await this.#writer.fail(error)
    } finally {
      this.#stop.abort()
    }
  }

  sweep(nowMs: number): void {
    this.#writer.sweep(nowMs)
  }

  shutDown(): void {
    this.#end()
    this.#options.exchange.replyError(drainingError())
  }

  describe(nowMs: number): StreamInfo {
    const { exchange, prepared } = this.#options
    const { bytesTotal, paused } = this.#writer
    const progress = { events: this.#picturesTotal, bytes: bytesTotal, paused }
    return toStreamInfo(exchange, prepared.target, { nowMs, heardAtMs: this.#heardAtMs, ...progress })
  }

  #write(images: readonly ReadImage[]): void {
    const { exchange, prepared, kind, event, replier } = this.#options
    const { request, dropped } = prepared
    notePictures(exchange, kind, images.length)
    this.#heardAtMs = replier.now()
    this.#picturesTotal += images.length
    exchange.facts.firstByteMs ??= this.#heardAtMs - exchange.startedAtMs
    const head = { created: replier.epochSeconds(), request, dropped }
    for (const { bytes, ...image } of images) {
      this.#writer.write(toImageEvent(event, head, { ...image, ascii: bytes }))
    }
  }

  #end(): void {
    this.#stop.abort()
    this.#writer.stop()
  }
}
