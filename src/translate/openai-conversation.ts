import type { OpenAiMessage, OpenAiPart, OpenAiToolCall } from '../bedrock/openai-types.js'
import { GatewayError } from '../errors.js'
import { isFields } from '../openai/fields.js'
import type { ChatMessage, ChatRequest, MediaPart, ToolCall } from '../openai/types.js'
import { type AskedCall, createAnswers } from './answers.js'
import type { TranslationContext } from './policy.js'
import { createRepairTally, type RepairTally, type Sanitized } from './repairs.js'
import type { ToolNames } from './tool-names.js'

export interface OpenAiConversation {
  readonly messages: readonly OpenAiMessage[]
  readonly sanitized: Sanitized
}

/** What stands where a message would be empty, as in a Converse history. */
const FILLER = '...'
const NO_RESULT = 'The tool gave no result.'

type Turn =
  | { readonly role: 'user'; readonly parts: OpenAiPart[] }
  | { readonly role: 'assistant'; text: string; readonly calls: readonly OpenAiToolCall[] }
  | { readonly role: 'tool'; readonly toolCallId: string; readonly text: string }

/**
 * The history as the chat templates of open models accept it, and as Converse would have it: one system message in front
 * (several templates refuse any other), no blank text, a user first, no two users or plain assistants in a row, each call
 * with its result. Results that answer no call become user text; media of results, which `tool` messages can't carry,
 * follow in a user message. Throws a `GatewayError` that names the part for media that can't be said in OpenAI's words.
 */
export function toOpenAiConversation(
  request: ChatRequest,
  context: TranslationContext,
  names: ToolNames,
): OpenAiConversation {
  const { target } = context
  const tally = createRepairTally()
  const ofAlias = target.defaults?.systemPrompt ?? ''
  const system: string[] = ofAlias.trim() === '' ? [] : [ofAlias]
  const turns: Turn[] = []
  /** What answers the calls of the turn before. */
  let answers = createAnswers([])
  /** Media of results, and results of no call: they follow when all results are there. */
  let afterRound: OpenAiPart[] = []

  function endToolRound(): void {
    for (const { toolUseId, content, answered } of answers.list) {
      if (!answered) tally.toolResultsFilled += 1
      const text = content.flatMap((block) => block.text ?? []).join('\n\n')
      turns.push({ role: 'tool', toolCallId: toolUseId, text: text === '' ? NO_RESULT : text })
    }
    answers = createAnswers([])
    const parts = afterRound
    afterRound = []
    if (parts.length > 0) pushUser(parts)
  }

  function pushUser(parts: readonly OpenAiPart[]): void {
    const last = turns.at(-1)
    if (last?.role !== 'user') turns.push({ role: 'user', parts: [...parts] })
    // One by one: a call takes only so many arguments.
    else for (const part of parts) last.parts.push(part)
  }

  function addUser(parts: readonly OpenAiPart[]): void {
    endToolRound()
    if (turns.at(-1)?.role === 'user') tally.neighboursMerged += 1
    pushUser(parts)
  }

  function addAssistant(text: string, toolCalls: readonly ToolCall[]): void {
    endToolRound()
    const asked = toAskedCalls(toolCalls, tally)
    const calls = asked.map((each) => toCall(each, names))
    const last = turns.at(-1)
    if (last?.role === 'assistant' && last.calls.length === 0 && calls.length === 0) {
      tally.neighboursMerged += 1
      last.text = `${last.text}\n\n${text}`
    } else {
      turns.push({ role: 'assistant', text, calls })
      answers = createAnswers(asked)
    }
  }

  function addResult(toolCallId: string, text: string, media: readonly OpenAiPart[]): void {
    const answer = answers.find(toolCallId)
    if (answer === null) {
      tally.orphanedResultsTurnedIntoText += 1
      afterRound.push({ type: 'text', text: `Result of a tool: ${text === '' ? FILLER : text}` })
    } else {
      if (answer.answered) tally.duplicateResultsMerged += 1
      if (text !== '' && answer.content.at(-1)?.text !== text) answer.content.push({ text })
      answer.answered = true
    }
    for (const part of media) afterRound.push(part)
  }

  function fill(text: string): string {
    if (text !== '') return text
    tally.blankMessagesFilled += 1
    return FILLER
  }

  request.messages.forEach((message, index) => {
    const parts = toParts(message, context, `messages[${index}].content`)
    const told = parts.filter((part) => part.type !== 'text' || part.text.trim() !== '')
    const text = joinTexts(told)
    const media = told.filter((part) => part.type !== 'text')
    switch (message.role) {
      case 'system':
      case 'developer':
        if (text === '') tally.blankSystemDropped += 1
        else system.push(text)
        return
      case 'user':
        tally.blankPartsDropped += parts.length - told.length
        addUser(told.length > 0 ? told : [{ type: 'text', text: fill('') }])
        return
      case 'assistant':
        tally.blankPartsDropped += parts.length - told.length
        addAssistant(message.toolCalls.length > 0 ? text : fill(text), message.toolCalls)
        return
      case 'tool':
        addResult(message.toolCallId, text, media)
        return
      default:
        message satisfies never
    }
  })
  endToolRound()

  if (turns[0]?.role !== 'user') {
    tally.leadingUsersAdded += 1
    turns.unshift({ role: 'user', parts: [{ type: 'text', text: FILLER }] })
  }
  const systemText = system.join('\n\n')
  const first = turns[0]
  if (systemText !== '' && !target.capabilities.systemPrompt && first?.role === 'user')
    first.parts.unshift({ type: 'text', text: systemText })
  const leading: OpenAiMessage[] =
    systemText !== '' && target.capabilities.systemPrompt ? [{ role: 'system', content: systemText }] : []
  return { messages: [...leading, ...turns.map(toMessage)], sanitized: tally }
}

function toMessage(turn: Turn): OpenAiMessage {
  switch (turn.role) {
    case 'user':
      // Text alone goes as a string: not every server takes parts.
      return {
        role: 'user',
        content: turn.parts.every((part) => part.type === 'text') ? joinTexts(turn.parts) : turn.parts,
      }
    case 'assistant':
      return {
        role: 'assistant',
        content: turn.text === '' ? null : turn.text,
        ...(turn.calls.length > 0 ? { tool_calls: turn.calls } : {}),
      }
    case 'tool':
      return { role: 'tool', tool_call_id: turn.toolCallId, content: turn.text }
    default:
      return turn satisfies never
  }
}

function joinTexts(parts: readonly OpenAiPart[]): string {
  return parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n\n')
}

/** Each call once and under an id of its own: ids are names for clients without ids, and clients that merge streams repeat calls. */
function toAskedCalls(calls: readonly ToolCall[], tally: RepairTally): readonly AskedCall[] {
  const distinct = new Map(calls.map((call) => [JSON.stringify([call.id, call.name, call.arguments]), call]))
  tally.duplicateCallsDropped += calls.length - distinct.size
  const used = new Set<string>()
  const usesById = new Map<string, number>()
  return [...distinct.values()].map((call) => {
    let uses = usesById.get(call.id) ?? 0
    let toolUseId = call.id
    if (used.has(toolUseId)) tally.repeatedCallIdsRenamed += 1
    while (used.has(toolUseId)) {
      uses += 1
      toolUseId = `${call.id}_${uses + 1}`
    }
    usesById.set(call.id, uses)
    used.add(toolUseId)
    return { call, toolUse: { toolUseId } }
  })
}

/** Servers parse the arguments of a history and refuse what is no object: what was cut goes as text in one. */
function toCall({ call, toolUse }: AskedCall, names: ToolNames): OpenAiToolCall {
  const { name, arguments: json } = call
  return {
    id: toolUse.toolUseId,
    type: 'function',
    function: { name: names.toWireName(name), arguments: toObjectJson(json) },
  }
}

function toObjectJson(json: string): string {
  if (json.trim() === '') return '{}'
  try {
    if (isFields(JSON.parse(json))) return json
  } catch {
    // Falls through: the same as another JSON value.
  }
  return JSON.stringify({ arguments: json })
}

function toParts(
  message: ChatMessage,
  { target, media }: TranslationContext,
  param: string,
): readonly OpenAiPart[] {
  return message.content.map((part, index) => {
    const place = `${param}[${index}]`
    if (part.type === 'text') return { type: 'text', text: part.text }
    const said = toMediaPart(part, media)
    if (said !== null) return said
    throw new GatewayError('unsupported', `${place}: ${target.requested} takes no ${part.type} parts here`, {
      param: place,
    })
  })
}

/** Documents of text go as their text; others have no words in this dialect (null), nor has video. */
function toMediaPart(part: MediaPart, media: TranslationContext['media']): OpenAiPart | null {
  const block = media.get(part)
  if (block?.image !== undefined) {
    const { format, source } = block.image
    const detail = part.type === 'image' && part.detail !== null ? { detail: part.detail } : {}
    return {
      type: 'image_url',
      image_url: { url: `data:image/${format};base64,${source.bytes}`, ...detail },
    }
  }
  if (block?.audio !== undefined)
    return {
      type: 'input_audio',
      input_audio: { data: block.audio.source.bytes, format: block.audio.format },
    }
  if (block?.document !== undefined && TEXT_DOCUMENTS.has(block.document.format)) {
    const text = Buffer.from(block.document.source.bytes, 'base64').toString('utf8')
    return { type: 'text', text: `${block.document.name}:\n${text}` }
  }
  return block?.text === undefined ? null : { type: 'text', text: block.text }
}

const TEXT_DOCUMENTS: ReadonlySet<string> = new Set(['txt', 'md', 'csv', 'html'])
