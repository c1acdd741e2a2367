import type { RefusedByMain, TaskRefusal } from '../src/aws/asking-task.js'
import type { MediaPolicy } from '../src/aws/chat-body-task.js'
import { readImageRequest } from '../src/images/read-image-request.js'
import { toImageModelName } from '../src/images/resolve-image-target.js'
import type {
  ImageModelAnswer,
  ImageModelQuestion,
  PreparedImages,
  PrepareImageEditTask,
} from '../src/images/tasks.js'
import { answerTask } from './asking.js'
import { parseEditBody } from './edit-body.js'
import { makeEditCalls } from './edit-calls.js'
import { moveBody } from './move-body.js'

/** Addresses are not fetched unless the task says how. */
const NO_ADDRESSES: MediaPolicy = { fetchUrls: false, fetchMs: 1, fetchBytesMax: 1 }

/**
 * Reads an image edit away from the event loop: a form or JSON with pictures becomes the InvokeModel calls. The model's name goes back over
 * `port`, because only the main thread knows the catalogue; where the main thread closes it the task is broken off.
 */
export function prepareImageEdit(
  task: PrepareImageEditTask,
): Promise<PreparedImages | TaskRefusal | RefusedByMain> {
  return answerTask<ImageModelQuestion, ImageModelAnswer, PreparedImages>(
    task.port,
    async ({ ask, signal }) => {
      const { fields, ...sources } = await parseEditBody(task.parts, task.contentType)
      const masked = sources.mask !== null
      const { target } = await ask({ type: 'model', name: toImageModelName(fields['model']), masked })
      const { imagesMax, media = NO_ADDRESSES } = task
      const request = readImageRequest(fields, target, { imagesMax })
      const made = await makeEditCalls({ target, request, sources, policy: task, media, signal })
      return moveBody({ type: 'prepared', target, request, ...made }, ...made.calls.map(({ body }) => body))
    },
  )
}
