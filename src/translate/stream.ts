import type { BlockDelta, ConverseEvent } from '../bedrock/types.js'
import { type ChunkWriter, createChunkWriter, type ReplyHead } from '../openai/chunks.js'
import type { Usage } from '../openai/types.js'
import type { KeptThoughts, ReplyPlan } from './policy.js'
import { toFinishReason } from './stop-reason.js'
import { toUsage } from './usage.js'

/** Turns the events of one ConverseStream into the chunks of one reply. */
export interface StreamTranslator {
  /** The server-sent events for one event of Bedrock; empty where the client sees nothing of it. */
  push(event: ConverseEvent): string
  /** As `push`, for the event that nearly all are: a text delta, its text still the JSON string of the wire. */
  pushTextJson(json: string): string
  /** `messageStop` came: the reply is complete, whatever follows. */
  readonly stopped: boolean
  /** Known once `metadata` came, which is after `messageStop` (facts C5). */
  readonly usage: Usage | null
  /** What was thought before tool calls, for clients that will not send it back; null: nothing, or no tools. */
  readonly kept: KeptThoughts | null
}

export interface StreamTranslatorOptions {
  readonly head: ReplyHead
  readonly plan: ReplyPlan
  /** Which of the choices this stream is, from 0. */
  readonly choice: number
}

export function createStreamTranslator({ head, plan, choice }: StreamTranslatorOptions): StreamTranslator {
  const writer = createChunkWriter({ head, includeUsage: plan.includeUsage, choice })
  let stopped = false
  let usage: Usage | null = null
  return {
    get stopped() {
      return stopped
    },
    get usage() {
      return usage
    },
    kept: null,
    pushTextJson: (json) => (json === '""' ? '' : writer.contentJson(json)),
    push(event) {
      switch (event.type) {
        case 'messageStart':
          return writer.role()
        case 'contentBlockDelta':
          return writeDelta(writer, event.payload.delta)
        case 'messageStop':
          if (stopped) return ''
          stopped = true
          return writer.finish(toFinishReason(event.payload.stopReason))
        case 'metadata':
          usage ??= toUsage(event.payload.usage)
          return ''
        case 'contentBlockStart':
        case 'contentBlockStop':
        case 'unknown':
          return ''
        default:
          return event satisfies never
      }
    },
  }
}

/** Empty deltas are common (facts C5) and tell the client nothing. */
function writeDelta(writer: ChunkWriter, delta: BlockDelta): string {
  if (delta.text) return writer.content(delta.text)
  if (delta.reasoningContent?.text) return writer.reasoning(delta.reasoningContent.text)
  return ''
}
