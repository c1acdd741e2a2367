import type { RefusedByMain, TaskRefusal } from '../src/aws/asking-task.js'
import type {
  ChatBodyAnswer,
  ChatBodyQuestion,
  ChatBodyTask,
  PreparedChatBody,
} from '../src/aws/chat-body-task.js'
import { imageUseOf } from '../src/openai/parse-image-chat.js'
import { parseModel } from '../src/openai/parse-json.js'
import { parseBody } from '../src/parse-body.js'
import { findUnexplainedCalls, isStreamedToolRound, parseChat, translateChat } from '../src/prepare-chat.js'
import type { KeptReasoning } from '../src/translate/policy.js'
import { type Asker, answerTask } from './asking.js'
import { encodeBody, moveBody } from './move-body.js'
import { prepareImageChat } from './prepare-image-chat.js'
import { prepareMedia } from './prepare-media.js'

/**
 * Parses and translates one chat away from the event loop: a large one, or one with images and files. The model's name goes
 * back over `port`, because only the main thread knows the catalogue; the result is the finished body with its hash. Where the
 * main thread closes the port the task is broken off.
 */
export function prepareChatBody(task: ChatBodyTask): Promise<PreparedChatBody | TaskRefusal | RefusedByMain> {
  return answerTask<ChatBodyQuestion, ChatBodyAnswer, PreparedChatBody>(task.port, async (asker) => {
    const { ask, signal } = asker
    const body = parseBody(task.parts)
    const model = await ask({
      type: 'model',
      // Checked here: what is no name may be as large as the body, and the main thread would have to read it.
      name: parseModel(body['model'], 'model'),
      toolRound: isStreamedToolRound(body),
      use: imageUseOf(body),
    })
    if (model.type === 'thoughts') throw new TypeError('asked for a model')
    if (model.type === 'image-model') {
      const { policy, media, imagesMax } = task
      return prepareImageChat(body, { target: model.target, policy, media, imagesMax, signal })
    }
    const { target, lessons } = model
    const request = parseChat(body, target)
    const media = await prepareMedia(request, target, task.media, { signal })
    const keptReasoning = await askForThoughts(asker, findUnexplainedCalls(request))
    const chat = translateChat(request, { target, policy: task.policy, media, keptReasoning, lessons })
    const { body: bytes, payloadHash } = encodeBody(chat.body as string)
    return moveBody({ type: 'prepared', chat: { ...chat, body: bytes, payloadHash } }, bytes)
  })
}

async function askForThoughts(
  { ask }: Asker<ChatBodyQuestion, ChatBodyAnswer>,
  toolCallIds: readonly string[],
): Promise<KeptReasoning> {
  if (toolCallIds.length === 0) return {}
  const thoughts = await ask({ type: 'thoughts', toolCallIds })
  return thoughts.type === 'thoughts' ? thoughts.kept : {}
}
