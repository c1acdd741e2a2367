import { parseConverseEvent } from '../bedrock/events.js'
import { createFrameDecoder } from '../bedrock/frame-decoder.js'
import { readTextDelta } from '../bedrock/text-delta.js'
import { createStreamTranslator } from '../translate/stream.js'
import type { ReplyReader, ReplyReaderOptions } from './reply-reader.js'

/** Reads a ConverseStream: frames → events → chunks. */
export function createConverseReader(options: ReplyReaderOptions): ReplyReader {
  const { write } = options
  const translator = createStreamTranslator(options)
  let eventsTotal = 0
  const decoder = createFrameDecoder((bytes, headersStart, headersEnd, payloadEnd) => {
    eventsTotal += 1
    const textJson = readTextDelta(bytes, headersStart, headersEnd, payloadEnd)
    write(
      textJson === null
        ? translator.push(parseConverseEvent(bytes, headersStart, headersEnd, payloadEnd))
        : translator.pushTextJson(textJson),
    )
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
    get kept() {
      return translator.kept
    },
    get eventsTotal() {
      return eventsTotal
    },
  }
}
