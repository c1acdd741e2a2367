import { type RetryClock, withRetries } from '../aws/retry.js'
import { toGuardrailHeaders } from '../translate/guardrail.js'
import type { FairLimiter } from './fair-limiter.js'
import {
  filteredError,
  inferenceError,
  malformedReply,
  toImageError,
  unwatchedError,
} from './image-errors.js'
import type { ImageMaker, ImageOrder } from './image-maker.js'
import type { ImageCall, ImageWish, PreparedImages, ReadImage } from './tasks.js'

/** What calls of image models need of the rest of the daemon. */
export interface ImageCalls {
  readonly maker: ImageMaker
  /** For all requests together. */
  readonly limiter: FairLimiter
  /** Milliseconds one reply may take. */
  readonly upstreamMs: number
  readonly clock: RetryClock
}

export interface RunOptions {
  /**
   * Aborts when nobody wants the pictures any more: the calls end, and the pictures' memory is freed. Whoever does not read
   * all of them to their end has to abort it.
   */
  readonly signal: AbortSignal
  readonly encoding: ImageWish['encoding']
  readonly bytesMax: ImageWish['bytesMax']
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
  const run: Run = { prepared, options, context, signal }
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
  /** Aborts what is not done, also where another call failed. */
  readonly signal: AbortSignal
}

/** One call, until it works or fails for good. */
async function makeImages({ body, payloadHash }: ImageCall, run: Run): Promise<CallResult> {
  const { target, request, guardrail } = run.prepared
  const { id, region, kind, foundationId } = target
  const order: ImageOrder = {
    target: { id, region, kind, foundationId },
    body: { content: body },
    payloadHash,
    headers: guardrail === null ? {} : toGuardrailHeaders(guardrail),
    guarded: guardrail !== null,
    timeoutMs: run.context.upstreamMs,
    outputFormat: request.outputFormat,
    outputCompression: request.outputCompression,
    bytesMax: run.options.bytesMax,
    encoding: run.options.encoding,
  }
  try {
    return await withRetries(() => tryCall(order, run), run.signal, run.context.clock)
  } catch (error) {
    throw toImageError(error)
  }
}

async function tryCall(order: ImageOrder, { prepared, options, context, signal }: Run): Promise<CallResult> {
  const { limiter, maker } = context
  const made = await limiter.run(prepared, signal, () => maker.make(order, { signal, done: options.signal }))
  if (made.type === 'malformed') throw malformedReply()
  if (made.type === 'unwatched') throw unwatchedError()
  const { images, filtered, failed, requestId } = made
  if (images.length === 0 && filtered === null && failed) throw inferenceError(requestId)
  return { images, filtered, requestId }
}

function gather(results: readonly CallResult[]): MadeImages {
  const images = results.flatMap((result) => result.images)
  if (images.length > 0) return { images, bedrockRequestId: results[0]?.requestId ?? null }
  const filtered = results.find((result) => result.filtered !== null)?.filtered ?? null
  throw filtered === null ? malformedReply() : filteredError(filtered)
}
