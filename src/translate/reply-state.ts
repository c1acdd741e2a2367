import type { ServiceTier, Usage } from '../openai/types.js'
import type { KeptThoughts } from './policy.js'

/** What a streamed reply has come to so far; whoever translates the stream writes it, everybody else reads. */
export interface ReplyState {
  /** The reply is complete, whatever follows. */
  readonly stopped: boolean
  /** Null: not known yet. */
  readonly usage: Usage | null
  /** What AWS charged by; null: not said, or not yet. */
  readonly serviceTier: ServiceTier | null
  /** What was thought before tool calls, for clients that will not send it back; null: nothing, no tools, or not stopped. */
  readonly kept: KeptThoughts | null
}

/** The same, for the one who writes. */
export type WritableReplyState = { -readonly [Member in keyof ReplyState]: ReplyState[Member] }

/** Before the first event. Plain members, no getters: an object with getters of its own costs more than its whole reply's closures. */
export function createReplyState(): WritableReplyState {
  return { stopped: false, usage: null, serviceTier: null, kept: null }
}
