import type { BlockDelta, ConverseEvent, WireCitation } from '../bedrock/types.js'
import { createChunkWriter, type ReplyHead } from '../openai/chunks.js'
import type { Citation } from '../openai/types.js'
import { createPassageTracker, toCitation, unitsOfJson } from './citations.js'
import { createImageStream } from './images.js'
import { toKeptThoughts } from './kept-thoughts.js'
import type { ReplyPlan } from './policy.js'
import { createReasoningStream } from './reasoning-stream.js'
import { createReplyState, type ReplyState } from './reply-state.js'
import { toServiceTier } from './service-tier.js'
import { toFinishReason } from './stop-reason.js'
import { createToolCallStream } from './tool-call-stream.js'
import { toUsage } from './usage.js'

/** Turns the events of one ConverseStream into the chunks of one reply. */
export interface StreamTranslator {
  /** The server-sent events for one event of Bedrock; empty where the client sees nothing of it. */
  push(event: ConverseEvent): string
  /** As `push`, for the event that nearly all are: a text delta, its text still the JSON string of the wire. */
  pushTextJson(json: string): string
  /** Stopped by `messageStop`; usage and tier come with `metadata`, which is after it (facts C5). */
  readonly reply: ReplyState
}

export interface StreamTranslatorOptions {
  readonly head: ReplyHead
  readonly plan: ReplyPlan
  /** Which of the choices this stream is, from 0. */
  readonly choice: number
}

/** Its leaves each turn one kind of block into chunks; here is decided which, and in what order what was held back follows. */
export function createStreamTranslator({ head, plan, choice }: StreamTranslatorOptions): StreamTranslator {
  const writer = createChunkWriter({ head, includeUsage: plan.includeUsage, choice })
  const tools = createToolCallStream(writer, plan)
  const reasoning = createReasoningStream(writer, plan)
  const images = createImageStream(writer)
  const passages = createPassageTracker()
  /** Of the block under way. */
  let citations: WireCitation[] = []
  /**
   * Text beside a tool that stands for the answer: only at the end is it known whether the model called that tool, or said
   * its answer in text after all. Null: text is the answer as it comes.
   */
  const heldBack: { readonly texts: string[]; readonly citations: Citation[] } | null =
    plan.answerTool === null ? null : { texts: [], citations: [] }
  let begun = false
  const reply = createReplyState()

  /** Empty deltas are common (facts C5) and tell the client nothing. */
  function pushText(text: string): string {
    if (text === '') return ''
    passages.advance(text.length)
    if (heldBack === null) return writer.content(text)
    heldBack.texts.push(text)
    return ''
  }

  function pushDelta(block: number, delta: BlockDelta): string {
    if (delta.text !== undefined) return pushText(delta.text)
    if (delta.toolUse !== undefined) return tools.input(block, delta.toolUse.input)
    if (delta.reasoningContent !== undefined) return reasoning.push(block, delta.reasoningContent)
    if (delta.image !== undefined) return images.push(block, delta.image)
    if (delta.citation !== undefined) citations.push(delta.citation)
    return ''
  }

  function endPassage(): string {
    const passage = passages.endBlock()
    if (citations.length === 0) return ''
    const cited = citations.map((citation) => toCitation(citation, passage))
    citations = []
    if (heldBack === null) return writer.citations(cited)
    heldBack.citations.push(...cited)
    return ''
  }

  function releaseHeldBack(): string {
    if (heldBack === null || tools.answered()) return ''
    const text = heldBack.texts.join('')
    return (text === '' ? '' : writer.content(text)) + writer.citations(heldBack.citations)
  }

  function stopBlock(block: number): string {
    return reasoning.stop(block) + tools.stop(block) + images.stop(block) + endPassage()
  }

  function stopMessage(stopReason: string): string {
    const open = reasoning.end() + tools.end() + images.end() + endPassage()
    reply.stopped = true
    reply.kept = toKeptThoughts(tools.ids, reasoning.blocks, plan)
    return open + releaseHeldBack() + writer.finish(toFinishReason(stopReason, tools.calledAs()))
  }

  function pushEvent(event: Exclude<ConverseEvent, { type: 'metadata' }>): string {
    switch (event.type) {
      case 'messageStart':
        if (begun) return ''
        begun = true
        return writer.role()
      case 'contentBlockStart': {
        const { contentBlockIndex: block, start } = event.payload
        if (start.toolUse !== undefined) return tools.start(block, start.toolUse)
        return start.image === undefined ? '' : images.start(block, start.image.format)
      }
      case 'contentBlockDelta':
        return pushDelta(event.payload.contentBlockIndex, event.payload.delta)
      case 'contentBlockStop':
        return stopBlock(event.payload.contentBlockIndex)
      case 'messageStop':
        return stopMessage(event.payload.stopReason)
      case 'unknown':
        return ''
      default:
        return event satisfies never
    }
  }

  return {
    reply,
    pushTextJson(json) {
      if (json === '""' || reply.stopped) return ''
      if (heldBack !== null) return pushText(JSON.parse(json) as string)
      passages.advance(unitsOfJson(json))
      return writer.contentJson(json)
    },
    push(event) {
      if (event.type !== 'metadata') return reply.stopped ? '' : pushEvent(event)
      reply.usage ??= toUsage(event.payload.usage)
      reply.serviceTier ??= toServiceTier(event.payload.serviceTier)
      return ''
    },
  }
}
