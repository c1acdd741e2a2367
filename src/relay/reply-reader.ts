import type { EventBytes } from '../openai/event-bytes.js'
import type { ReplyState } from '../translate/reply-state.js'
import type { StreamTranslatorOptions } from '../translate/stream.js'

export interface ReplyReaderOptions extends StreamTranslatorOptions {
  /** Takes the server-sent events of a push, in order; what came before a failure is in it, too. */
  readonly out: EventBytes
}

/** Reads one streamed reply of Bedrock, whatever protocol it comes in. */
export interface ReplyReader {
  /** Takes bytes of the body, which may change afterwards. Throws for what fails inside the stream. */
  push(chunk: Buffer): void
  /** The body has ended. Throws where what came is no reply. */
  finish(): void
  /** What has come so far. */
  readonly reply: ReplyState
  readonly eventsTotal: number
}
