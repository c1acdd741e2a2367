import { MessageChannel } from 'node:worker_threads'
import type { ChatBodyAnswer, ChatBodyQuestion, ChatBodyResult, MediaPolicy } from './aws/chat-body-task.js'
import type { BodiesPool } from './aws/worker-pool.js'
import type { Catalog, ModelTarget } from './catalog/types.js'
import { GatewayError } from './errors.js'
import type { Exchange } from './http/exchange.js'
import {
  findUnexplainedCalls,
  hasMedia,
  isStreamedToolRound,
  type PreparedChat,
  parseChat,
  parseChatBody,
  readModel,
  requireChatTarget,
  translateChat,
} from './prepare-chat.js'
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
  readonly lessonsOf: (target: ModelTarget) => readonly string[]
  readonly thoughts: ThoughtStore
  /** Errors of a streamed tool round go into the stream. */
  readonly toolRoundErrorsInStream: boolean
}

const NO_MEDIA: MediaBlocks = new Map()

/** Reads one chat request to the end and makes it ready to send. Throws a `GatewayError` for everything that is wrong with it. */
export async function receiveChat(exchange: Exchange, receiver: ChatReceiver): Promise<PreparedChat> {
  requireJson(exchange.contentType)
  const parts = await exchange.readBody(receiver.bodyBytesMax)
  const bytes = parts.reduce((sum, part) => sum + part.length, 0)
  if (bytes > receiver.bodyInlineBytesMax) return prepareInWorker(parts, exchange, receiver)
  const body = parseChatBody(parts)
  exchange.errorsInStream = receiver.toolRoundErrorsInStream && isStreamedToolRound(body)
  const target = resolveTarget(readModel(body), receiver)
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

function resolveTarget(name: string, { catalog, onUnlisted }: ChatReceiver): ModelTarget {
  const resolution = catalog().resolve(name)
  if (resolution.type === 'unlisted' || resolution.type === 'unknown') onUnlisted()
  return requireChatTarget(name, resolution)
}

/** A browser's form post must not reach a keyless loopback daemon: JSON routes take JSON, or no content type. */
function requireJson(contentType: string): void {
  if (contentType === '' || /^application\/json *(;|$)/i.test(contentType)) return
  throw new GatewayError('unsupported_media_type', 'The content-type must be application/json.')
}

async function prepareInWorker(
  parts: readonly Buffer[],
  exchange: Exchange,
  receiver: ChatReceiver,
): Promise<PreparedChat> {
  const { port1, port2 } = new MessageChannel()
  let refusal: unknown = null
  port1.on('message', (question: ChatBodyQuestion) => {
    try {
      port1.postMessage(toAnswer(question, receiver))
    } catch (error) {
      refusal = error
      port1.postMessage({ type: 'refused' } satisfies ChatBodyAnswer)
    }
  })
  // The worker breaks off: what it fetches and scales is for nobody.
  exchange.onClientGone = () => port1.close()
  try {
    const { policy, media } = receiver
    const transferList = [port2, ...parts.map((part) => part.buffer as ArrayBuffer)]
    const task = { parts, port: port2, policy, media }
    const result = (await receiver.bodies.run(task, { transferList })) as ChatBodyResult
    exchange.errorsInStream = receiver.toolRoundErrorsInStream && result.toolRound
    if (result.type === 'refused-by-main') throw refusal
    if (result.type === 'prepared') return result.chat
    throw new GatewayError(result.code, result.message, { param: result.param })
  } finally {
    exchange.onClientGone = null
    port1.close()
  }
}

/** What only the main thread knows. Throws the refusal of the model. */
function toAnswer(question: ChatBodyQuestion, receiver: ChatReceiver): ChatBodyAnswer {
  if (question.type === 'thoughts') {
    return { type: 'thoughts', kept: receiver.thoughts.find(question.toolCallIds) }
  }
  const target = resolveTarget(question.name, receiver)
  return { type: 'model', target, lessons: receiver.lessonsOf(target) }
}
