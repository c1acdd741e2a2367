import type { ChatMessage } from '../openai/types.js'

export type AssistantMessage = Extract<ChatMessage, { role: 'assistant' }>
export type UserMessage = Extract<ChatMessage, { role: 'user' }>
export type ToolMessage = Extract<ChatMessage, { role: 'tool' }>
export type SystemMessage = Extract<ChatMessage, { role: 'system' | 'developer' }>

/** A message and where it stands in the request: `messages[3]`. */
export interface Placed<M extends ChatMessage> {
  readonly message: M
  readonly param: string
}

/** A message that becomes part of a user turn: what a user says, or what a tool does. */
export type PlacedUser = Placed<UserMessage> | Placed<ToolMessage>

/** Messages that become one message of Converse. A user turn holds everything between two assistant turns, in any order. */
export type Turn =
  | { readonly role: 'assistant'; readonly messages: Placed<AssistantMessage>[] }
  | { readonly role: 'user'; readonly messages: PlacedUser[] }

export interface Turns {
  readonly system: readonly Placed<SystemMessage>[]
  /** Roles alternate. */
  readonly turns: readonly Turn[]
  /** Messages that joined one of their own role; results beside results are meant to. */
  readonly neighboursMerged: number
}

/** Sorts the messages of a request into system text and alternating turns. */
export function toTurns(messages: readonly ChatMessage[]): Turns {
  const system: Placed<SystemMessage>[] = []
  const turns: Turn[] = []
  let neighboursMerged = 0
  let turnHasUser = false

  const addAssistant = (placed: Placed<AssistantMessage>): void => {
    const last = turns.at(-1)
    if (last?.role !== 'assistant') turns.push({ role: 'assistant', messages: [placed] })
    else {
      neighboursMerged += 1
      last.messages.push(placed)
    }
  }
  const addUser = (placed: PlacedUser): void => {
    const last = turns.at(-1)
    const isUser = placed.message.role === 'user'
    if (last?.role !== 'user') {
      turns.push({ role: 'user', messages: [placed] })
      turnHasUser = isUser
    } else {
      if (isUser && turnHasUser) neighboursMerged += 1
      last.messages.push(placed)
      turnHasUser ||= isUser
    }
  }

  messages.forEach((message, index) => {
    const param = `messages[${index}]`
    switch (message.role) {
      case 'system':
      case 'developer':
        system.push({ message, param })
        break
      case 'assistant':
        addAssistant({ message, param })
        break
      case 'user':
        addUser({ message, param })
        break
      case 'tool':
        addUser({ message, param })
        break
      default:
        message satisfies never
    }
  })
  return { system, turns, neighboursMerged }
}
