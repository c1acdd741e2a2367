import { once } from 'node:events'
import type { MessagePort } from 'node:worker_threads'
import type {
  ChatBodyAnswer,
  ChatBodyQuestion,
  ChatBodyResult,
  ChatBodyTask,
} from '../src/aws/chat-body-task.js'
import { toGatewayError } from '../src/errors.js'
import {
  findUnexplainedCalls,
  isStreamedToolRound,
  parseChat,
  parseChatBody,
  readModel,
  translateChat,
} from '../src/prepare-chat.js'
import { encodeBody, moveBody } from './move-body.js'
import { prepareMedia } from './prepare-media.js'

export { takeOutParameter } from './take-out-parameter.js'

/**
 * Parses and translates one chat away from the event loop: a large one, or one with images and files. The model's name goes
 * back over `port`, because only the main thread knows the catalogue; the result is the finished body with its hash. Where the
 * main thread closes the port the task is broken off.
 */
export default async function prepareChatBody(task: ChatBodyTask): Promise<ChatBodyResult> {
  const { port } = task
  const { signal } = whileOpen(port)
  let toolRound = false
  try {
    const body = parseChatBody(task.parts)
    toolRound = isStreamedToolRound(body)
    const model = await ask({ port, signal }, { type: 'model', name: readModel(body) })
    if (model.type !== 'model') return { type: 'refused-by-main', toolRound }
    const { target, lessons } = model
    const request = parseChat(body, target)
    const media = await prepareMedia(request, target, task.media, { signal })
    const toolCallIds = findUnexplainedCalls(request)
    const thoughts =
      toolCallIds.length === 0 ? null : await ask({ port, signal }, { type: 'thoughts', toolCallIds })
    const keptReasoning = thoughts?.type === 'thoughts' ? thoughts.kept : {}
    const chat = translateChat(request, { target, policy: task.policy, media, keptReasoning, lessons })
    const { body: bytes, payloadHash } = encodeBody(chat.body as string)
    return moveBody({ type: 'prepared', chat: { ...chat, body: bytes, payloadHash }, toolRound }, bytes)
  } catch (error) {
    const { code, message, param } = toGatewayError(error)
    return { type: 'refused', code, message, param, toolRound }
  } finally {
    port.close()
  }
}

/** Aborts when the main thread closes its end: the client is gone, and an answer never comes. */
function whileOpen(port: MessagePort): AbortController {
  const open = new AbortController()
  port.once('close', () => open.abort())
  return open
}

async function ask(
  { port, signal }: { readonly port: MessagePort; readonly signal: AbortSignal },
  question: ChatBodyQuestion,
): Promise<ChatBodyAnswer> {
  const answered = once(port, 'message', { signal }) as Promise<[ChatBodyAnswer]>
  port.postMessage(question)
  return (await answered)[0]
}
