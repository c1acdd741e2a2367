import { runAskingTask } from '../aws/asking-task.js'
import type { BodiesPool } from '../aws/worker-pool.js'
import { GatewayError } from '../errors.js'
import type { Exchange } from '../http/exchange.js'
import { requireJson } from '../http/require-json.js'
import { requireMultipartOrJson } from '../http/require-multipart-or-json.js'
import { parseImageRequest, requireNoPictures } from '../openai/parse-image-request.js'
import { parseBody } from '../parse-body.js'
import { type ImageCallBody, toImageCalls } from '../translate/image-models/to-image-calls.js'
import { readImageRequest } from './read-image-request.js'
import { type ImageModels, resolveImageTarget } from './resolve-image-target.js'
import type {
  ImageCall,
  ImageEditPolicy,
  ImageModelAnswer,
  ImageModelQuestion,
  PreparedImages,
} from './tasks.js'

export interface ImageReceiver extends ImageModels {
  readonly bodyBytesMax: number
  readonly bodies: BodiesPool
  readonly policy: ImageEditPolicy
}

/**
 * The longest prompt that any model takes has 10,000 characters (facts C11): a request without pictures is far below
 * this, and is read at once. Parsing this much holds the loop for 2 ms at most.
 */
const WORDS_BYTES_MAX = 256 * 1024

/** Reads a request for pictures from words and makes it ready to send. Throws a `GatewayError` for everything that is wrong with it. */
export async function receiveImageGeneration(
  exchange: Exchange,
  receiver: ImageReceiver,
): Promise<PreparedImages> {
  requireJson(exchange)
  const fields = parseBody(await readWords(exchange, receiver.bodyBytesMax))
  requireNoPictures(fields)
  const { model } = parseImageRequest(fields, receiver.policy)
  const target = resolveImageTarget(model, 'generation', receiver)
  const request = readImageRequest(fields, target, receiver.policy)
  const { calls, ...others } = toImageCalls(request, { target, edit: null, policy: receiver.policy })
  return { type: 'prepared', target, request, ...others, calls: calls.map(toImageCall) }
}

/** The same for pictures to change, which workers read: a form, or JSON with data URIs. */
export async function receiveImageEdit(exchange: Exchange, receiver: ImageReceiver): Promise<PreparedImages> {
  requireMultipartOrJson(exchange)
  const parts = await exchange.readBody(receiver.bodyBytesMax)
  return runAskingTask<ImageModelQuestion, ImageModelAnswer, PreparedImages>({
    exchange,
    pool: receiver.bodies,
    name: 'prepareImageEdit',
    parts,
    more: { ...receiver.policy, contentType: exchange.contentType },
    answer: ({ name, masked }) => ({
      type: 'model',
      target: resolveImageTarget(name, masked ? 'masked-edit' : 'edit', receiver),
    }),
  })
}

function toImageCall({ body, count }: ImageCallBody): ImageCall {
  return { body: JSON.stringify(body), payloadHash: null, count }
}

async function readWords(exchange: Exchange, bodyBytesMax: number): Promise<readonly Buffer[]> {
  if (bodyBytesMax <= WORDS_BYTES_MAX) return exchange.readBody(bodyBytesMax)
  try {
    return await exchange.readBody(WORDS_BYTES_MAX)
  } catch (error) {
    if (!(error instanceof GatewayError) || error.code !== 'body_too_large') throw error
    throw new GatewayError(
      'body_too_large',
      `The request body must be at most ${WORDS_BYTES_MAX} bytes: pictures go to /v1/images/edits.`,
    )
  }
}
