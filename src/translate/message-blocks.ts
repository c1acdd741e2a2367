import type { ContentBlock, ToolResultBlock } from '../bedrock/types.js'
import { GatewayError } from '../errors.js'
import type { ChatMessage, ContentPart, MediaPart } from '../openai/types.js'
import { appendCachePoint } from './cache-marks.js'
import type { TranslationContext } from './policy.js'
import type { RepairTally } from './repairs.js'
import type { Placed } from './turns.js'

/** What stands where a message would have no content: Bedrock refuses both blank text and empty content (facts C6). */
export const FILLER = '...'

/** An image, a document, … as a block that fits a message and a tool result. */
export type MediaBlock = ContentBlock & ToolResultBlock

/** What one message says. */
export interface Said {
  /** Texts, and the cache points behind them; with `inline`, media where they stood. */
  readonly blocks: ContentBlock[]
  /** Media that stand apart: they may not go where the message goes. */
  readonly media: MediaBlock[]
}

export interface SayOptions {
  readonly context: TranslationContext
  readonly tally: RepairTally
  /** Whether media may stand among the texts. */
  readonly inline: boolean
}

type TextPart = Extract<ContentPart, { type: 'text' }>

/** The parts of a message as blocks, blank text left out. Throws a `GatewayError` that names a part without a block. */
export function sayParts(
  { message, param }: Placed<ChatMessage>,
  { context, tally, inline }: SayOptions,
): Said {
  const said: Said = { blocks: [], media: [] }
  message.content.forEach((part, index) => {
    if (part.type === 'text') sayText(part, tally, said)
    else sayMedia(part, { context, tally, inline, param: `${param}.content[${index}]` }, said)
    if ('cacheControl' in part) appendCachePoint(said.blocks, part.cacheControl)
  })
  return said
}

function sayText({ text }: TextPart, tally: RepairTally, said: Said): void {
  if (text.trim() === '') tally.blankPartsDropped += 1
  else said.blocks.push({ text })
}

function sayMedia(part: MediaPart, options: SayOptions & { readonly param: string }, said: Said): void {
  const block = findMediaBlock(part, options)
  if (options.inline) said.blocks.push(block)
  else said.media.push(block)
}

/** What became of a part before the translation began. */
function findMediaBlock(
  part: MediaPart,
  { context, param }: { readonly context: TranslationContext; readonly param: string },
): MediaBlock {
  const block = context.media.get(part)
  if (block !== undefined) return block
  throw new GatewayError(
    'unsupported',
    `${param}: this ${part.type} part can't be said to ${context.target.requested}: leave it out, or choose a model that takes it`,
    { param },
  )
}
