import type { InvokeClient, InvokeReply } from '../aws/invoke-client.js'
import { type RetryClock, withRetries } from '../aws/retry.js'
import type { BodiesPool } from '../aws/worker-pool.js'
import { toGuardrailHeaders } from '../translate/guardrail.js'
import type { FairLimiter } from './fair-limiter.js'
import {
  filteredError,
  inferenceError,
  malformedReply,
  toImageError,
  unwatchedError,
} from './image-errors.js'
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

interface CallResult {
  readonly images: readonly ReadImage[]
  readonly filtered: string | null
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
  const run: Run = { prepared, options: { ...options, signal }, context }
  try {
    const results = await Promise.all(
      prepared.calls.map(async (call) => {
        const result = await makeImages(call, run)
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

/** One request's way through its calls. */
interface Run {
  readonly prepared: PreparedImages
  readonly options: RunOptions
  readonly context: ImageCalls
}

/** One call, until it works or fails for good. */
async function makeImages(call: ImageCall, run: Run): Promise<CallResult> {
  const { signal } = run.options
  try {
    return await withRetries(() => tryCall(call, run), signal, run.context.clock)
  } catch (error) {
    throw toImageError(error)
  }
}

async function tryCall(call: ImageCall, run: Run): Promise<CallResult> {
  const { signal } = run.options
  const { limiter, invoke, upstreamMs } = run.context
  const { target, guardrail } = run.prepared
  const { body, payloadHash } = call
  const headers = guardrail === null ? {} : toGuardrailHeaders(guardrail)
  const reply = await limiter.run(run.prepared, signal, () =>
    invoke({ target, body, payloadHash, headers }, { signal, timeoutMs: upstreamMs }),
  )
  const result = await readReply(reply, run)
  if (result.type === 'malformed') throw malformedReply()
  if (result.type === 'unwatched') throw unwatchedError()
  const { images, filtered, failed } = result
  if (images.length === 0 && filtered === null && failed) throw inferenceError(reply.requestId)
  return { images, filtered, requestId: reply.requestId }
}

/** Decodes and encodes in a worker; the reply's memory moves there. */
async function readReply(
  { parts }: InvokeReply,
  { prepared, options, context }: Run,
): Promise<ReadImagesResult> {
  const { outputFormat, outputCompression } = prepared.request
  const { bytesMax, encoding } = options
  const guarded = prepared.guardrail !== null
  const task: ReadImagesTask = { parts, outputFormat, outputCompression, bytesMax, encoding, guarded }
  const transferList = parts.map((part) => part.buffer as ArrayBuffer)
  return (await context.bodies.run(task, { name: 'readImages', transferList })) as ReadImagesResult
}

function gather(results: readonly CallResult[]): MadeImages {
  const images = results.flatMap((result) => result.images)
  if (images.length > 0) return { images, bedrockRequestId: results[0]?.requestId ?? null }
  const filtered = results.find((result) => result.filtered !== null)?.filtered ?? null
  throw filtered === null ? malformedReply() : filteredError(filtered)
}
