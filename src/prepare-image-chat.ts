import type { ImageTarget } from './catalog/types.js'
import { GatewayError } from './errors.js'
import { toImageChatError } from './images/image-chat-errors.js'
import type { PreparedImages } from './images/tasks.js'
import type { Fields } from './openai/fields.js'
import { type ImageChat, type ImageOutput, parseImageChat } from './openai/parse-image-chat.js'
import { withDefaults } from './openai/with-defaults.js'
import { withoutNeutral } from './translate/image-chat.js'
import { imageAdapterOf } from './translate/image-models/image-adapter-of.js'
import { type ImagePolicy, toImageCalls } from './translate/image-models/to-image-calls.js'

/** A chat with an image model, ready to be sent to Bedrock. Plain data: it may come from a worker. */
export interface PreparedImageChat {
  readonly type: 'image'
  readonly images: PreparedImages
  readonly output: ImageOutput
  /** The client asked for a stream. */
  readonly stream: boolean
  /** `stream_options.include_usage`. */
  readonly includeUsage: boolean
}

/** What the operator says of such chats. */
export interface ImageChatPolicy extends ImagePolicy {
  /** Largest `n`. */
  readonly imagesMax: number
}

/**
 * Members of a chat that names an image model → checked request. What the alias sets holds where the client says nothing. Throws
 * a `GatewayError`.
 */
export function readImageChat(body: Fields, target: ImageTarget, policy: ImageChatPolicy): ImageChat {
  const { defaults } = target
  const chat = parseImageChat(defaults === null ? body : withDefaults(body, defaults.parameters), policy)
  if (chat.pictures.length === 0 && !imageAdapterOf(target).generates) throw needsPicture()
  return { ...chat, request: { ...chat.request, others: withoutNeutral(chat.request.others) } }
}

/** A chat without pictures, ready to be sent. Throws a `GatewayError` for what can't be said to the model. */
export function translateImageChat(
  chat: ImageChat,
  target: ImageTarget,
  policy: ImageChatPolicy,
): PreparedImageChat {
  return inChatWords(() => {
    const { calls, ...others } = toImageCalls(chat.request, { target, edit: null, policy })
    const said = calls.map(({ body, count }) => ({ body: JSON.stringify(body), payloadHash: null, count }))
    return toPreparedImageChat(chat, target, { calls: said, ...others })
  })
}

/** The chat beside the calls that it became. */
export function toPreparedImageChat(
  { request, output, stream, includeUsage }: ImageChat,
  target: ImageTarget,
  { calls, guardrail, dropped }: Pick<PreparedImages, 'calls' | 'guardrail' | 'dropped'>,
): PreparedImageChat {
  // The calls say it all: whatever else a client sent need not go from thread to thread.
  const shortened = { ...request, others: {} }
  const images = { type: 'prepared', target, request: shortened, calls, guardrail, dropped } as const
  return { type: 'image', images, output, stream, includeUsage }
}

function inChatWords<Value>(make: () => Value): Value {
  try {
    return make()
  } catch (error) {
    throw toImageChatError(error)
  }
}

function needsPicture(): GatewayError {
  return new GatewayError(
    'unsupported',
    'messages must hold a picture: this model edits pictures, so attach one to the last user message.',
    { param: 'messages' },
  )
}
