import type { BlockDelta, ReasoningBlock } from '../bedrock/types.js'
import type { ChunkWriter } from '../openai/chunks.js'
import {
  type ReasoningPlace,
  toEncryptedDetail,
  toTextDetail,
  UNKNOWN_FORMAT,
} from '../openai/reasoning-details.js'
import { joinBase64 } from './base64.js'
import type { ReplyPlan } from './policy.js'

type ReasoningDelta = NonNullable<BlockDelta['reasoningContent']>

/** Turns the reasoning blocks of one ConverseStream into deltas, and keeps them. */
export interface ReasoningStream {
  push(block: number, delta: ReasoningDelta): string
  stop(block: number): string
  /** Ends the blocks that were left open. */
  end(): string
  /** The blocks that are complete, in order, as Bedrock takes them back. */
  readonly blocks: readonly ReasoningBlock[]
}

interface OpenBlock {
  /** Taken when the first of it is written, so that the client sees the indexes in order. */
  place: ReasoningPlace | null
  readonly texts: string[]
  readonly signatures: string[]
  readonly redacted: string[]
}

export function createReasoningStream(writer: ChunkWriter, { reasoningFormat }: ReplyPlan): ReasoningStream {
  const format = reasoningFormat ?? UNKNOWN_FORMAT
  const blocks: ReasoningBlock[] = []
  const open = new Map<number, OpenBlock>()
  let placesTaken = 0

  function openBlock(block: number): OpenBlock {
    const standing = open.get(block)
    if (standing !== undefined) return standing
    const opened = { place: null, texts: [], signatures: [], redacted: [] }
    open.set(block, opened)
    return opened
  }

  function takePlace(said: OpenBlock): ReasoningPlace {
    if (said.place !== null) return said.place
    said.place = { index: placesTaken, format }
    placesTaken += 1
    return said.place
  }

  /** Clients keep the newest signature and the newest data only, so that neither may be sent in pieces. */
  function stop(block: number): string {
    const said = open.get(block)
    if (said === undefined) return ''
    open.delete(block)
    const { texts, signatures, redacted } = said
    if (redacted.length > 0) {
      const redactedContent = joinBase64(redacted)
      blocks.push({ redactedContent })
      return writer.reasoningDetail(toEncryptedDetail(takePlace(said), redactedContent))
    }
    const text = texts.join('')
    const signature = signatures.join('')
    blocks.push({ reasoningText: signature === '' ? { text } : { text, signature } })
    if (signature === '') return ''
    // Thoughts that are not shown are signed, too: then this entry is the only one, and has to be whole.
    const members = text === '' ? { text, signature } : { signature }
    return writer.reasoningDetail(toTextDetail(takePlace(said), members))
  }

  /** A block is of one type (it is a union), and so is an index of the details, should Bedrock ever mix them. */
  function endOtherType(block: number, isRedacted: boolean): string {
    const standing = open.get(block)
    return standing !== undefined && standing.redacted.length > 0 !== isRedacted ? stop(block) : ''
  }

  return {
    blocks,
    push(block, { text, signature, redactedContent }) {
      if (!(text || signature || redactedContent)) return ''
      const before = endOtherType(block, Boolean(redactedContent))
      const said = openBlock(block)
      if (redactedContent) said.redacted.push(redactedContent)
      if (signature) said.signatures.push(signature)
      if (!text) return before
      said.texts.push(text)
      return before + writer.reasoning(text, takePlace(said))
    },
    stop,
    end: () => [...open.keys()].map(stop).join(''),
  }
}
