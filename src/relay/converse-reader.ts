import { parseConverseEvent } from '../bedrock/events.js'
import { createFrameDecoder } from '../bedrock/frame-decoder.js'
import { readTextDelta } from '../bedrock/text-delta.js'
import { createStreamTranslator } from '../translate/stream.js'
import type { ReplyReader, ReplyReaderOptions } from './reply-reader.js'

/** Reads a ConverseStream: frames → events → chunks. */
export function createConverseReader(options: ReplyReaderOptions): ReplyReader {
  const { write } = options
  const { push, pushTextJson, reply } = createStreamTranslator(options)
  const decoder = createFrameDecoder((bytes, headersStart, headersEnd, payloadEnd) => {
    reader.eventsTotal += 1
    const textJson = readTextDelta(bytes, headersStart, headersEnd, payloadEnd)
    write(
      textJson === null
        ? push(parseConverseEvent(bytes, headersStart, headersEnd, payloadEnd))
        : pushTextJson(textJson),
    )
  })
  // A stream says all it has to say in its events.
  const reader = { push: decoder.push, finish() {}, reply, eventsTotal: 0 }
  return reader
}
