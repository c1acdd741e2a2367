import {
  type Fields,
  fieldError,
  parseArray,
  parseFields,
  parseName,
  parseOptional,
  parseString,
} from './fields.js'
import type { ChatMessage, ContentPart, ToolCall } from './types.js'

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

/** Content is a string, a list of parts, or null and absent (an assistant that only called tools). */
function parseContent(value: unknown, param: string): readonly ContentPart[] {
  if (value === undefined || value === null) return []
  if (typeof value === 'string') return [{ type: 'text', text: value, cacheControl: null }]
  if (Array.isArray(value)) return parseArray(value, param, parsePart)
  throw fieldError(param, 'a string or an array of parts', value)
}

function parsePart(value: unknown, param: string): ContentPart {
  const part = parseFields(value, param)
  switch (part['type']) {
    case 'text':
      return { type: 'text', text: parseString(part['text'], `${param}.text`), cacheControl: null }
    case 'refusal':
      return { type: 'text', text: parseString(part['refusal'], `${param}.refusal`), cacheControl: null }
    case 'image_url':
      return parseImage(part['image_url'], `${param}.image_url`)
    case 'file':
      return parseFile(parseFields(part['file'], `${param}.file`), `${param}.file`)
    case 'input_audio':
      return parseAudio(parseFields(part['input_audio'], `${param}.input_audio`), `${param}.input_audio`)
    default:
      throw fieldError(`${param}.type`, '"text", "image_url", "file" or "input_audio"', part['type'])
  }
}

function parseImage(value: unknown, param: string): ContentPart {
  if (typeof value === 'string')
    return { type: 'image', url: parseName(value, param), detail: null, cacheControl: null }
  const image = parseFields(value, param)
  return {
    type: 'image',
    url: parseName(image['url'], `${param}.url`),
    detail: parseOptional(image['detail'], `${param}.detail`, parseString),
    cacheControl: null,
  }
}

function parseFile(file: Fields, param: string): ContentPart {
  return {
    type: 'file',
    fileName: parseOptional(file['filename'], `${param}.filename`, parseString),
    fileData: parseOptional(file['file_data'], `${param}.file_data`, parseString),
    fileId: parseOptional(file['file_id'], `${param}.file_id`, parseString),
    cacheControl: null,
  }
}

function parseAudio(audio: Fields, param: string): ContentPart {
  return {
    type: 'audio',
    data: parseName(audio['data'], `${param}.data`),
    format: parseName(audio['format'], `${param}.format`),
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
