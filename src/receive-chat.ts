import { runAskingTask } from './aws/asking-task.js'
import type {
  ChatBodyAnswer,
  ChatBodyPolicy,
  ChatBodyQuestion,
  MediaPolicy,
  PreparedChatBody,
} from './aws/chat-body-task.js'
import type { BodiesPool } from './aws/worker-pool.js'
import type { Catalog, ChatTarget } from './catalog/types.js'
import type { Exchange } from './http/exchange.js'
import { requireJson } from './http/require-json.js'
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
import { requireChatTarget } from './require-model.js'
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
}

const NO_MEDIA: MediaBlocks = new Map()

/** Reads one chat request to the end and makes it ready to send. Throws a `GatewayError` for everything that is wrong with it. */
export async function receiveChat(exchange: Exchange, receiver: ChatReceiver): Promise<PreparedChat> {
  requireJson(exchange)
  const parts = await exchange.readBody(receiver.bodyBytesMax)
  const bytes = parts.reduce((sum, part) => sum + part.length, 0)
  if (bytes > receiver.bodyInlineBytesMax) return prepareInWorker(parts, exchange, receiver)
  const body = parseBody(parts)
  exchange.errorsInStream = receiver.toolRoundErrorsInStream && isStreamedToolRound(body)
  const target = resolveTarget(parseModel(body['model'], 'model'), receiver)
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

function resolveTarget(name: string, { catalog, onUnlisted }: ChatReceiver): ChatTarget {
  const resolution = catalog().resolve(name)
  if (resolution.type === 'unlisted' || resolution.type === 'unknown') onUnlisted()
  return requireChatTarget(name, resolution)
}

async function prepareInWorker(
  parts: readonly Buffer[],
  exchange: Exchange,
  receiver: ChatReceiver,
): Promise<PreparedChat> {
  const { policy, media } = receiver
  const more: ChatBodyPolicy = { policy, media }
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
  const target = resolveTarget(parseModel(question.name, 'model'), receiver)
  return { type: 'model', target, lessons: receiver.lessonsOf(target) }
}
