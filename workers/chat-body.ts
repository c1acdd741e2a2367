import { createHash } from 'node:crypto'
import { once } from 'node:events'
import type { MessagePort } from 'node:worker_threads'
import { move, transferableSymbol, valueSymbol } from 'piscina'
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
import { prepareMedia } from './prepare-media.js'

/**
 * Parses and translates one chat away from the event loop: a large one, or one with images and files. The model's name goes
 * back over `port`, because only the main thread knows the catalogue; the result is the finished body with its hash.
 */
export default async function prepareChatBody(task: ChatBodyTask): Promise<ChatBodyResult> {
  const { port } = task
  let toolRound = false
  try {
    const body = parseChatBody(task.parts)
    toolRound = isStreamedToolRound(body)
    const model = await ask(port, { type: 'model', name: readModel(body) })
    if (model.type !== 'model') return { type: 'refused-by-main', toolRound }
    const { target, lessons } = model
    const request = parseChat(body, target)
    const media = await prepareMedia(request, target, task.media)
    const toolCallIds = findUnexplainedCalls(request)
    const thoughts = toolCallIds.length === 0 ? null : await ask(port, { type: 'thoughts', toolCallIds })
    const keptReasoning = thoughts?.type === 'thoughts' ? thoughts.kept : {}
    const chat = translateChat(request, { target, policy: task.policy, media, keptReasoning, lessons })
    // Not from Node's shared pool, which can't move: a large request may well become a small body.
    const bytes = new TextEncoder().encode(chat.body as string)
    const payloadHash = createHash('sha256').update(bytes).digest('hex')
    return moveBody({ type: 'prepared', chat: { ...chat, body: bytes, payloadHash }, toolRound }, bytes)
  } catch (error) {
    const { code, message, param } = toGatewayError(error)
    return { type: 'refused', code, message, param, toolRound }
  } finally {
    port.close()
  }
}

/** Copying the body would be the main thread's work, as part of reading the result: 10 ms and more for 20 MB. */
function moveBody(result: ChatBodyResult, body: Uint8Array): ChatBodyResult {
  // Piscina unpacks it: the main thread gets `result`.
  return move({ [transferableSymbol]: [body.buffer], [valueSymbol]: result }) as unknown as ChatBodyResult
}

async function ask(port: MessagePort, question: ChatBodyQuestion): Promise<ChatBodyAnswer> {
  const answered = once(port, 'message') as Promise<[ChatBodyAnswer]>
  port.postMessage(question)
  return (await answered)[0]
}
