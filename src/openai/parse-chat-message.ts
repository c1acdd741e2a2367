import {
  type Fields,
  fieldError,
  parseArray,
  parseFields,
  parseName,
  parseOptional,
  parseString,
} from './fields.js'
import { parseContent } from './parse-content-part.js'
import type { ChatMessage, ToolCall } from './types.js'

const ROLES = '"system", "developer", "user", "assistant" or "tool"'

/** One message of a chat request. Throws a `GatewayError` that names the member below `param`. */
export function parseChatMessage(value: unknown, param: string): ChatMessage {
  const fields = parseFields(value, param)
  const content = parseContent(fields['content'], `${param}.content`)
  const role = fields['role']
  switch (role) {
    case 'system':
    case 'developer':
    case 'user':
      return { role, content, cacheControl: null }
    case 'assistant':
      return {
        role,
        content,
        toolCalls: parseToolCalls(fields, param),
        reasoning: [],
        cacheControl: null,
      }
    case 'tool':
      return {
        role,
        content,
        toolCallId: parseName(fields['tool_call_id'], `${param}.tool_call_id`),
        cacheControl: null,
      }
    default:
      throw fieldError(`${param}.role`, ROLES, role)
  }
}

function parseToolCalls(fields: Fields, param: string): readonly ToolCall[] {
  const calls = fields['tool_calls']
  if (calls === undefined || calls === null) return []
  return parseArray(calls, `${param}.tool_calls`, (value, path) => {
    const call = parseFields(value, path)
    const target = parseFields(call['function'], `${path}.function`)
    return {
      id: parseName(call['id'], `${path}.id`),
      name: parseName(target['name'], `${path}.function.name`),
      arguments: parseOptional(target['arguments'], `${path}.function.arguments`, parseString) ?? '',
    }
  })
}
