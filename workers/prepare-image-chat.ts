import type { ChatBodyPolicy, PreparedChatBody } from '../src/aws/chat-body-task.js'
import type { ImageTarget } from '../src/catalog/types.js'
import { toImageChatError } from '../src/images/image-chat-errors.js'
import type { Fields } from '../src/openai/fields.js'
import type { ChatPicture } from '../src/openai/parse-image-chat.js'
import { readImageChat, toPreparedImageChat, translateImageChat } from '../src/prepare-image-chat.js'
import type { EditSource } from './edit-body.js'
import { makeEditCalls } from './edit-calls.js'
import { moveBody } from './move-body.js'
import { sourceOf } from './prepare-media.js'

export interface ImageChatOptions extends ChatBodyPolicy {
  readonly target: ImageTarget
  /** Aborts when nobody waits for the chat any more. */
  readonly signal: AbortSignal
}

/** Makes a chat with an image model ready to be sent, pictures of the last user message read. Throws a `GatewayError`. */
export async function prepareImageChat(body: Fields, options: ImageChatOptions): Promise<PreparedChatBody> {
  const { target, policy, media, imagesMax, signal } = options
  const chatPolicy = { ...policy, imagesMax }
  const chat = readImageChat(body, target, chatPolicy)
  const { request, pictures } = chat
  if (pictures.length === 0) {
    return { type: 'prepared', chat: translateImageChat(chat, target, chatPolicy) }
  }
  try {
    const sources = { images: pictures.map(toEditSource), mask: null }
    const made = await makeEditCalls({ target, request, sources, policy, media, signal })
    const bodies = made.calls.map(({ body: bytes }) => bytes)
    return moveBody({ type: 'prepared', chat: toPreparedImageChat(chat, target, made) }, ...bodies)
  } catch (error) {
    throw toImageChatError(error)
  }
}

function toEditSource({ part, param }: ChatPicture): EditSource {
  return sourceOf(part, param)
}
