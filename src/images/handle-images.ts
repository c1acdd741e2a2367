import type { Exchange, PictureKind } from '../http/exchange.js'
import type { ImageEventType } from '../openai/images-response.js'
import { type ImageReceiver, receiveImageEdit, receiveImageGeneration } from './receive-images.js'
import type { ImageReplier } from './reply-images.js'
import { replyImages } from './reply-images.js'
import type { RequestGate } from './request-gate.js'
import { streamImages } from './stream-images.js'
import type { PreparedImages } from './tasks.js'

/** What image requests need of the rest of the daemon. */
export interface ImageService extends ImageReplier {
  readonly gate: RequestGate
  readonly receiver: ImageReceiver
  /** Of one picture in a streamed chat. */
  readonly chatImageBytesMax: number
}

interface Endpoint {
  readonly receive: (exchange: Exchange, receiver: ImageReceiver) => Promise<PreparedImages>
  readonly kind: PictureKind
  /** What its streams are made of. */
  readonly event: ImageEventType
}

const GENERATIONS: Endpoint = {
  receive: receiveImageGeneration,
  kind: 'generation',
  event: 'image_generation.completed',
}
const EDITS: Endpoint = { receive: receiveImageEdit, kind: 'edit', event: 'image_edit.completed' }

/** `POST /images/generations`. */
export function handleImageGeneration(exchange: Exchange, service: ImageService): Promise<void> {
  return answer(exchange, service, GENERATIONS)
}

/** `POST /images/edits`. */
export function handleImageEdit(exchange: Exchange, service: ImageService): Promise<void> {
  return answer(exchange, service, EDITS)
}

/**
 * One image request, top to bottom:
 *
 *   room → read → resolve → translate     `receive`, before AWS is asked anything
 *   → calls side by side → pictures       `runImageCalls`, read in workers
 *   → out                                 `replyImages`, or `streamImages` each as it comes
 */
async function answer(
  exchange: Exchange,
  service: ImageService,
  { receive, kind, event }: Endpoint,
): Promise<void> {
  const leave = service.gate.enter()
  try {
    const prepared = await receive(exchange, service.receiver)
    exchange.releaseBody()
    if (exchange.over) return
    exchange.facts.model = prepared.target.id
    exchange.facts.region = prepared.target.region
    exchange.dropped = prepared.dropped
    if (prepared.request.stream) await streamImages({ exchange, prepared, kind, event, replier: service })
    else await replyImages({ exchange, prepared, kind }, service)
  } finally {
    leave()
  }
}
