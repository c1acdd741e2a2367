import type { ChatRequest } from '../openai/types.js'
import { createWireNames, type WireNameRules, type WireNames } from './wire-names.js'

/** Tool names and tool call ids as Bedrock takes them, without collisions, the same for the same request. */
export interface ToolNames {
  /** `[a-zA-Z0-9_-]{1,64}` for any name. */
  toWireName(name: string): string
  /** `[a-zA-Z0-9_.:-]{1,64}` for any id. */
  toWireId(id: string): string
  /** A wire name for a tool of ours that none of the client's tools has. */
  reserveName(name: string): string
  /** The client's names by wire name; only those that differ. */
  readonly changed: Readonly<Record<string, string>>
}

// Service model: ToolName and ToolUseId (bedrock-facts C3).
const NAME_RULES: WireNameRules = { forbidden: /[^a-zA-Z0-9_-]/gu, charactersMax: 64 }
const ID_RULES: WireNameRules = { forbidden: /[^a-zA-Z0-9_.:-]/gu, charactersMax: 64 }

/** Names every tool of the request: its definitions, its choice, and the calls of its history. */
export function createToolNames({ tools, toolChoice, messages }: ChatRequest): ToolNames {
  const calls = messages.flatMap((message) => (message.role === 'assistant' ? message.toolCalls : []))
  const names = createWireNames(NAME_RULES, [
    ...tools.map(({ name }) => name),
    ...(toolChoice?.type === 'named' ? [toolChoice.name] : []),
    ...calls.map(({ name }) => name),
  ])
  // Most chats have no calls.
  let ids: WireNames | null = null
  return {
    toWireName: names.toWire,
    toWireId(id) {
      ids ??= createWireNames(
        ID_RULES,
        calls.map((call) => call.id),
      )
      return ids.toWire(id)
    },
    reserveName: names.reserve,
    changed: names.changed,
  }
}
