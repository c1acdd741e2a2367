import type { MessagePort } from 'node:worker_threads'
import type { ModelTarget } from '../catalog/types.js'
import type { ErrorCode } from '../errors.js'
import type { PreparedChat } from '../prepare-chat.js'

/** What the worker gets. The parts' memory and the port move to it. */
export interface ChatBodyTask {
  readonly parts: readonly Uint8Array[]
  readonly port: MessagePort
}

/** The worker's question on the port: who is this model? */
export interface ChatBodyQuestion {
  readonly model: string
}

export type ChatBodyAnswer =
  | { readonly type: 'found'; readonly target: ModelTarget }
  /** The main thread has thrown its own error meanwhile. */
  | { readonly type: 'refused' }

export type ChatBodyResult =
  | { readonly type: 'prepared'; readonly chat: PreparedChat }
  | {
      readonly type: 'refused'
      readonly code: ErrorCode
      readonly message: string
      readonly param: string | null
    }
  | { readonly type: 'refused-by-main' }
