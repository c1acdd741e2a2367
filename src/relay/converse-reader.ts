import { parseConverseEvent } from '../bedrock/events.js'
import { createFrameDecoder, type FrameDecoder } from '../bedrock/frame-decoder.js'
import { findTextDelta, TextDelta } from '../bedrock/text-delta.js'
import type { EventBytes } from '../openai/event-bytes.js'
import type { ReplyState } from '../translate/reply-state.js'
import { createStreamTranslator, type StreamTranslator } from '../translate/stream.js'
import type { ReplyReader, ReplyReaderOptions } from './reply-reader.js'

/** Reads a ConverseStream: frames → events → chunks. */
export function createConverseReader(options: ReplyReaderOptions): ReplyReader {
  return new ConverseReader(options)
}

/** Of the frame that is being read: one memory for all. */
const text = new TextDelta()

class ConverseReader implements ReplyReader {
  eventsTotal = 0
  readonly reply: ReplyState
  readonly #translator: StreamTranslator
  readonly #decoder: FrameDecoder
  readonly #out: EventBytes

  constructor(options: ReplyReaderOptions) {
    this.#translator = createStreamTranslator(options)
    this.reply = this.#translator.reply
    this.#decoder = createFrameDecoder((bytes, headersStart, headersEnd, payloadEnd) =>
      this.#onFrame(bytes, headersStart, headersEnd, payloadEnd),
    )
    this.#out = options.out
  }

  push(chunk: Buffer): void {
    this.#decoder.push(chunk)
  }

  /** A stream says all it has to say in its events. */
  finish(): void {}

  #onFrame(bytes: Buffer, headersStart: number, headersEnd: number, payloadEnd: number): void {
    this.eventsTotal += 1
    if (!findTextDelta(bytes, headersStart, headersEnd, payloadEnd, text)) {
      const event = parseConverseEvent(bytes, headersStart, headersEnd, payloadEnd)
      this.#out.write(this.#translator.push(event))
    } else if (!text.isAscii || !this.#translator.pushAscii(bytes, text, this.#out)) {
      this.#out.write(this.#translator.pushTextJson(bytes.toString('utf8', text.start, text.end)))
    }
  }
}
