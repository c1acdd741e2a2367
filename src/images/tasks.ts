import type { MessagePort } from 'node:worker_threads'
import type { AskingTask } from '../aws/asking-task.js'
import type { MediaPolicy } from '../aws/chat-body-task.js'
import type { ErrorData } from '../aws/error-data.js'
import type { PlainAccess } from '../aws/plain-access.js'
import type { ModelTarget } from '../catalog/types.js'
import type { ImageFormat, ImageRequest, ImageSize } from '../openai/image-types.js'
import type { Guardrail } from '../openai/types.js'
import type { Bytes } from '../remote-bytes.js'
import type { ImagePolicy } from '../translate/image-models/to-image-calls.js'

/** One InvokeModel call of an image request, ready to be sent. */
export interface ImageCall {
  /** JSON in the model's own words; bytes have memory of their own, which moves when the call is sent. */
  readonly body: CallBody
  /** SHA-256 of the body in hex, where a worker computed it. */
  readonly payloadHash: string | null
  /** Pictures that it makes. */
  readonly count: number
}

/** An image request, ready to be sent to Bedrock. Plain data: it may come from a worker. */
export interface PreparedImages {
  readonly type: 'prepared'
  readonly target: ModelTarget
  readonly request: ImageRequest
  readonly calls: readonly ImageCall[]
  /** Watches every call; null: none does. */
  readonly guardrail: Guardrail | null
  /** Request parameters that the model never sees. */
  readonly dropped: readonly string[]
}

/** Worker task `prepareImageEdit`: reads a multipart form (or JSON) with pictures. Its result is `PreparedImages`. */
export interface PrepareImageEditTask extends AskingTask, ImageEditPolicy {
  /** The request's `content-type`, with the boundary. */
  readonly contentType: string
}

export interface ImageEditPolicy extends ImagePolicy {
  /** Largest `n`. */
  readonly imagesMax: number
  /** How pictures are fetched that a JSON edit names by address; absent: they are refused. */
  readonly media?: MediaPolicy
}

/** What only the main thread knows. `name` is the request's `model` as it came. */
export interface ImageModelQuestion {
  readonly type: 'model'
  readonly name: unknown
  /** A mask came, too: not every model takes one. */
  readonly masked: boolean
}

export interface ImageModelAnswer {
  readonly type: 'model'
  readonly target: ModelTarget
}

/** What is to become of the pictures of a reply. */
export interface ImageWish {
  readonly outputFormat: ImageFormat
  /** 0 to 100, for jpeg and webp. */
  readonly outputCompression: number | null
  /** Larger pictures are made smaller, in whatever format fits best; null: any size. */
  readonly bytesMax: number | null
  /** `base64`: ASCII of base64, to stand in JSON; `file`: the picture itself. */
  readonly encoding: 'base64' | 'file'
}

/** JSON in a model's own words. */
export type CallBody = string | Uint8Array

/** The task of the images pool: one InvokeModel call, up to its pictures. */
export interface MakeImagesTask extends ImageWish {
  readonly access: PlainAccess
  readonly target: Pick<ModelTarget, 'id' | 'region' | 'kind' | 'foundationId'>
  /** Bytes move, and come back with a failure. */
  readonly body: CallBody
  /** SHA-256 of the body in hex, where a worker computed it. */
  readonly payloadHash: string | null
  /** Request headers beside those of every call. */
  readonly headers: Readonly<Record<string, string>>
  /** They name a guardrail: pictures that none has looked at are not given out. */
  readonly guarded: boolean
  /** Milliseconds the reply may take. */
  readonly timeoutMs: number
  /** `FromImagesWorker` comes over it, `ReadOrder` goes. */
  readonly port: MessagePort
}

/** What a reply says beside its pictures. */
export interface ReplyFacts {
  readonly requestId: string | null
  /** Why pictures are missing, in the model's words; null: none is. */
  readonly filtered: string | null
  /** As `ImageReply.failed`: the same call may work later. */
  readonly failed: boolean
}

/** First what became of the call; after `made` an answer to each `ReadOrder`, in order. */
export type FromImagesWorker =
  | (ReplyFacts & { readonly type: 'made'; readonly images: readonly KeptImage[] })
  /** Not what its protocol says. */
  | { readonly type: 'malformed' }
  /** A reply to a guarded call that does not say what the guardrail did. */
  | { readonly type: 'unwatched' }
  | { readonly type: 'failed'; readonly error: ErrorData; readonly body: CallBody }
  /** The memory of the order is filled. */
  | { readonly type: 'read' }

/** A picture that the worker keeps until it is read. */
interface KeptImage extends ImageSize {
  readonly format: ImageFormat
  /** Its number in the reply. */
  readonly index: number
  readonly bytesTotal: number
}

/** Fills `into` (shared memory) with bytes of a picture; the last byte is the end of the picture's memory. */
export interface ReadOrder {
  readonly image: number
  readonly start: number
  readonly into: Uint8Array
}

export interface ReadImage extends ImageSize {
  readonly format: ImageFormat
  /** In the encoding that was asked for. */
  readonly bytes: Bytes
}
