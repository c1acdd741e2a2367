import type { ContentBlock, ToolUse } from '../bedrock/types.js'
import type { ToolCall } from '../openai/types.js'
import { appendCachePoint } from './cache-marks.js'
import { FILLER, type MediaBlock, sayParts } from './message-blocks.js'
import type { TranslationContext } from './policy.js'
import { toReasoningBlocks } from './reasoning-history.js'
import type { RepairTally } from './repairs.js'
import { toToolInput } from './tool-input.js'
import { toCallText } from './tool-text.js'
import type { AssistantMessage, Placed } from './turns.js'

/** A call that waits for its result in the next turn. */
export interface OpenCall {
  readonly call: ToolCall
  readonly toolUse: ToolUse
}

export interface AssistantTurn {
  readonly content: readonly ContentBlock[]
  /** In the order of the content; empty for models without tools. */
  readonly calls: readonly OpenCall[]
  /** For the user turn that follows: Bedrock takes images and documents from users only (facts C6). */
  readonly media: readonly MediaBlock[]
}

export interface AssistantOptions {
  readonly context: TranslationContext
  readonly tally: RepairTally
  /** A wire name for a tool. */
  readonly toWireName: (name: string) => string
  /** A wire id that no earlier call of the conversation had. */
  readonly toFreshId: (id: string) => string
}

/**
 * One assistant turn: thoughts, then words, then calls. Claude demands a thought first where it thinks, and its turn may
 * not end in one; clients that cut a turn into messages (one for each call) are put together again in this order.
 */
export function toAssistantTurn(
  messages: readonly Placed<AssistantMessage>[],
  options: AssistantOptions,
): AssistantTurn {
  const { context, tally } = options
  const takesTools = context.target.capabilities.tools
  const words: (readonly ContentBlock[])[] = []
  const media: (readonly MediaBlock[])[] = []
  for (const placed of messages) {
    const said = sayParts(placed, { context, tally, inline: false })
    tally.mediaMovedToUser += said.media.length
    media.push(said.media)
    const { toolCalls, cacheControl } = placed.message
    if (!takesTools) {
      tally.toolHistoryTurnedIntoText += toolCalls.length
      for (const call of toolCalls) said.blocks.push(toCallText(call))
    }
    if (said.blocks.length === 0 && toolCalls.length === 0) {
      tally.blankMessagesFilled += 1
      said.blocks.push({ text: FILLER })
    }
    if (!takesTools || toolCalls.length === 0) appendCachePoint(said.blocks, cacheControl)
    words.push(said.blocks)
  }
  const calls = takesTools ? toOpenCalls(messages, options) : []
  const uses: ContentBlock[] = calls.map(({ toolUse }) => ({ toolUse }))
  const mark = messages.findLast(({ message }) => message.toolCalls.length > 0)?.message.cacheControl ?? null
  appendCachePoint(uses, mark)
  const thoughts = toReasoningBlocks(
    messages.map(({ message }) => message),
    context,
  )
  const reasoning = thoughts.map((reasoningContent) => ({ reasoningContent }))
  return { content: [...reasoning, ...words.flat(), ...uses], calls, media: media.flat() }
}

function toOpenCalls(
  messages: readonly Placed<AssistantMessage>[],
  { tally, toWireName, toFreshId }: AssistantOptions,
): readonly OpenCall[] {
  const calls = new Map<string, ToolCall>()
  for (const call of messages.flatMap(({ message }) => message.toolCalls)) {
    // Clients that merge streams send a call twice, and Bedrock refuses the second id (BerriAI/litellm#19324).
    const key = JSON.stringify([call.id, call.name, call.arguments])
    if (calls.has(key)) tally.duplicateCallsDropped += 1
    else calls.set(key, call)
  }
  return [...calls.values()].map((call) => {
    const { input, mended } = toToolInput(call.arguments)
    if (mended) tally.toolArgumentsMended += 1
    return { call, toolUse: { toolUseId: toFreshId(call.id), name: toWireName(call.name), input } }
  })
}
