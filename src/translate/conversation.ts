import type { ContentBlock, Message, Role, SystemBlock } from '../bedrock/types.js'
import type { Capabilities } from '../catalog/types.js'
import { GatewayError } from '../errors.js'
import type { ChatRequest } from '../openai/types.js'
import { type AssistantTurn, toAssistantTurn } from './assistant-turn.js'
import { appendCachePoint } from './cache-marks.js'
import { FILLER, sayParts } from './message-blocks.js'
import type { TranslationContext } from './policy.js'
import { createRepairTally, type RepairTally, type Sanitized } from './repairs.js'
import type { ToolNames } from './tool-names.js'
import {
  type AssistantMessage,
  type Placed,
  type PlacedUser,
  type SystemMessage,
  type Turn,
  toTurns,
} from './turns.js'
import { toUserTurn } from './user-turn.js'

export interface Conversation {
  readonly messages: readonly Message[]
  readonly system: readonly SystemBlock[]
  readonly sanitized: Sanitized
}

interface OpenMessage {
  readonly role: Role
  readonly content: ContentBlock[]
}

/** What the user says where a model does not go on with its own words. */
const CONTINUE = 'Continue exactly where you stopped.'

const NOTHING_OPEN: AssistantTurn = { content: [], calls: [], media: [] }

/**
 * The history as Bedrock accepts it: system text apart, a user first, roles alternating, no blank text, no empty message,
 * every tool call answered in the turn that follows and only there. Models without a system role get the system text as
 * the first user text.
 */
export function toConversation(
  request: ChatRequest,
  context: TranslationContext,
  names: ToolNames,
): Conversation {
  const { capabilities } = context.target
  const tally = createRepairTally()
  const { system: systemMessages, turns, neighboursMerged } = toTurns(request.messages)
  tally.neighboursMerged = neighboursMerged
  const system = toSystem(systemMessages, context, tally)
  const messages = toMessages(withoutBlankEnd(turns, tally), { context, names, tally })
  if (!capabilities.systemPrompt && system.length > 0) putIntoFirstUser(messages, system.splice(0))
  if (messages[0]?.role !== 'user') {
    tally.leadingUsersAdded += 1
    messages.unshift({ role: 'user', content: [{ text: FILLER }] })
  }
  endForModel(messages, capabilities, tally)
  return { messages, system, sanitized: tally }
}

/** The alias speaks before the client. */
function toSystem(
  messages: readonly Placed<SystemMessage>[],
  context: TranslationContext,
  tally: RepairTally,
): SystemBlock[] {
  const ofAlias = context.target.defaults?.systemPrompt ?? ''
  const system: (readonly SystemBlock[])[] = ofAlias.trim() === '' ? [] : [[{ text: ofAlias }]]
  for (const placed of messages) {
    requireText(placed)
    // Blank parts of system messages have a count of their own.
    const { blocks } = sayParts(placed, { context, tally: createRepairTally(), inline: false })
    if (blocks.length === 0) tally.blankSystemDropped += 1
    else appendCachePoint(blocks, placed.message.cacheControl)
    system.push(blocks as readonly SystemBlock[])
  }
  return system.flat()
}

function requireText({ message, param }: Placed<SystemMessage>): void {
  const index = message.content.findIndex(({ type }) => type !== 'text')
  const part = message.content[index]
  if (part === undefined) return
  const path = `${param}.content[${index}]`
  throw new GatewayError(
    'unsupported',
    `${path}: ${message.role} messages take text only: put the ${part.type} part into a user message`,
    { param: path },
  )
}

/** An answer that is empty is nothing to go on with: the model is to answer what stands before it. */
function withoutBlankEnd(turns: readonly Turn[], tally: RepairTally): readonly Turn[] {
  const last = turns.at(-1)
  if (turns.length < 2 || last?.role !== 'assistant' || !last.messages.every(isBlank)) return turns
  tally.blankAnswersDropped += last.messages.length
  return turns.slice(0, -1)
}

function isBlank({ message: { content, toolCalls } }: Placed<AssistantMessage>): boolean {
  return toolCalls.length === 0 && content.every((part) => part.type === 'text' && part.text.trim() === '')
}

interface MessagesOptions {
  readonly context: TranslationContext
  readonly names: ToolNames
  readonly tally: RepairTally
}

function toMessages(turns: readonly Turn[], { context, names, tally }: MessagesOptions): OpenMessage[] {
  const messages: OpenMessage[] = []
  const toolNames = new Map<string, string>()
  const toFreshId = createFreshIds(names, tally)
  let open = NOTHING_OPEN

  const addUserTurn = (placed: readonly PlacedUser[]): void => {
    const { calls, media } = open
    const { results, rest } = toUserTurn(placed, { calls, media, context, tally, toolNames })
    open = NOTHING_OPEN
    if (results.length > 0 && rest.length > 0 && !context.target.capabilities.toolResultWithText) {
      // "Conversation blocks and tool result blocks cannot be provided in the same turn" (langchain-ai/langchain-aws#141).
      tally.toolResultsSetApart += 1
      messages.push({ role: 'user', content: [...results] })
      messages.push({ role: 'assistant', content: [{ text: FILLER }] })
      messages.push({ role: 'user', content: [...rest] })
    } else messages.push({ role: 'user', content: [...results, ...rest] })
  }

  const addAssistantTurn = ({ content, calls }: AssistantTurn): void => {
    const words = content.filter((block) => block.text !== undefined)
    const apart = calls.length > 0 && words.length > 0 && !context.target.capabilities.toolResultWithText
    if (apart) {
      // The same words as above, of the turn that calls (langchain-ai/langchain-aws#1118: Mistral Large 24.02, Llama 3.2).
      tally.toolCallsSetApart += 1
      messages.push({ role: 'assistant', content: [...words] })
      messages.push({ role: 'user', content: [{ text: FILLER }] })
    }
    messages.push({ role: 'assistant', content: content.filter((block) => !apart || !words.includes(block)) })
  }

  for (const turn of turns) {
    if (turn.role === 'user') addUserTurn(turn.messages)
    else {
      for (const { message } of turn.messages) {
        for (const { id, name } of message.toolCalls) toolNames.set(id, name)
      }
      open = toAssistantTurn(turn.messages, { context, tally, toWireName: names.toWireName, toFreshId })
      addAssistantTurn(open)
    }
  }
  if (open.calls.length > 0 || open.media.length > 0) addUserTurn([])
  return messages
}

/** Ids that are used again in a later turn (names as ids, counters that start anew) would be taken for one another. */
function createFreshIds(names: ToolNames, tally: RepairTally): (id: string) => string {
  const used = new Set<string>()
  const usesById = new Map<string, number>()
  return (id) => {
    let uses = usesById.get(id) ?? 0
    let wireId = names.toWireId(id)
    if (used.has(wireId)) tally.repeatedCallIdsRenamed += 1
    while (used.has(wireId)) {
      uses += 1
      wireId = names.toWireId(`${id} #${uses + 1}`)
    }
    usesById.set(id, uses)
    used.add(wireId)
    return wireId
  }
}

/** Puts system text in front of the first user turn, or makes one. */
function putIntoFirstUser(messages: OpenMessage[], system: readonly SystemBlock[]): void {
  const first = messages[0]?.role === 'user' ? messages.shift() : undefined
  messages.unshift({ role: 'user', content: [...system, ...(first?.content ?? [])] })
}

/** A conversation that ends with the assistant asks the model to go on with these words ("prefill"). */
function endForModel(messages: OpenMessage[], capabilities: Capabilities, tally: RepairTally): void {
  const last = messages.at(-1)
  if (last?.role !== 'assistant') return
  if (takesPrefill(capabilities)) {
    if (capabilities.family === 'claude') trimEnd(last.content, tally)
    return
  }
  tally.trailingUsersAdded += 1
  messages.push({ role: 'user', content: [{ text: CONTINUE }] })
}

/**
 * Claude up to 4.5 and Nova go on. Claude 4.6 and later: "does not support assistant message prefill"
 * (strands-agents/harness-sdk#1694). Others: "requires the last turn in the conversation to be a user message"
 * (i-am-bee/beeai-framework#753, Llama), or they start anew.
 */
function takesPrefill({ family, reasoning }: Capabilities): boolean {
  if (family === 'claude') return reasoning === 'none' || reasoning === 'claude-budget'
  return family === 'nova'
}

/** Claude: "final assistant content cannot end with trailing whitespace". */
function trimEnd(content: ContentBlock[], tally: RepairTally): void {
  const index = content.findLastIndex(({ text }) => text !== undefined)
  const text = content[index]?.text
  if (text === undefined || text === text.trimEnd()) return
  tally.trailingSpaceTrimmed += 1
  content[index] = { text: text.trimEnd() }
}
