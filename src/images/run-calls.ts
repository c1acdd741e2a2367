import type { InvokeClient } from '../aws/invoke-client.js'
import type { BodiesPool } from '../aws/worker-pool.js'
import type { FairLimiter } from './fair-limiter.js'
import { filteredError, malformedReply, toImageError } from './image-errors.js'
import { type RetryClock, withRetries } from './retry.js'
import type { ImageCall, PreparedImages, ReadImage, ReadImagesResult, ReadImagesTask } from './tasks.js'

/** What calls of image models need of the rest of the daemon. */
export interface ImageCalls {
  readonly invoke: InvokeClient['invoke']
  /** For all requests together. */
  readonly limiter: FairLimiter
  readonly bodies: Pick<BodiesPool, 'run'>
  /** Milliseconds one reply may take. */
  readonly upstreamMs: number
  readonly clock: RetryClock
}

export interface RunOptions {
  /** The client went away. */
  readonly signal: AbortSignal
  readonly encoding: ReadImagesTask['encoding']
  readonly bytesMax: ReadImagesTask['bytesMax']
  /** Hears of each call's pictures as soon as they are there, in whatever order. */
  readonly onImages?: (images: readonly ReadImage[]) => void
}

export interface MadeImages {
  /** In the order of the calls; at least one. */
  readonly images: readonly ReadImage[]
  /** Of the first call. */
  readonly bedrockRequestId: string | null
}

type CallResult = Extract<ReadImagesResult, { readonly type: 'images' }> & {
  readonly requestId: string | null
}

/**
 * Makes the pictures of one request, its calls side by side. The first failure aborts the others and is thrown; pictures
 * that the model held back are missing, and a refusal where nothing is left.
 */
export async function runImageCalls(
  prepared: PreparedImages,
  options: RunOptions,
  context: ImageCalls,
): Promise<MadeImages> {
  const stop = new AbortController()
  const signal = AbortSignal.any([options.signal, stop.signal])
  try {
    const results = await Promise.all(
      prepared.calls.map(async (call) => {
        const result = await makeImages(call, prepared, { ...options, signal }, context)
        // A picture that comes after a failure comes after the end.
        if (!signal.aborted && result.images.length > 0) options.onImages?.(result.images)
        return result
      }),
    )
    return gather(results)
  } finally {
    stop.abort()
  }
}

async function makeImages(
  { body, payloadHash }: ImageCall,
  prepared: PreparedImages,
  { signal, encoding, bytesMax }: RunOptions,
  { invoke, limiter, bodies, upstreamMs, clock }: ImageCalls,
): Promise<CallResult> {
  const { target, request } = prepared
  const ask = () =>
    limiter.run(prepared, signal, () =>
      invoke({ target, body, payloadHash }, { signal, timeoutMs: upstreamMs }),
    )
  const reply = await withRetries(ask, signal, clock).catch((error: unknown) => {
    throw toImageError(error)
  })
  const { outputFormat, outputCompression } = request
  const task: ReadImagesTask = { parts: reply.parts, outputFormat, outputCompression, bytesMax, encoding }
  const transferList = reply.parts.map((part) => part.buffer as ArrayBuffer)
  const result = (await bodies.run(task, { name: 'readImages', transferList })) as ReadImagesResult
  if (result.type === 'malformed') throw malformedReply()
  return { ...result, requestId: reply.requestId }
}

function gather(results: readonly CallResult[]): MadeImages {
  const images = results.flatMap((result) => result.images)
  if (images.length > 0) return { images, bedrockRequestId: results[0]?.requestId ?? null }
  const filtered = results.find((result) => result.filtered !== null)?.filtered ?? null
  throw filtered === null ? malformedReply() : filteredError(filtered)
}
