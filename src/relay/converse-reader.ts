import { parseConverseEvent } from '../bedrock/events.js'
import { createFrameDecoder, type FrameDecoder } from '../bedrock/frame-decoder.js'
import { readTextDelta } from '../bedrock/text-delta.js'
import type { ReplyState } from '../translate/reply-state.js'
import { createStreamTranslator, type StreamTranslator } from '../translate/stream.js'
import type { EventSink, ReplyReader, ReplyReaderOptions } from './reply-reader.js'

/** Reads a ConverseStream: frames → events → chunks. */
export function createConverseReader(options: ReplyReaderOptions): ReplyReader {
  return new ConverseReader(options)
}

class ConverseReader implements ReplyReader {
  eventsTotal = 0
  readonly reply: ReplyState
  readonly #translator: StreamTranslator
  readonly #decoder: FrameDecoder
  readonly #sink: EventSink

  constructor(options: ReplyReaderOptions) {
    this.#translator = createStreamTranslator(options)
    this.reply = this.#translator.reply
    this.#decoder = createFrameDecoder((bytes, headersStart, headersEnd, payloadEnd) =>
      this.#onFrame(bytes, headersStart, headersEnd, payloadEnd),
    )
    this.#sink = options.sink
  }

  push(chunk: Buffer): void {
    this.#decoder.push(chunk)
  }

  /** A stream says all it has to say in its events. */
  finish(): void {}

  #onFrame(bytes: Buffer, headersStart: number, headersEnd: number, payloadEnd: number): void {
    this.eventsTotal += 1
    const textJson = readTextDelta(bytes, headersStart, headersEnd, payloadEnd)
    this.#sink.write(
      textJson === null
        ? this.#translator.push(parseConverseEvent(bytes, headersStart, headersEnd, payloadEnd))
        : this.#translator.pushTextJson(textJson),
    )
  }
}
