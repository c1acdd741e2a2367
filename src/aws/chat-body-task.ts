import type { ImageUse } from '../catalog/image-names.js'
import type { ChatTarget, ImageTarget } from '../catalog/types.js'
import type { PreparedChat } from '../prepare-chat.js'
import type { PreparedImageChat } from '../prepare-image-chat.js'
import type { KeptReasoning, TranslationPolicy } from '../translate/policy.js'
import type { AskingTask } from './asking-task.js'

/** What the worker gets. */
export interface ChatBodyTask extends AskingTask, ChatBodyPolicy {}

export interface ChatBodyPolicy {
  readonly policy: TranslationPolicy
  readonly media: MediaPolicy
  /** Largest `n` of a chat with an image model. */
  readonly imagesMax: number
}

/** How images and files are come by. */
export interface MediaPolicy {
  /** False: addresses are refused. */
  readonly fetchUrls: boolean
  /** For one part, redirects included. */
  readonly fetchMs: number
  readonly fetchBytesMax: number
}

/** The worker's questions on the port: only the main thread knows. */
export type ChatBodyQuestion =
  /** `name` is the request's `model` as it came; `toolRound`: `isStreamedToolRound`; `use`: `imageUseOf`. */
  | {
      readonly type: 'model'
      readonly name: unknown
      readonly toolRound: boolean
      readonly use: ImageUse
    }
  | { readonly type: 'thoughts'; readonly toolCallIds: readonly string[] }

export type ChatBodyAnswer =
  | { readonly type: 'model'; readonly target: ChatTarget; readonly lessons: readonly string[] }
  | { readonly type: 'image-model'; readonly target: ImageTarget }
  | { readonly type: 'thoughts'; readonly kept: KeptReasoning }

export interface PreparedChatBody {
  readonly type: 'prepared'
  readonly chat: PreparedChat | PreparedImageChat
}
