import { MessageChannel } from 'node:worker_threads'
import type { ChatBodyAnswer, ChatBodyQuestion, ChatBodyResult } from './aws/chat-body-task.js'
import type { BodiesPool } from './aws/worker-pool.js'
import type { Catalog, ModelTarget } from './catalog/types.js'
import { GatewayError } from './errors.js'
import type { Exchange } from './http/exchange.js'
import { type PreparedChat, parseChatBody, requireChatTarget, translateChat } from './prepare-chat.js'

export interface ChatReceiver {
  readonly bodyBytesMax: number
  /** Above this a body is parsed and translated in a worker. */
  readonly bodyInlineBytesMax: number
  readonly catalog: () => Catalog
  /** Called for names the snapshot does not hold: a refresh may know them. */
  readonly onUnlisted: () => void
  readonly bodies: BodiesPool
}

/** Reads one chat request to the end and makes it ready to send. Throws a `GatewayError` for everything that is wrong with it. */
export async function receiveChat(exchange: Exchange, receiver: ChatReceiver): Promise<PreparedChat> {
  requireJson(exchange.contentType)
  const parts = await exchange.readBody(receiver.bodyBytesMax)
  const resolve = (name: string): ModelTarget => {
    const resolution = receiver.catalog().resolve(name)
    if (resolution.type === 'unlisted' || resolution.type === 'unknown') receiver.onUnlisted()
    return requireChatTarget(name, resolution)
  }
  const bytes = parts.reduce((sum, part) => sum + part.length, 0)
  if (bytes > receiver.bodyInlineBytesMax) return prepareInWorker(parts, resolve, receiver.bodies)
  const request = parseChatBody(parts)
  return translateChat(request, resolve(request.model))
}

/** A browser's form post must not reach a keyless loopback daemon: JSON routes take JSON, or no content type. */
function requireJson(contentType: string): void {
  if (contentType === '' || /^application\/json *(;|$)/i.test(contentType)) return
  throw new GatewayError('unsupported_media_type', 'The content-type must be application/json.')
}

async function prepareInWorker(
  parts: readonly Buffer[],
  resolve: (name: string) => ModelTarget,
  bodies: BodiesPool,
): Promise<PreparedChat> {
  const { port1, port2 } = new MessageChannel()
  let refusal: unknown = null
  port1.on('message', ({ model }: ChatBodyQuestion) => {
    port1.postMessage(tryResolve(model))
  })
  const tryResolve = (model: string): ChatBodyAnswer => {
    try {
      return { type: 'found', target: resolve(model) }
    } catch (error) {
      refusal = error
      return { type: 'refused' }
    }
  }
  try {
    const transferList = [port2, ...parts.map((part) => part.buffer as ArrayBuffer)]
    const result = (await bodies.run({ parts, port: port2 }, { transferList })) as ChatBodyResult
    if (result.type === 'prepared') return result.chat
    if (result.type === 'refused-by-main') throw refusal
    throw new GatewayError(result.code, result.message, { param: result.param })
  } finally {
    port1.close()
  }
}
