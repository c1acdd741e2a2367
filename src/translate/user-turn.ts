import type { ContentBlock, ToolResult } from '../bedrock/types.js'
import type { Capabilities } from '../catalog/types.js'
import type { CacheControl } from '../openai/types.js'
import { type Answer, createAnswers } from './answers.js'
import type { OpenCall } from './assistant-turn.js'
import { appendCachePoint } from './cache-marks.js'
import { FILLER, type MediaBlock, sayParts } from './message-blocks.js'
import type { TranslationContext } from './policy.js'
import type { RepairTally } from './repairs.js'
import { EMPTY_RESULT, toResultTexts } from './tool-text.js'
import type { Placed, PlacedUser, ToolMessage, UserMessage } from './turns.js'

/** A user turn in its two halves: models differ in whether both may stand in one message. */
export interface UserTurn {
  /** Exactly one result for each open call, in the order of the calls, and cache points. */
  readonly results: readonly ContentBlock[]
  readonly rest: readonly ContentBlock[]
}

export interface UserOptions {
  readonly context: TranslationContext
  readonly tally: RepairTally
  /** Of the assistant turn before. */
  readonly calls: readonly OpenCall[]
  /** Of the assistant turn before; goes first. */
  readonly media: readonly MediaBlock[]
  /** The tool's name by the client's call id, as far as the history knows it. */
  readonly toolNames: ReadonlyMap<string, string>
}

/** What stands for the result of a call that has none: the client stopped, or lost it. */
const MISSING_RESULT = 'No result: this tool call was not completed.'
/** What a result says whose images stand behind the results. */
const RESULT_BELOW = 'See the attachment below the results.'
/** What introduces documents where the user says nothing; facts C6: a document needs a text block beside it. */
const DOCUMENTS_ATTACHED = 'The document is attached.'

/** Everything between two assistant turns: the results that Bedrock expects, then what users say. */
export function toUserTurn(messages: readonly PlacedUser[], options: UserOptions): UserTurn {
  const { context, tally, calls } = options
  const answers = createAnswers(calls)
  const moved: (readonly ContentBlock[])[] = [options.media]
  const said: (readonly ContentBlock[])[] = []
  for (const placed of messages) {
    if (isUser(placed)) {
      said.push(sayUser(placed, options))
      continue
    }
    const answer = answers.find(placed.message.toolCallId)
    if (answer === null) said.push(sayOrphan(placed, options))
    else moved.push(giveAnswer(placed, answer, options))
  }
  const rest = introduceDocuments([...moved, ...said].flat(), tally)
  const results: ContentBlock[] = []
  for (const answer of answers.list) {
    if (!answer.answered) tally.toolResultsFilled += 1
    results.push({ toolResult: toToolResult(answer, context.target.capabilities) })
    appendCachePoint(results, answer.cacheControl)
  }
  return { results, rest }
}

function isUser(placed: PlacedUser): placed is Placed<UserMessage> {
  return placed.message.role === 'user'
}

function sayUser(placed: Placed<UserMessage>, { context, tally }: UserOptions): readonly ContentBlock[] {
  const { blocks } = sayParts(placed, { context, tally, inline: true })
  if (blocks.length === 0) {
    tally.blankMessagesFilled += 1
    blocks.push({ text: FILLER })
  }
  appendCachePoint(blocks, placed.message.cacheControl)
  return blocks
}

/** Puts one tool message into an answer; returns the media that have to stand behind the results. */
function giveAnswer(
  placed: Placed<ToolMessage>,
  answer: Answer,
  { context, tally }: UserOptions,
): readonly ContentBlock[] {
  const { blocks } = sayParts(placed, { context, tally, inline: true })
  const said = blocks.filter(({ cachePoint }) => cachePoint === undefined)
  const fits = (block: ContentBlock): boolean => fitsResult(block, context.target.capabilities)
  const content = said.filter(fits)
  const moved = said.filter((block) => !fits(block))
  tally.mediaMovedToUser += moved.length
  // Bedrock refuses a second result with the same id (BerriAI/litellm#20048): what it adds goes into the first.
  if (answer.answered) tally.duplicateResultsMerged += 1
  if (answer.answered && isSame(content, answer.content)) return moved
  if (content.length === 0 && answer.content.length === 0) {
    if (moved.length > 0) answer.content.push({ text: RESULT_BELOW })
    else if (!answer.answered) tally.blankMessagesFilled += 1
  }
  for (const block of content) answer.content.push(block)
  answer.answered = true
  answer.cacheControl ??= placed.message.cacheControl ?? partMark(placed.message)
  return moved
}

/** Cheap where it matters: a client may send 100,000 results for one call. */
function isSame(first: readonly ContentBlock[], second: readonly ContentBlock[]): boolean {
  return first.length === second.length && JSON.stringify(first) === JSON.stringify(second)
}

/** A tool result takes no cache point inside: the mark of a part goes behind the result. */
function partMark({ content }: ToolMessage): CacheControl | null {
  const marks = content.flatMap((part) => ('cacheControl' in part && part.cacheControl) || [])
  return marks.at(-1) ?? null
}

/**
 * Whether a tool result may hold this block (service model: image, document, video). Nova reads documents from users only:
 * recording 0874, where its own format has no place for the result.
 */
function fitsResult(block: ContentBlock, { toolResultMedia, family }: Capabilities): boolean {
  if (block.text !== undefined) return true
  if (!toolResultMedia) return false
  if (block.document !== undefined) return family !== 'nova'
  return block.image !== undefined || block.video !== undefined
}

function toToolResult(answer: Answer, { family }: Capabilities): ToolResult {
  const { toolUseId, answered, content } = answer
  if (!answered) {
    // ToolResultBlock's documentation: only Nova and Claude read `status`.
    const takesStatus = family === 'claude' || family === 'nova'
    return {
      toolUseId,
      content: [{ text: MISSING_RESULT }],
      ...(takesStatus ? { status: 'error' as const } : {}),
    }
  }
  return { toolUseId, content: content.length > 0 ? content : [{ text: EMPTY_RESULT }] }
}

/** A result without its call, or for a model that takes no tool blocks. */
function sayOrphan(placed: Placed<ToolMessage>, options: UserOptions): readonly ContentBlock[] {
  const { context, tally, toolNames } = options
  if (context.target.capabilities.tools) tally.orphanedResultsTurnedIntoText += 1
  else tally.toolHistoryTurnedIntoText += 1
  const { blocks } = sayParts(placed, { context, tally, inline: true })
  const texts = [...toResultTexts(blocks, toolNames.get(placed.message.toolCallId) ?? null)]
  appendCachePoint(texts, placed.message.cacheControl)
  return texts
}

function introduceDocuments(blocks: readonly ContentBlock[], tally: RepairTally): readonly ContentBlock[] {
  const hasDocument = blocks.some(({ document }) => document !== undefined)
  if (!hasDocument || blocks.some(({ text }) => text !== undefined)) return blocks
  tally.documentsIntroduced += 1
  return [{ text: DOCUMENTS_ATTACHED }, ...blocks]
}
