import type { Exchange } from '../http/exchange.js'
import type { PreparedImageChat } from '../prepare-image-chat.js'
import type { StreamRegistry } from '../stream-registry.js'
import type { ImageService } from './handle-images.js'
import { ImageChatReply } from './image-chat-reply.js'

/** What the reply of such a chat needs of the rest of the daemon. */
export interface ImageChatReplier {
  readonly images: ImageService
  readonly registry: StreamRegistry
}

/**
 * Makes the pictures that a chat asks for and sends them as its answer. Counts as a chat and as an image request. Throws what
 * went wrong before the reply began.
 */
export async function replyWithPictures(
  { exchange, chat }: { readonly exchange: Exchange; readonly chat: PreparedImageChat },
  { images: service, registry }: ImageChatReplier,
): Promise<void> {
  const leave = service.gate.enter()
  const { target, dropped } = chat.images
  exchange.facts.model = target.id
  exchange.facts.region = target.region
  exchange.dropped = dropped
  const head = {
    id: `chatcmpl-${exchange.requestId}`,
    created: service.epochSeconds(),
    model: target.requested,
  }
  const reply = new ImageChatReply({ exchange, chat, head, service })
  registry.add(reply)
  try {
    await reply.run()
  } finally {
    registry.remove(reply)
    leave()
  }
}
