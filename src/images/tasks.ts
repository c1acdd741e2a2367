import type { AskingTask } from '../aws/asking-task.js'
import type { MediaPolicy } from '../aws/chat-body-task.js'
import type { ModelTarget } from '../catalog/types.js'
import type { ImageFormat, ImageRequest, ImageSize } from '../openai/image-types.js'
import type { Guardrail } from '../openai/types.js'
import type { ImagePolicy } from '../translate/image-models/to-image-calls.js'

/** One InvokeModel call of an image request, ready to be sent. */
export interface ImageCall {
  /** JSON in the model's own words. */
  readonly body: string | Uint8Array
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

/** Worker task `readImages`: one InvokeModel reply becomes pictures as the client wants them. The parts' memory moves. */
export interface ReadImagesTask {
  readonly parts: readonly Uint8Array[]
  readonly outputFormat: ImageFormat
  /** 0 to 100, for jpeg and webp. */
  readonly outputCompression: number | null
  /** Larger pictures are made smaller, in whatever format fits best; null: any size. */
  readonly bytesMax: number | null
  /** `base64`: ASCII of base64, to stand in JSON; `file`: the picture itself. */
  readonly encoding: 'base64' | 'file'
  /** A guardrail was asked for: pictures that none has looked at are not given out. */
  readonly guarded: boolean
}

export type ReadImagesResult =
  | {
      readonly type: 'images'
      readonly images: readonly ReadImage[]
      /** Why pictures are missing, in the model's words; null: none is. */
      readonly filtered: string | null
      /** As `ImageReply.failed`: the same call may work later. */
      readonly failed: boolean
    }
  /** Not what its protocol says. */
  | { readonly type: 'malformed' }
  /** A reply to a guarded call that does not say what the guardrail did. */
  | { readonly type: 'unwatched' }

export interface ReadImage extends ImageSize {
  readonly format: ImageFormat
  /** In the encoding that was asked for; its memory moved here. */
  readonly bytes: Uint8Array
}
