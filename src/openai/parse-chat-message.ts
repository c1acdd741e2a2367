import {
  type Fields,
  fieldError,
  isFields,
  parseArray,
  parseFields,
  parseName,
  parseOptional,
  parseString,
} from './fields.js'
import { parseCacheControl } from './parse-cache-control.js'
import { parseReasoning } from './parse-reasoning.js'
import { parseToolCallId, parseToolCalls } from './parse-tool-calls.js'
import type { ChatMessage, ContentPart } from './types.js'

const ROLES = '"system", "developer", "user", "assistant" or "tool"'
const PART_TYPES = '"text", "image_url", "file", "input_audio" or "video_url"'

/** One message of a chat request. Throws a `GatewayError` that names the member below `param`. */
export function parseChatMessage(value: unknown, param: string): ChatMessage {
  const fields = parseFields(value, param)
  const content = parseContent(fields, param)
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
        reasoning: parseReasoning(fields),
        cacheControl,
      }
    case 'tool':
    case 'function':
      return { role: 'tool', content, toolCallId: parseToolCallId(fields, param), cacheControl }
    default:
      throw fieldError(`${param}.role`, ROLES, role)
  }
}

/** Content is a string, a list of parts, or null and absent (an assistant that only called tools). */
function parseContent(message: Fields, messageParam: string): readonly ContentPart[] {
  const value = message['content']
  const param = `${messageParam}.content`
  if (value === undefined || value === null) return []
  if (typeof value === 'string') return [{ type: 'text', text: value, cacheControl: null }]
  if (!Array.isArray(value)) throw fieldError(param, 'a string or an array of parts', value)
  const isAssistant = message['role'] === 'assistant'
  return parseArray(value, param, (part, path) =>
    isAssistant && isThought(part) ? [] : [parsePart(part, path)],
  ).flat()
}

/** Anthropic's clients have thoughts among the parts; `parseReasoning` reads them. */
function isThought(part: unknown): boolean {
  return isFields(part) && (part['type'] === 'thinking' || part['type'] === 'redacted_thinking')
}

function parsePart(value: unknown, param: string): ContentPart {
  const part = parseFields(value, param)
  switch (part['type']) {
    case 'text':
    // What the Responses API calls its text parts.
    case 'input_text':
    case 'output_text':
      return parseText(part, 'text', param)
    case 'refusal':
      return parseText(part, 'refusal', param)
    case 'image_url':
      return parseImage(part, param)
    case 'file':
      return parseFile(part, param)
    case 'input_audio':
      return parseAudio(parseFields(part['input_audio'], `${param}.input_audio`), `${param}.input_audio`)
    case 'video_url':
      return { type: 'video', url: parseUrl(part['video_url'], `${param}.video_url`) }
    default:
      throw fieldError(`${param}.type`, PART_TYPES, part['type'])
  }
}

function parseText(part: Fields, member: 'text' | 'refusal', param: string): ContentPart {
  const text = parseString(part[member], `${param}.${member}`)
  return { type: 'text', text, cacheControl: parseCacheControl(part, param) }
}

function parseImage(part: Fields, param: string): ContentPart {
  const path = `${param}.image_url`
  const image = part['image_url']
  return {
    type: 'image',
    url: parseUrl(image, path),
    detail: isFields(image) ? parseOptional(image['detail'], `${path}.detail`, parseString) : null,
    cacheControl: parseCacheControl(part, param),
  }
}

/** An object with a `url`, or the address itself. */
function parseUrl(value: unknown, param: string): string {
  if (typeof value === 'string') return parseName(value, param)
  return parseName(parseFields(value, param)['url'], `${param}.url`)
}

function parseFile(part: Fields, partParam: string): ContentPart {
  const param = `${partParam}.file`
  const file = parseFields(part['file'], param)
  return {
    type: 'file',
    fileName: parseOptional(file['filename'], `${param}.filename`, parseString),
    fileData: parseOptional(file['file_data'], `${param}.file_data`, parseString),
    fileId: parseOptional(file['file_id'], `${param}.file_id`, parseString),
    cacheControl: parseCacheControl(part, partParam),
  }
}

function parseAudio(audio: Fields, param: string): ContentPart {
  return {
    type: 'audio',
    data: parseName(audio['data'], `${param}.data`),
    format: parseName(audio['format'], `${param}.format`),
  }
}
