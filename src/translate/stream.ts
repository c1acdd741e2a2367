import type { TextDelta } from '../bedrock/text-delta.js'
import type { BlockDelta, ConverseEvent, WireCitation } from '../bedrock/types.js'
import {
  type ChunkWriter,
  createChunkWriter,
  type ReplyHead,
  TEXT_UNITS_SURELY_FIT,
} from '../openai/chunks.js'
import type { EventBytes } from '../openai/event-bytes.js'
import type { Citation } from '../openai/types.js'
import { createPassageTracker, toCitation, unitsOfJson } from './citations.js'
import { createImageStream, type ImageStream } from './images.js'
import { toKeptThoughts } from './kept-thoughts.js'
import type { ReplyPlan } from './policy.js'
import { createReasoningStream, type ReasoningStream } from './reasoning-stream.js'
import { createReplyState, type ReplyState } from './reply-state.js'
import { toServiceTier } from './service-tier.js'
import { toFinishReason } from './stop-reason.js'
import { createToolCallStream, type ToolCallStream } from './tool-call-stream.js'
import { toUsage } from './usage.js'

type BlockStart = Extract<ConverseEvent, { type: 'contentBlockStart' }>['payload']

/** Turns the events of one ConverseStream into the chunks of one reply. */
export interface StreamTranslator {
  /** The server-sent events for one event of Bedrock; empty where the client sees nothing of it. */
  push(event: ConverseEvent): string
  /** As `push`, for the event that nearly all are: a text delta, its text still the JSON string of the wire. */
  pushTextJson(json: string): string
  /**
   * The same for text of ASCII, of so many units, straight from Bedrock's bytes to the client's; false where it has to go the
   * other way.
   */
  pushAscii(bytes: Uint8Array, text: TextDelta, out: EventBytes): boolean
  /** Stopped by `messageStop`; usage and tier come with `metadata`, which is after it (facts C5). */
  readonly reply: ReplyState
}

export interface StreamTranslatorOptions {
  readonly head: ReplyHead
  readonly plan: ReplyPlan
  /** Which of the choices this stream is, from 0. */
  readonly choice: number
}

export function createStreamTranslator(options: StreamTranslatorOptions): StreamTranslator {
  return new ConverseTranslator(options)
}

/**
 * Its leaves each turn one kind of block into chunks, and exist from the first block of their kind on: most streams are text,
 * and an open stream shall cost little. Here is decided which, and in what order what was held back follows.
 */
class ConverseTranslator implements StreamTranslator {
  readonly reply = createReplyState()
  readonly #plan: ReplyPlan
  readonly #writer: ChunkWriter
  readonly #passages = createPassageTracker()
  #tools: ToolCallStream | null = null
  #reasoning: ReasoningStream | null = null
  #images: ImageStream | null = null
  /** Of the block under way; null: none. */
  #citations: WireCitation[] | null = null
  /**
   * Text beside a tool that stands for the answer: only at the end is it known whether the model called that tool, or said
   * its answer in text after all. Null: text is the answer as it comes.
   */
  readonly #heldBack: { readonly texts: string[]; readonly citations: Citation[] } | null
  #begun = false

  constructor({ head, plan, choice }: StreamTranslatorOptions) {
    this.#plan = plan
    this.#writer = createChunkWriter({ head, includeUsage: plan.includeUsage, choice })
    this.#heldBack = plan.answerTool === null ? null : { texts: [], citations: [] }
  }

  pushTextJson(json: string): string {
    if (json === '""' || this.reply.stopped) return ''
    if (this.#heldBack !== null) return this.#pushText(JSON.parse(json) as string)
    this.#passages.advance(unitsOfJson(json))
    return this.#writer.contentJson(json)
  }

  pushAscii(bytes: Uint8Array, { start, end, units }: TextDelta, out: EventBytes): boolean {
    if (units === 0 || units > TEXT_UNITS_SURELY_FIT || this.#heldBack !== null || this.reply.stopped)
      return false
    this.#passages.advance(units)
    this.#writer.contentAscii(bytes, start, end, out)
    return true
  }

  push(event: ConverseEvent): string {
    if (event.type !== 'metadata') return this.reply.stopped ? '' : this.#pushEvent(event)
    this.reply.usage ??= toUsage(event.payload.usage)
    this.reply.serviceTier ??= toServiceTier(event.payload.serviceTier)
    return ''
  }

  #pushEvent(event: Exclude<ConverseEvent, { type: 'metadata' }>): string {
    switch (event.type) {
      case 'messageStart':
        if (this.#begun) return ''
        this.#begun = true
        return this.#writer.role()
      case 'contentBlockStart':
        return this.#startBlock(event.payload)
      case 'contentBlockDelta':
        return this.#pushDelta(event.payload.contentBlockIndex, event.payload.delta)
      case 'contentBlockStop':
        return this.#stopBlock(event.payload.contentBlockIndex)
      case 'messageStop':
        return this.#stopMessage(event.payload.stopReason)
      case 'unknown':
        return ''
      default:
        return event satisfies never
    }
  }

  #startBlock({ contentBlockIndex: block, start }: BlockStart): string {
    if (start.toolUse !== undefined) {
      this.#tools ??= createToolCallStream(this.#writer, this.#plan)
      return this.#tools.start(block, start.toolUse)
    }
    if (start.image === undefined) return ''
    this.#images ??= createImageStream(this.#writer)
    return this.#images.start(block, start.image.format)
  }

  #pushDelta(block: number, delta: BlockDelta): string {
    if (delta.text !== undefined) return this.#pushText(delta.text)
    if (delta.toolUse !== undefined) return this.#tools?.input(block, delta.toolUse.input) ?? ''
    if (delta.reasoningContent !== undefined) {
      this.#reasoning ??= createReasoningStream(this.#writer, this.#plan)
      return this.#reasoning.push(block, delta.reasoningContent)
    }
    if (delta.image !== undefined) return this.#images?.push(block, delta.image) ?? ''
    if (delta.citation !== undefined) {
      this.#citations ??= []
      this.#citations.push(delta.citation)
    }
    return ''
  }

  /** Empty deltas are common (facts C5) and tell the client nothing. */
  #pushText(text: string): string {
    if (text === '') return ''
    this.#passages.advance(text.length)
    if (this.#heldBack === null) return this.#writer.content(text)
    this.#heldBack.texts.push(text)
    return ''
  }

  #stopBlock(block: number): string {
    return (
      (this.#reasoning?.stop(block) ?? '') +
      (this.#tools?.stop(block) ?? '') +
      (this.#images?.stop(block) ?? '') +
      this.#endPassage()
    )
  }

  #endPassage(): string {
    const passage = this.#passages.endBlock()
    if (this.#citations === null) return ''
    const cited = this.#citations.map((citation) => toCitation(citation, passage))
    this.#citations = null
    if (this.#heldBack === null) return this.#writer.citations(cited)
    this.#heldBack.citations.push(...cited)
    return ''
  }

  #stopMessage(stopReason: string): string {
    const open =
      (this.#reasoning?.end() ?? '') +
      (this.#tools?.end() ?? '') +
      (this.#images?.end() ?? '') +
      this.#endPassage()
    this.reply.stopped = true
    this.reply.kept = toKeptThoughts(this.#tools?.ids ?? [], this.#reasoning?.blocks ?? [], this.#plan)
    const calledAs = this.#tools?.calledAs() ?? 'none'
    return open + this.#releaseHeldBack() + this.#writer.finish(toFinishReason(stopReason, calledAs))
  }

  #releaseHeldBack(): string {
    if (this.#heldBack === null || this.#tools?.answered()) return ''
    const text = this.#heldBack.texts.join('')
    return (text === '' ? '' : this.#writer.content(text)) + this.#writer.citations(this.#heldBack.citations)
  }
}
