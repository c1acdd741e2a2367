import type { Exchange } from '../http/exchange.js'
import { type ImageEventType, toImageEvent } from '../openai/images-response.js'
import { EventWriter } from './event-writer.js'
import type { ImageReplier } from './reply-images.js'
import { runImageCalls } from './run-calls.js'
import type { PreparedImages, ReadImage } from './tasks.js'

/**
 * Makes the pictures of one request and sends each as soon as it is there: one event for each, then `[DONE]`. A failure is
 * a status of its own until the first picture (or ping) committed the 200, afterwards the last event. Always base64, as
 * OpenAI's events are.
 */
export async function streamImages(
  {
    exchange,
    prepared,
    event,
  }: { readonly exchange: Exchange; readonly prepared: PreparedImages; readonly event: ImageEventType },
  { calls, pingMs, writeStallMs, now, epochSeconds }: ImageReplier,
): Promise<void> {
  const { request, dropped } = prepared
  const gone = new AbortController()
  const writer = new EventWriter({ exchange, pingMs, writeStallMs, now })
  exchange.onClientGone = () => {
    gone.abort()
    writer.stop()
  }
  const onImages = (images: readonly ReadImage[]): void => {
    exchange.facts.firstByteMs ??= now() - exchange.startedAtMs
    const head = { created: epochSeconds(), request, dropped }
    for (const { bytes, ...image } of images) {
      writer.write(toImageEvent(event, head, { ...image, ascii: bytes }))
    }
  }
  const options = { signal: gone.signal, encoding: 'base64', bytesMax: null, onImages } as const
  try {
    const made = await runImageCalls(prepared, options, calls)
    exchange.facts.bedrockRequestId = made.bedrockRequestId
    await writer.end()
  } catch (error) {
    await writer.fail(error)
  } finally {
    gone.abort()
  }
}
