import type { ContentBlock, Message, Role, SystemBlock, TextBlock } from '../bedrock/types.js'
import { GatewayError } from '../errors.js'
import type { ChatMessage, ChatRequest, ContentPart } from '../openai/types.js'
import type { TranslationContext } from './policy.js'
import type { ToolNames } from './tool-names.js'

/** How often the rules below had to mend a history; counted in `status`. */
export interface Sanitized {
  readonly blankPartsDropped: number
  readonly blankMessagesFilled: number
  readonly blankSystemDropped: number
  readonly leadingUsersAdded: number
  readonly neighboursMerged: number
}

export interface Conversation {
  readonly messages: readonly Message[]
  readonly system: readonly SystemBlock[]
  readonly sanitized: Sanitized
}

/** What stands where a message would have no content: Bedrock refuses both blank text and empty content (facts C6). */
const FILLER: TextBlock = { text: '...' }

/**
 * The history as Bedrock accepts it: no blank text, no empty message, system text apart, a user first, roles
 * alternating. Models without a system role get the system text as the first user text.
 */
export function toConversation(
  request: ChatRequest,
  { target }: TranslationContext,
  _names: ToolNames,
): Conversation {
  const tally = {
    blankPartsDropped: 0,
    blankMessagesFilled: 0,
    blankSystemDropped: 0,
    leadingUsersAdded: 0,
    neighboursMerged: 0,
  }
  const system: SystemBlock[] = []
  const turns: { readonly role: Role; readonly content: ContentBlock[] }[] = []

  const append = (role: Role, content: readonly ContentBlock[]): void => {
    const last = turns.at(-1)
    if (last?.role === role) {
      tally.neighboursMerged += 1
      last.content.push(...content)
    } else {
      turns.push({ role, content: [...content] })
    }
  }

  request.messages.forEach((message, index) => {
    const parts = toTexts(message, `messages[${index}]`)
    const texts = parts.filter((part) => part.text.trim() !== '')
    if (message.role === 'system' || message.role === 'developer') {
      if (texts.length === 0) tally.blankSystemDropped += 1
      system.push(...texts)
      return
    }
    tally.blankPartsDropped += parts.length - texts.length
    if (texts.length === 0) tally.blankMessagesFilled += 1
    append(message.role === 'assistant' ? 'assistant' : 'user', texts.length === 0 ? [FILLER] : texts)
  })

  if (!target.capabilities.systemPrompt && system.length > 0) {
    turns.unshift(...toLeadingUser(system.splice(0), turns))
  }
  if (turns[0]?.role !== 'user') {
    tally.leadingUsersAdded += 1
    turns.unshift({ role: 'user', content: [FILLER] })
  }
  return { messages: turns, system, sanitized: tally }
}

/** Puts system text in front of the first user turn, or makes one. Takes that turn out of `turns`. */
function toLeadingUser(
  system: readonly SystemBlock[],
  turns: { readonly role: Role; readonly content: ContentBlock[] }[],
): { readonly role: Role; readonly content: ContentBlock[] }[] {
  const first = turns[0]?.role === 'user' ? turns.shift() : undefined
  return [{ role: 'user', content: [...system, ...(first?.content ?? [])] }]
}

function toTexts(message: ChatMessage, param: string): readonly TextBlock[] {
  if (message.role === 'tool') {
    throw unsupported(
      `${param}.role`,
      'tool results are not supported by this version: leave tool messages out',
    )
  }
  if (message.role === 'assistant' && message.toolCalls.length > 0) {
    throw unsupported(`${param}.tool_calls`, 'tool calls are not supported by this version: leave them out')
  }
  return message.content.map((part, index) => toText(part, `${param}.content[${index}]`))
}

function toText(part: ContentPart, param: string): TextBlock {
  if (part.type === 'text') return { text: part.text }
  throw unsupported(param, `${part.type} parts are not supported by this version: send text parts only`)
}

function unsupported(param: string, what: string): GatewayError {
  return new GatewayError('unsupported', `${param}: ${what}`, { param })
}
