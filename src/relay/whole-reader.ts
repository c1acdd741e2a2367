import type { ConverseResponse } from '../bedrock/types.js'
import { GatewayError } from '../errors.js'
import { createStreamTranslator } from '../translate/stream.js'
import { toEvents } from '../translate/whole-as-stream.js'
import type { ReplyReader, ReplyReaderOptions } from './reply-reader.js'

/** Reads a whole Converse reply for a client that asked for a stream: everything comes at the end of the body. */
export function createWholeReader(options: ReplyReaderOptions): ReplyReader {
  const translator = createStreamTranslator(options)
  const parts: Buffer[] = []
  const reader = {
    push(chunk: Buffer) {
      parts.push(Buffer.from(chunk))
    },
    finish() {
      for (const event of parseEvents(parts)) {
        reader.eventsTotal += 1
        options.out.write(translator.push(event))
      }
    },
    reply: translator.reply,
    eventsTotal: 0,
  }
  return reader
}

function parseEvents(parts: readonly Buffer[]): ReturnType<typeof toEvents> {
  try {
    return toEvents(JSON.parse(Buffer.concat(parts).toString('utf8')) as ConverseResponse)
  } catch (cause) {
    throw new GatewayError('upstream_error', 'Bedrock sent a reply that is not a Converse reply.', { cause })
  }
}
