import type { ServiceTier, Usage } from '../openai/types.js'
import type { KeptThoughts } from '../translate/policy.js'
import type { StreamTranslatorOptions } from '../translate/stream.js'

export interface ReplyReaderOptions extends StreamTranslatorOptions {
  /** Hears the server-sent events of a push, in order; what came before a failure is heard, too. */
  readonly write: (events: string) => void
}

/** Reads one streamed reply of Bedrock, whatever protocol it comes in. */
export interface ReplyReader {
  /** Takes bytes of the body. Throws for what fails inside the stream. */
  push(chunk: Buffer): void
  /** The body has ended. Throws where what came is no reply. */
  finish(): void
  /** The reply is complete, whatever follows. */
  readonly stopped: boolean
  /** Null: not known yet. */
  readonly usage: Usage | null
  /** What AWS charged by; null: not said, or not yet. */
  readonly serviceTier: ServiceTier | null
  /** What was thought before tool calls, once stopped; null: nothing, or no tools. */
  readonly kept: KeptThoughts | null
  readonly eventsTotal: number
}
