import type { ImageUse } from '../catalog/image-names.js'
import { GatewayError } from '../errors.js'
import { type Fields, fieldError, isFields, parseBoolean, parseFields, parseOptional } from './fields.js'
import { isBlank } from './form-values.js'
import type { ImageRequest } from './image-types.js'
import { parseMessages } from './parse-chat-request.js'
import { parseImageRequest } from './parse-image-request.js'
import type { ContentPart, MediaPart } from './types.js'

/** How the pictures of a chat come back: as images of the message, or in its text, whole or as links. */
export const IMAGE_OUTPUTS = ['images', 'markdown', 'markdown-url'] as const
export type ImageOutput = (typeof IMAGE_OUTPUTS)[number]

/** A picture that the last user message holds. */
export interface ChatPicture {
  readonly part: MediaPart
  /** The part, for errors: `messages[2].content[1]`. */
  readonly param: string
}

/** A chat with an image model, checked: what its last user message asks for. */
export interface ImageChat {
  readonly request: ImageRequest
  /** Empty: the picture is made from words alone. */
  readonly pictures: readonly ChatPicture[]
  readonly output: ImageOutput
  readonly stream: boolean
  /** `stream_options.include_usage`. */
  readonly includeUsage: boolean
}

/** Parameters of a chat that only image models have; they may be set for a name, too. */
export const IMAGE_PARAMETERS = [
  'size',
  'quality',
  'style',
  'background',
  'output_format',
  'output_compression',
  'negative_prompt',
  'image_output',
] as const

/** Members that hold others: those count as if they stood beside them. The last one that says a name is heard. */
const NESTS = ['additional_model_request_fields', 'additionalModelRequestFields', 'extra_body'] as const

/** Members of a chat that are read here. */
const CHAT_MEMBERS = ['messages', 'stream', 'stream_options', 'image_output'] as const

/** What an image request says with these, a chat says in its messages, or (the format of a text) can't be asked of a picture. */
const ELSEWHERE = ['prompt', 'image', 'image[]', 'images', 'mask', 'response_format'] as const

const READ_HERE: ReadonlySet<string> = new Set([...CHAT_MEMBERS, ...ELSEWHERE])

/**
 * A `POST /v1/chat/completions` body that names an image model. The text of the last user message is the prompt, its pictures make
 * it an edit; what was said before is not read. Members that no picture has (`temperature`, `tools`, …) stay in
 * `request.others`. Throws a `GatewayError` that names the field, what was expected and what came.
 */
export function parseImageChat(body: Fields, { imagesMax }: { readonly imagesMax: number }): ImageChat {
  const fields = unnest(body)
  const { text, pictures } = parseLastUserMessage(fields['messages'])
  const streamOptions = parseOptional(fields['stream_options'], 'stream_options', parseFields)
  const entries = Object.entries(fields)
  const asked = Object.fromEntries(entries.filter(([name]) => !READ_HERE.has(name)))
  const unread = entries.filter(([name, value]) => isElsewhere(name) && !saysNothing(name, value))
  const request = parseImageRequest({ ...asked, prompt: text }, { imagesMax })
  return {
    request: { ...request, others: { ...request.others, ...Object.fromEntries(unread) } },
    pictures,
    output: parseOptional(fields['image_output'], 'image_output', parseImageOutput) ?? 'images',
    stream: parseOptional(fields['stream'], 'stream', parseBoolean) ?? false,
    includeUsage:
      parseOptional(streamOptions?.['include_usage'], 'stream_options.include_usage', parseBoolean) ?? false,
  }
}

/** Checks those parameters of an image that are there, as they are set for a name. Throws a `GatewayError` that names one. */
export function checkImageParameters(parameters: Fields): void {
  const said = Object.entries(parameters).filter(([name]) => IMAGE_PARAMETERS.some((known) => known === name))
  parseImageRequest(Object.fromEntries(said), { imagesMax: 1 })
  parseOptional(parameters['image_output'], 'image_output', parseImageOutput)
}

/** What an image model would be asked for, told of the members as they came: OpenAI's names for such models depend on it. */
export function imageUseOf({ messages }: Fields): ImageUse {
  if (!Array.isArray(messages)) return 'generation'
  const last: unknown = messages.findLast((message) => isFields(message) && message['role'] === 'user')
  const content: unknown = isFields(last) ? last['content'] : null
  return Array.isArray(content) && content.some(isPicturePart) ? 'edit' : 'generation'
}

function isPicturePart(part: unknown): boolean {
  return isFields(part) && !['text', 'input_text', 'output_text', 'refusal'].includes(String(part['type']))
}

function unnest(body: Fields): Fields {
  const nested = NESTS.flatMap((name) => Object.entries(parseOptional(body[name], name, parseFields) ?? {}))
  const beside = Object.entries(body).filter(([, value]) => value !== null)
  return Object.fromEntries([...nested, ...beside].filter(([name]) => !NESTS.some((nest) => nest === name)))
}

function isElsewhere(name: string): boolean {
  return ELSEWHERE.some((known) => known === name)
}

function saysNothing(name: string, value: unknown): boolean {
  if (isBlank(value)) return true
  return name === 'response_format' && isFields(value) && value['type'] === 'text'
}

function parseImageOutput(value: unknown, param: string): ImageOutput {
  const output = IMAGE_OUTPUTS.find((known) => known === value)
  if (output !== undefined) return output
  throw fieldError(param, IMAGE_OUTPUTS.map((known) => `"${known}"`).join(' or '), value)
}

function parseLastUserMessage(value: unknown): {
  readonly text: string
  readonly pictures: readonly ChatPicture[]
} {
  const messages = parseMessages(value)
  const index = messages.findLastIndex(({ role }) => role === 'user')
  const { content } = messages[index] ?? {}
  if (content === undefined) {
    throw new GatewayError(
      'invalid_request',
      'messages must hold a user message: a picture is made from its text',
      { param: 'messages' },
    )
  }
  const texts = content.filter((part) => part.type === 'text').map(({ text }) => text)
  const text = texts.join('\n')
  const param = `messages[${index}].content`
  return {
    text: text.trim() === '' ? '' : text,
    pictures: content.flatMap((part, place) => toPicture(part, `${param}[${place}]`)),
  }
}

/** Whether a file is a picture is told by its bytes, later. */
function toPicture(part: ContentPart, param: string): readonly ChatPicture[] {
  switch (part.type) {
    case 'text':
      return []
    case 'image':
    case 'file':
      return [{ part, param }]
    case 'audio':
    case 'video':
      throw new GatewayError(
        'invalid_request',
        `${param} must be a text or an image: the model makes images, and takes no ${part.type}`,
        { param },
      )
    default:
      return part satisfies never
  }
}
