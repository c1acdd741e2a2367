import {
  type Fields,
  fieldError,
  parseArray,
  parseFields,
  parseName,
  parseOptional,
  parseString,
} from './fields.js'
import { parseCacheControl } from './parse-cache-control.js'
import type { ContentPart } from './types.js'

type PartParser = (part: Fields, param: string) => ContentPart

/**
 * Every kind of part by its `type`: those of OpenAI's chat API, `video_url` as vLLM and OpenRouter have it, and the names that
 * clients of the Responses API and of Anthropic's API put into chat messages.
 */
const PARTS: Readonly<Record<string, PartParser>> = {
  text: (part, param) => parseText(part, 'text', param),
  refusal: (part, param) => parseText(part, 'refusal', param),
  image_url: parseImage,
  file: (part, param) => parseFile(part, parseFields(part['file'], `${param}.file`), `${param}.file`),
  input_audio: (part, param) => parseAudio(parseFields(part['input_audio'], `${param}.input_audio`), param),
  video_url: parseVideo,
  input_text: (part, param) => parseText(part, 'text', param),
  output_text: (part, param) => parseText(part, 'text', param),
  input_image: parseImage,
  input_file: (part, param) => parseFile(part, part, param),
  image: (part, param) => ({
    type: 'image',
    url: parseSource(part, param),
    detail: null,
    cacheControl: parseCacheControl(part, param),
  }),
  document: (part, param) => ({
    type: 'file',
    fileName: parseOptional(part['title'], `${param}.title`, parseString),
    fileData: parseSource(part, param),
    fileId: null,
    cacheControl: parseCacheControl(part, param),
  }),
}

const PART_TYPES = '"text", "image_url", "file", "input_audio" or "video_url"'

/**
 * The content of a message: a string, a list of parts, or null and absent (an assistant that only called tools). Throws a
 * `GatewayError` that names the member below `param`.
 */
export function parseContent(value: unknown, param: string): readonly ContentPart[] {
  if (value === undefined || value === null) return []
  if (typeof value === 'string') return [{ type: 'text', text: value, cacheControl: null }]
  if (Array.isArray(value)) return parseArray(value, param, parsePart)
  throw fieldError(param, 'a string or an array of parts', value)
}

function parsePart(value: unknown, param: string): ContentPart {
  const part = parseFields(value, param)
  const { type } = part
  const parse = typeof type === 'string' && Object.hasOwn(PARTS, type) ? PARTS[type] : undefined
  if (parse === undefined) throw fieldError(`${param}.type`, PART_TYPES, type)
  return parse(part, param)
}

function parseText(part: Fields, member: string, param: string): ContentPart {
  const text = parseString(part[member], `${param}.${member}`)
  return { type: 'text', text, cacheControl: parseCacheControl(part, param) }
}

/** `image_url` is an object, or the address itself. */
function parseImage(part: Fields, param: string): ContentPart {
  const value = part['image_url']
  const path = `${param}.image_url`
  const cacheControl = parseCacheControl(part, param)
  if (typeof value === 'string') {
    return { type: 'image', url: parseName(value, path), detail: detailOf(part, param), cacheControl }
  }
  const image = parseFields(value, path)
  return {
    type: 'image',
    url: parseName(image['url'], `${path}.url`),
    detail: detailOf(image, path),
    cacheControl,
  }
}

function detailOf(fields: Fields, param: string): string | null {
  return parseOptional(fields['detail'], `${param}.detail`, parseString)
}

function parseFile(part: Fields, file: Fields, param: string): ContentPart {
  const data = parseOptional(file['file_data'], `${param}.file_data`, parseString)
  const url = parseOptional(file['file_url'], `${param}.file_url`, parseString)
  const id = parseOptional(file['file_id'], `${param}.file_id`, parseString)
  // LiteLLM's clients put addresses there.
  const addressInId = id !== null && /^(https?|data):/i.test(id)
  return {
    type: 'file',
    fileName: parseOptional(file['filename'], `${param}.filename`, parseString),
    fileData: data ?? url ?? (addressInId ? id : null),
    fileId: addressInId ? null : id,
    cacheControl: parseCacheControl(part, param),
  }
}

function parseAudio(audio: Fields, param: string): ContentPart {
  const path = `${param}.input_audio`
  return {
    type: 'audio',
    data: parseName(audio['data'], `${path}.data`),
    format: parseName(audio['format'], `${path}.format`),
  }
}

function parseVideo(part: Fields, param: string): ContentPart {
  const value = part['video_url']
  const path = `${param}.video_url`
  if (typeof value === 'string') return { type: 'video', url: parseName(value, path) }
  return { type: 'video', url: parseName(parseFields(value, path)['url'], `${path}.url`) }
}

/** Anthropic's `source`, as a `data:` URI or an address. */
function parseSource(part: Fields, param: string): string {
  const path = `${param}.source`
  const source = parseFields(part['source'], path)
  switch (source['type']) {
    case 'url':
      return parseName(source['url'], `${path}.url`)
    case 'base64': {
      const label = parseOptional(source['media_type'], `${path}.media_type`, parseString) ?? ''
      return `data:${label};base64,${parseString(source['data'], `${path}.data`)}`
    }
    case 'text':
      return `data:text/plain;base64,${Buffer.from(parseString(source['data'], `${path}.data`)).toString('base64')}`
    default:
      throw fieldError(`${path}.type`, '"base64", "url" or "text"', source['type'])
  }
}
