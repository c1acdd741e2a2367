import { createServerSentEventDecoder } from '../bedrock/server-sent-events.js'
import { createOpenAiStreamTranslator } from '../translate/openai-stream.js'
import type { ReplyReader, ReplyReaderOptions } from './reply-reader.js'

/** Reads a stream of a native OpenAI endpoint: server-sent events → chunks of ours. */
export function createOpenAiReader(options: ReplyReaderOptions): ReplyReader {
  const { write } = options
  const translator = createOpenAiStreamTranslator(options)
  let eventsTotal = 0
  const decoder = createServerSentEventDecoder((name, data) => {
    eventsTotal += 1
    write(translator.push(name, data))
  })
  return {
    push: decoder.push,
    // A stream says all it has to say in its events.
    finish() {},
    get stopped() {
      return translator.stopped
    },
    get usage() {
      return translator.usage
    },
    get serviceTier() {
      return translator.serviceTier
    },
    // These endpoints give no thoughts that could prove themselves to a later request.
    kept: null,
    get eventsTotal() {
      return eventsTotal
    },
  }
}
