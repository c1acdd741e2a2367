import type { ToolUse } from '../bedrock/types.js'
import type { ReplyPlan } from './policy.js'

/** Whom a tool use of a reply is for: the client, us (its input is the answer), or a tool that ran inside Bedrock. */
export type ToolUser = 'client' | 'answer' | 'bedrock'

/** Tools that ran inside Bedrock have their result in the same reply: a client that called them would call them twice. */
export function toToolUser(
  { type, name }: Pick<ToolUse, 'type' | 'name'>,
  { answerTool }: ReplyPlan,
): ToolUser {
  if (type === 'server_tool_use') return 'bedrock'
  return name === answerTool ? 'answer' : 'client'
}

/** What a call without arguments has as its arguments: clients parse them. */
export const NO_ARGUMENTS = '{}'

/** The client's own name of a tool. */
export function toClientName(name: string, { toolNames }: ReplyPlan): string {
  return Object.hasOwn(toolNames, name) ? (toolNames[name] ?? name) : name
}

/** An input as JSON text. A string is what the model wrote where it wrote no object: it stays as it is. */
export function toArguments(input: unknown): string {
  if (input === undefined || input === null || input === '') return NO_ARGUMENTS
  return typeof input === 'string' ? input : JSON.stringify(input)
}
