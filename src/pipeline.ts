import type { BedrockClient } from './aws/bedrock-client.js'
import { GatewayError } from './errors.js'
import type { Exchange } from './http/exchange.js'
import type { ImageService } from './images/handle-images.js'
import { replyWithPictures } from './images/reply-with-pictures.js'
import { type ChatReceiver, receiveChat } from './receive-chat.js'
import { StreamRelay } from './relay/stream-relay.js'
import { WholeReply } from './relay/whole-reply.js'
import type { StreamRegistry } from './stream-registry.js'

/** What one chat needs of the rest of the daemon. */
export interface Pipeline {
  readonly receiver: ChatReceiver
  readonly bedrock: BedrockClient
  /** For chats that name an image model. */
  readonly images: ImageService
  readonly registry: StreamRegistry
  readonly limits: ChatLimits
  /** Monotonic milliseconds. */
  readonly now: () => number
  /** Seconds since the epoch. */
  readonly epochSeconds: () => number
}

export interface ChatLimits {
  readonly streamsMax: number
  readonly pingMs: number
  readonly streamSilenceMs: number
  readonly writeStallMs: number
  readonly upstreamMs: number
  readonly streamBufferBytesMax: number
}

/**
 * The hot path of `POST /chat/completions`, top to bottom:
 *
 *   request in → authenticate → resolve → translate        `receiveChat`, before AWS is asked anything
 *   → sign and send                                         `bedrock.send`
 *   → decode → translate back → out                         `StreamRelay` (or `WholeReply`), one write per read
 *
 * Everything that can be wrong with a request is refused before the call. A stream's 200 is committed when Bedrock's own
 * headers are there, so that a throttle is a real 429. A chat that names an image model leaves after `receiveChat`.
 */
export async function handleChat(exchange: Exchange, pipeline: Pipeline): Promise<void> {
  // Whether an error belongs into a stream is seen in the body only: then it is read first.
  if (!pipeline.receiver.toolRoundErrorsInStream) requireRoom(pipeline)
  const chat = await receiveChat(exchange, pipeline.receiver)
  exchange.releaseBody()
  if (exchange.over) return
  // Others may have started while this body came in.
  requireRoom(pipeline)
  if (chat.type === 'image') return replyWithPictures({ exchange, chat }, pipeline)
  exchange.facts.model = chat.target.id
  exchange.facts.region = chat.target.region
  exchange.facts.sanitized = chat.sanitized
  exchange.dropped = chat.dropped

  const head = {
    id: `chatcmpl-${exchange.requestId}`,
    created: pipeline.epochSeconds(),
    model: chat.target.requested,
  }
  const { target, plan, choices, upstreamStreams } = chat
  // Without the body: what is under way for minutes does not hold what it was asked.
  const options = { exchange, chat: { target, plan, choices, upstreamStreams }, head, pipeline }
  const relay = chat.stream ? new StreamRelay(options) : new WholeReply(options)
  const { body, payloadHash, headers, ownFields, dropsParams } = chat
  const call = { target, stream: upstreamStreams, body, payloadHash, headers, ownFields, dropsParams }
  relay.start((handler) => pipeline.bedrock.send(call, handler))
}

function requireRoom({ registry, limits }: Pipeline): void {
  if (registry.size < limits.streamsMax) return
  throw new GatewayError(
    'overloaded',
    `This gateway serves ${limits.streamsMax} chats at once (BEDROCKD_STREAMS_MAX).`,
  )
}
