import { createServerSentEventDecoder } from '../bedrock/server-sent-events.js'
import { createOpenAiStreamTranslator } from '../translate/openai-stream.js'
import type { ReplyReader, ReplyReaderOptions } from './reply-reader.js'

/** Reads a stream of a native OpenAI endpoint: server-sent events → chunks of ours. */
export function createOpenAiReader(options: ReplyReaderOptions): ReplyReader {
  const { push, reply } = createOpenAiStreamTranslator(options)
  const decoder = createServerSentEventDecoder((name, data) => {
    reader.eventsTotal += 1
    options.out.write(push(name, data))
  })
  // A stream says all it has to say in its events.
  const reader = { push: decoder.push, finish() {}, reply, eventsTotal: 0 }
  return reader
}
