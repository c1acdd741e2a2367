import { runAskingTask } from './aws/asking-task.js'
import type {
  ChatBodyAnswer,
  ChatBodyPolicy,
  ChatBodyQuestion,
  MediaPolicy,
  PreparedChatBody,
} from './aws/chat-body-task.js'
import type { BodiesPool } from './aws/worker-pool.js'
import type { ImageUse } from './catalog/image-names.js'
import type { Catalog, ChatTarget, ImageTarget } from './catalog/types.js'
import type { Exchange } from './http/exchange.js'
import { requireJson } from './http/require-json.js'
import { imageUseOf } from './openai/parse-image-chat.js'
import { parseModel } from './openai/parse-json.js'
import { parseBody } from './parse-body.js'
import {
  findUnexplainedCalls,
  hasMedia,
  isStreamedToolRound,
  type PreparedChat,
  parseChat,
  translateChat,
} from './prepare-chat.js'
import { type PreparedImageChat, readImageChat, translateImageChat } from './prepare-image-chat.js'
import { requireChatOrImageTarget, requireChatTarget } from './require-model.js'
import type { ThoughtStore } from './thought-store.js'
import type { MediaBlocks, TranslationPolicy } from './translate/policy.js'

export interface ChatReceiver {
  readonly bodyBytesMax: number
  /** Above this a body is parsed and translated in a worker. */
  readonly bodyInlineBytesMax: number
  readonly catalog: () => Catalog
  /** Called for names the snapshot does not hold: a refresh may know them. */
  readonly onUnlisted: () => void
  readonly bodies: BodiesPool
  readonly policy: TranslationPolicy
  readonly media: MediaPolicy
  /** Parameters that a model was seen to refuse. */
  readonly lessonsOf: (target: ChatTarget) => readonly string[]
  readonly thoughts: ThoughtStore
  /** Errors of a streamed tool round go into the stream. */
  readonly toolRoundErrorsInStream: boolean
  /** A chat may name an image model; false: it is refused. */
  readonly imagesInChat: boolean
  /** Largest `n` of such a chat. */
  readonly imagesMax: number
}

const NO_MEDIA: MediaBlocks = new Map()

/** Reads one chat request to the end and makes it ready to send. Throws a `GatewayError` for everything that is wrong with it. */
export async function receiveChat(
  exchange: Exchange,
  receiver: ChatReceiver,
): Promise<PreparedChat | PreparedImageChat> {
  requireJson(exchange)
  const parts = await exchange.readBody(receiver.bodyBytesMax)
  const bytes = parts.reduce((sum, part) => sum + part.length, 0)
  if (bytes > receiver.bodyInlineBytesMax) return prepareInWorker(parts, exchange, receiver)
  const body = parseBody(parts)
  exchange.errorsInStream = receiver.toolRoundErrorsInStream && isStreamedToolRound(body)
  const target = resolveTarget(parseModel(body['model'], 'model'), imageUseOf(body), receiver)
  if (target.kind === 'image') {
    const policy = { ...receiver.policy, imagesMax: receiver.imagesMax }
    const chat = readImageChat(body, target, policy)
    if (chat.pictures.length > 0) return prepareInWorker(parts, exchange, receiver)
    return translateImageChat(chat, target, policy)
  }
  const request = parseChat(body, target)
  if (hasMedia(request)) return prepareInWorker(parts, exchange, receiver)
  return translateChat(request, {
    target,
    policy: receiver.policy,
    media: NO_MEDIA,
    keptReasoning: receiver.thoughts.find(findUnexplainedCalls(request)),
    lessons: receiver.lessonsOf(target),
  })
}

function resolveTarget(
  name: string,
  use: ImageUse,
  { catalog, onUnlisted, imagesInChat }: ChatReceiver,
): ChatTarget | ImageTarget {
  const resolution = catalog().resolve(name, use)
  if (resolution.type === 'unlisted' || resolution.type === 'unknown') onUnlisted()
  return imagesInChat ? requireChatOrImageTarget(name, resolution) : requireChatTarget(name, resolution)
}

async function prepareInWorker(
  parts: readonly Buffer[],
  exchange: Exchange,
  receiver: ChatReceiver,
): Promise<PreparedChat | PreparedImageChat> {
  const { policy, media, imagesMax } = receiver
  const more: ChatBodyPolicy = { policy, media, imagesMax }
  const { chat } = await runAskingTask<ChatBodyQuestion, ChatBodyAnswer, PreparedChatBody>({
    exchange,
    pool: receiver.bodies,
    name: 'prepareChatBody',
    parts,
    more,
    answer: (question) => toAnswer(question, exchange, receiver),
  })
  return chat
}

/** What only the main thread knows. Throws the refusal of the model. */
function toAnswer(question: ChatBodyQuestion, exchange: Exchange, receiver: ChatReceiver): ChatBodyAnswer {
  if (question.type === 'thoughts') {
    return { type: 'thoughts', kept: receiver.thoughts.find(question.toolCallIds) }
  }
  exchange.errorsInStream = receiver.toolRoundErrorsInStream && question.toolRound
  const target = resolveTarget(parseModel(question.name, 'model'), question.use, receiver)
  if (target.kind === 'image') return { type: 'image-model', target }
  return { type: 'model', target, lessons: receiver.lessonsOf(target) }
}
