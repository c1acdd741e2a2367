import { createHash } from 'node:crypto'
import type { MessagePort } from 'node:worker_threads'
import { move, transferableSymbol, valueSymbol } from 'piscina'
import type { ChatBodyAnswer, ChatBodyResult, ChatBodyTask } from '../src/aws/chat-body-task.js'
import { toGatewayError } from '../src/errors.js'
import { parseChatBody, translateChat } from '../src/prepare-chat.js'

/**
 * Parses and translates one large chat body away from the event loop. The model's name goes back over `port`, because only
 * the main thread knows the catalogue; its answer is the target, and the result is the finished Converse body with its hash.
 */
export default async function prepareChatBody({ parts, port }: ChatBodyTask): Promise<ChatBodyResult> {
  try {
    const request = parseChatBody(parts)
    const answer = await ask(port, request.model)
    if (answer.type === 'refused') return { type: 'refused-by-main' }
    const chat = translateChat(request, answer.target)
    // Not from Node's shared pool, which can't move: a large request may well become a small body.
    const body = new TextEncoder().encode(chat.body as string)
    const payloadHash = createHash('sha256').update(body).digest('hex')
    return moveBody({ type: 'prepared', chat: { ...chat, body, payloadHash } }, body)
  } catch (error) {
    const { code, message, param } = toGatewayError(error)
    return { type: 'refused', code, message, param }
  } finally {
    port.close()
  }
}

/** Copying the body would be the main thread's work, as part of reading the result: 10 ms and more for 20 MB. */
function moveBody(result: ChatBodyResult, body: Uint8Array): ChatBodyResult {
  // Piscina unpacks it: the main thread gets `result`.
  return move({ [transferableSymbol]: [body.buffer], [valueSymbol]: result }) as unknown as ChatBodyResult
}

function ask(port: MessagePort, model: string): Promise<ChatBodyAnswer> {
  return new Promise((resolve) => {
    port.once('message', resolve)
    port.postMessage({ model })
  })
}
