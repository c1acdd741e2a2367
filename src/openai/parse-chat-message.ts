import { type Fields, fieldError, isFields, parseFields } from './fields.js'
import { parseCacheControl } from './parse-cache-control.js'
import { parseContent } from './parse-content-part.js'
import { parseReasoningDetails } from './parse-reasoning-details.js'
import { parseToolCallId, parseToolCalls } from './parse-tool-calls.js'
import type { ChatMessage } from './types.js'

const ROLES = '"system", "developer", "user", "assistant" or "tool"'

/** One message of a chat request. Throws a `GatewayError` that names the member below `param`. */
export function parseChatMessage(value: unknown, param: string): ChatMessage {
  const fields = parseFields(value, param)
  const content = parseContent(spokenContent(fields), `${param}.content`)
  const cacheControl = parseCacheControl(fields, param)
  const role = fields['role']
  switch (role) {
    case 'system':
    case 'developer':
    case 'user':
      return { role, content, cacheControl }
    case 'assistant':
      return {
        role,
        content,
        toolCalls: parseToolCalls(fields, param),
        reasoning: parseReasoningDetails(fields),
        cacheControl,
      }
    case 'tool':
    case 'function':
      return { role: 'tool', content, toolCallId: parseToolCallId(fields, param), cacheControl }
    default:
      throw fieldError(`${param}.role`, ROLES, role)
  }
}

/** Anthropic's clients have an assistant's thoughts among the parts; `parseReasoningDetails` reads them. */
function spokenContent({ role, content }: Fields): unknown {
  if (role !== 'assistant' || !Array.isArray(content)) return content
  return content.filter((part) => !isThought(part))
}

function isThought(part: unknown): boolean {
  return isFields(part) && (part['type'] === 'thinking' || part['type'] === 'redacted_thinking')
}
