import type { MediaPolicy } from '../src/aws/chat-body-task.js'
import type { ModelTarget } from '../src/catalog/types.js'
import { GatewayError } from '../src/errors.js'
import type { ImageCall, PreparedImages } from '../src/images/tasks.js'
import type { ImageRequest, UploadedImage } from '../src/openai/image-types.js'
import { checkInputs } from '../src/translate/image-models/check-inputs.js'
import { imageAdapterOf } from '../src/translate/image-models/image-adapter-of.js'
import {
  type ImageCallBody,
  type ImagePolicy,
  toImageCalls,
} from '../src/translate/image-models/to-image-calls.js'
import type { EditBody, EditSource } from './edit-body.js'
import type { Uploads } from './edit-inputs.js'
import { createUrlFetcher, type UrlFetcher } from './fetch-url.js'
import { encodeBody } from './move-body.js'
import { readSource } from './read-source.js'

/** Of an InvokeModel request (service model, shape Body). */
const CALL_BYTES_MAX = 25_000_000
/** Of all calls of one request together: each holds the pictures anew, and they are in memory at the same time. */
const CALLS_BYTES_MAX = 100_000_000
/** Of a call for what is not picture. */
const TEXT_BYTES = 500_000

/** An edit whose pictures are not read yet. */
export interface EditOptions {
  readonly target: ModelTarget
  readonly request: ImageRequest
  readonly sources: Pick<EditBody, 'images' | 'mask'>
  readonly policy: ImagePolicy
  readonly media: MediaPolicy
  /** Aborts when nobody waits for the calls any more. */
  readonly signal: AbortSignal
}

export interface EditCalls extends Pick<PreparedImages, 'guardrail' | 'dropped'> {
  readonly calls: readonly EncodedCall[]
}

type EncodedCall = ImageCall & { readonly body: Uint8Array }

/** Reads the pictures of an edit and says all of it in the model's words. Throws a `GatewayError` that names the field. */
export async function makeEditCalls(options: EditOptions): Promise<EditCalls> {
  const { target, request, sources, policy, media, signal } = options
  const adapter = imageAdapterOf(target)
  checkInputs(adapter, request, { images: sources.images.length, masked: sources.mask !== null })
  const uploads = await readUploads(sources, media, signal)
  // Most workers never see a picture: loading sharp takes 80 ms and 20 MB.
  const { toEditInputs } = await import('./edit-inputs.js')
  const calls = Math.ceil(request.count / adapter.imagesPerCall)
  const charactersMax = Math.min(CALL_BYTES_MAX, Math.floor(CALLS_BYTES_MAX / calls)) - TEXT_BYTES
  const edit = await toEditInputs(uploads, { adapter, request, charactersMax, signal })
  const said = toImageCalls(request, { target, edit, policy })
  return { ...said, calls: said.calls.map(encodeCall) }
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

function encodeCall({ body, count }: ImageCallBody): EncodedCall {
  const { body: bytes, payloadHash } = encodeBody(JSON.stringify(body))
  if (bytes.length <= CALL_BYTES_MAX) return { body: bytes, payloadHash, count }
  // The pictures have their share: what is left is text.
  throw new GatewayError(
    'invalid_request',
    `prompt: the request has ${bytes.length} bytes for Bedrock, which takes ${CALL_BYTES_MAX}: send less text`,
    { param: 'prompt' },
  )
}
