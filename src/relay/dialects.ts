import type { ConverseResponse } from '../bedrock/types.js'
import type { ChatDialect } from '../catalog/types.js'
import { type Completion, toCompletion } from '../translate/completion.js'
import { toOpenAiCompletion } from '../translate/openai-completion.js'
import type { ReplyPlan } from '../translate/policy.js'
import { createConverseReader } from './converse-reader.js'
import { createOpenAiReader } from './openai-reader.js'
import type { ReplyReader, ReplyReaderOptions } from './reply-reader.js'
import { createWholeReader } from './whole-reader.js'

export interface ReaderOptions extends ReplyReaderOptions {
  /** False: Bedrock sends the reply in one piece. */
  readonly upstreamStreams: boolean
}

/** The reader of a reply in this dialect, for a client that asked for a stream. */
export function createReplyReader(dialect: ChatDialect, options: ReaderOptions): ReplyReader {
  switch (dialect) {
    case 'converse':
      return options.upstreamStreams ? createConverseReader(options) : createWholeReader(options)
    case 'openai-runtime':
    case 'openai-mantle':
      return createOpenAiReader(options)
    default:
      return dialect satisfies never
  }
}

/** One whole reply in this dialect. Throws where it is not what its protocol says. */
export function readCompletion(dialect: ChatDialect, body: Buffer, plan: ReplyPlan): Completion {
  const reply: unknown = JSON.parse(body.toString('utf8'))
  switch (dialect) {
    case 'converse':
      // The shape is the service's promise; its absence surfaces as a TypeError that the relay reports.
      return toCompletion(reply as ConverseResponse, plan)
    case 'openai-runtime':
    case 'openai-mantle':
      return toOpenAiCompletion(reply, plan)
    default:
      return dialect satisfies never
  }
}
