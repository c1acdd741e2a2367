import type { RefusedByMain, TaskRefusal } from '../src/aws/asking-task.js'
import type { MediaPolicy } from '../src/aws/chat-body-task.js'
import { GatewayError } from '../src/errors.js'
import type {
  ImageCall,
  ImageModelAnswer,
  ImageModelQuestion,
  PreparedImages,
  PrepareImageEditTask,
} from '../src/images/tasks.js'
import type { UploadedImage } from '../src/openai/image-types.js'
import { parseImageRequest } from '../src/openai/parse-image-request.js'
import { checkInputs } from '../src/translate/image-models/check-inputs.js'
import { imageAdapterOf } from '../src/translate/image-models/image-adapter-of.js'
import { type ImageCallBody, toImageCalls } from '../src/translate/image-models/to-image-calls.js'
import { answerTask } from './asking.js'
import { type EditBody, type EditSource, parseEditBody } from './edit-body.js'
import type { Uploads } from './edit-inputs.js'
import { createUrlFetcher, type UrlFetcher } from './fetch-url.js'
import { encodeBody, moveBody } from './move-body.js'
import { readSource } from './read-source.js'

/** Of an InvokeModel request (service model, shape Body). */
const CALL_BYTES_MAX = 25_000_000
/** Of all calls of one request together: each holds the pictures anew, and they are in memory at the same time. */
const CALLS_BYTES_MAX = 100_000_000
/** Of a call for what is not picture. */
const TEXT_BYTES = 500_000
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
      const { target } = await ask({ type: 'model', name: fields['model'] })
      const { imagesMax, dropParams } = task
      const request = parseImageRequest(fields, { imagesMax })
      const adapter = imageAdapterOf(target)
      checkInputs(adapter, request, { images: sources.images.length, masked: sources.mask !== null })
      const uploads = await readUploads(sources, task.media ?? NO_ADDRESSES, signal)
      // Most workers never see a picture: loading sharp takes 80 ms and 20 MB.
      const { toEditInputs } = await import('./edit-inputs.js')
      const calls = Math.ceil(request.count / adapter.imagesPerCall)
      const charactersMax = Math.min(CALL_BYTES_MAX, Math.floor(CALLS_BYTES_MAX / calls)) - TEXT_BYTES
      const edit = await toEditInputs(uploads, { adapter, request, charactersMax, signal })
      const said = toImageCalls(request, { target, edit, dropParams })
      const encoded = said.calls.map(encodeCall)
      return moveBody(
        { type: 'prepared', target, request, calls: encoded, dropped: said.dropped },
        ...encoded.map(({ body }) => body),
      )
    },
  )
}

/** The pictures' bytes, fetched where the client named an address. */
async function readUploads(
  { images, mask }: Pick<EditBody, 'images' | 'mask'>,
  media: MediaPolicy,
  signal: AbortSignal,
): Promise<Uploads> {
  const fetcher = createUrlFetcher(media)
  const breakOff = (): void => void fetcher.close()
  signal.addEventListener('abort', breakOff)
  try {
    signal.throwIfAborted()
    return {
      images: await Promise.all(images.map((image) => readUpload(image, fetcher))),
      mask: mask === null ? null : await readUpload(mask, fetcher),
    }
  } finally {
    signal.removeEventListener('abort', breakOff)
    await fetcher.close()
  }
}

async function readUpload({ param, source }: EditSource, fetcher: UrlFetcher): Promise<UploadedImage> {
  if (typeof source !== 'string') return { param, bytes: source }
  const { bytes } = await readSource(source, param, fetcher)
  return { param, bytes }
}

function encodeCall({ body, count }: ImageCallBody): ImageCall & { readonly body: Uint8Array } {
  const { body: bytes, payloadHash } = encodeBody(JSON.stringify(body))
  if (bytes.length <= CALL_BYTES_MAX) return { body: bytes, payloadHash, count }
  // The pictures have their share: what is left is text.
  throw new GatewayError(
    'invalid_request',
    `prompt: the request has ${bytes.length} bytes for Bedrock, which takes ${CALL_BYTES_MAX}: send less text`,
    { param: 'prompt' },
  )
}
