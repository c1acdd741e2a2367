import { createServerSentEventDecoder } from '../bedrock/server-sent-events.js'
import type { Usage } from '../openai/types.js'
import { createOpenAiStreamTranslator } from '../translate/openai-stream.js'
import type { KeptThoughts } from '../translate/policy.js'
import type { StreamTranslatorOptions } from '../translate/stream.js'

/** Reads the body of a native OpenAI stream, however the network cuts it, and writes the client's events. */
export interface OpenAiReader {
  /** Bytes of the body → server-sent events for the client, '' for none. Throws a GatewayError (or a FrameError) for a failure in the stream. */
  push(chunk: Buffer): string
  /** The reply is complete, whatever follows. */
  readonly stopped: boolean
  readonly usage: Usage | null
  readonly kept: KeptThoughts | null
  readonly eventsTotal: number
}

export function createOpenAiReader(options: StreamTranslatorOptions): OpenAiReader {
  const translator = createOpenAiStreamTranslator(options)
  let out = ''
  let eventsTotal = 0
  const decoder = createServerSentEventDecoder((name, data) => {
    eventsTotal += 1
    out += translator.push(name, data)
  })
  return {
    push(chunk) {
      out = ''
      decoder.push(chunk)
      return out
    },
    get stopped() {
      return translator.stopped
    },
    get usage() {
      return translator.usage
    },
    // These endpoints give no thoughts that could prove themselves to a later request.
    kept: null,
    get eventsTotal() {
      return eventsTotal
    },
  }
}
