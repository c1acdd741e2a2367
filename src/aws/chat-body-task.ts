import type { MessagePort } from 'node:worker_threads'
import type { ModelTarget } from '../catalog/types.js'
import type { ErrorCode } from '../errors.js'
import type { PreparedChat } from '../prepare-chat.js'
import type { KeptReasoning, TranslationPolicy } from '../translate/policy.js'

/** What the worker gets. The parts' memory and the port move to it. */
export interface ChatBodyTask {
  readonly parts: readonly Uint8Array[]
  readonly port: MessagePort
  readonly policy: TranslationPolicy
  readonly media: MediaPolicy
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
  | { readonly type: 'model'; readonly name: string }
  | { readonly type: 'thoughts'; readonly toolCallIds: readonly string[] }

export type ChatBodyAnswer =
  | { readonly type: 'model'; readonly target: ModelTarget; readonly lessons: readonly string[] }
  | { readonly type: 'thoughts'; readonly kept: KeptReasoning }
  /** The main thread has thrown its own error meanwhile. */
  | { readonly type: 'refused' }

export type ChatBodyResult =
  | { readonly type: 'prepared'; readonly chat: PreparedChat; readonly toolRound: boolean }
  | {
      readonly type: 'refused'
      readonly code: ErrorCode
      readonly message: string
      readonly param: string | null
      readonly toolRound: boolean
    }
  | { readonly type: 'refused-by-main'; readonly toolRound: boolean }
