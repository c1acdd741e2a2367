import { GatewayError } from '../errors.js'
import {
  type Fields,
  fieldError,
  isFields,
  numberBetween,
  parseArray,
  parseBoolean,
  parseCount,
  parseFields,
  parseName,
  parseOptional,
  parseString,
} from './fields.js'
import { parseChatMessage } from './parse-chat-message.js'
import { parseToolRequest, TOOL_MEMBERS } from './parse-tools.js'
import type { ChatRequest, ResponseFormat } from './types.js'

/** Converse takes at most this many stop sequences (service model); OpenAI documents 4. */
const STOP_SEQUENCES_MAX = 2500
/** The longest model id or ARN that Bedrock takes (service model, ConversationalModelId). */
const MODEL_CHARACTERS_MAX = 2048

/** Members that are parsed below; every other one is ignored and reported as such. */
const READ_MEMBERS: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'stream',
  'stream_options',
  'max_tokens',
  'max_completion_tokens',
  'temperature',
  'top_p',
  'stop',
  ...TOOL_MEMBERS,
  'response_format',
])

/** Parses JSON text; throws `invalid_json` without repeating any of it. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    const where = /position (\d+)/.exec(error instanceof Error ? error.message : '')
    const position = where === null ? '' : ` (at position ${where[1]})`
    throw new GatewayError('invalid_json', `The request body is not valid JSON${position}.`)
  }
}

/**
 * A `POST /v1/chat/completions` body, checked member by member (OpenAI's CreateChatCompletionRequest). Absent and null are
 * the same. Throws a `GatewayError` that names the field, what was expected and what came.
 */
export function parseChatRequest(body: unknown): ChatRequest {
  const fields = requireObject(body)
  const streamOptions = parseOptional(fields['stream_options'], 'stream_options', parseFields)
  return {
    model: parseModel(fields['model'], 'model'),
    messages: parseMessages(fields['messages']),
    stream: parseOptional(fields['stream'], 'stream', parseBoolean) ?? false,
    includeUsage:
      parseOptional(streamOptions?.['include_usage'], 'stream_options.include_usage', parseBoolean) ?? false,
    maxTokens:
      parseOptional(fields['max_completion_tokens'], 'max_completion_tokens', parseCount) ??
      parseOptional(fields['max_tokens'], 'max_tokens', parseCount),
    temperature: parseOptional(fields['temperature'], 'temperature', numberBetween(0, 2)),
    topP: parseOptional(fields['top_p'], 'top_p', numberBetween(0, 1)),
    stop: parseStop(fields['stop']),
    ...parseToolRequest(fields),
    choices: 1,
    topK: null,
    reasoning: null,
    serviceTier: null,
    latency: null,
    guardrail: null,
    promptCaching: null,
    metadata: null,
    user: null,
    modelFields: null,
    responseFormat: parseOptional(fields['response_format'], 'response_format', parseResponseFormat),
    others: Object.fromEntries(
      Object.entries(fields).filter(([name, value]) => !READ_MEMBERS.has(name) && value !== null),
    ),
  }
}

/** The body of every JSON route. */
export function requireObject(body: unknown): Fields {
  if (isFields(body)) return body
  throw new GatewayError('invalid_request', 'The request body must be a JSON object.')
}

/** Replies repeat the name in every chunk, so its length has a limit. */
export function parseModel(value: unknown, param: string): string {
  const model = parseName(value, param)
  if (model.length <= MODEL_CHARACTERS_MAX) return model
  throw new GatewayError(
    'invalid_request',
    `${param} must be at most ${MODEL_CHARACTERS_MAX} characters, got ${model.length}`,
    { param },
  )
}

function parseMessages(value: unknown): ChatRequest['messages'] {
  const messages = parseArray(value, 'messages', parseChatMessage)
  if (messages.length > 0) return messages
  throw new GatewayError('invalid_request', 'messages must hold at least one message, got an empty array', {
    param: 'messages',
  })
}

function parseStop(value: unknown): readonly string[] {
  if (value === undefined || value === null) return []
  const list = typeof value === 'string' ? [value] : parseArray(value, 'stop', parseString)
  if (list.length > STOP_SEQUENCES_MAX) {
    throw new GatewayError(
      'invalid_request',
      `stop must hold at most ${STOP_SEQUENCES_MAX} strings, got ${list.length}`,
      {
        param: 'stop',
      },
    )
  }
  return list.filter((sequence) => sequence !== '')
}

function parseResponseFormat(value: unknown, param: string): ResponseFormat {
  const format = parseFields(value, param)
  const type = format['type']
  if (type === 'text' || type === 'json_object') return { type }
  if (type !== 'json_schema')
    throw fieldError(`${param}.type`, '"text", "json_object" or "json_schema"', type)
  const schema = parseFields(format['json_schema'], `${param}.json_schema`)
  return {
    type,
    name: parseName(schema['name'], `${param}.json_schema.name`),
    description: parseOptional(schema['description'], `${param}.json_schema.description`, parseString),
    schema: parseFields(schema['schema'] ?? {}, `${param}.json_schema.schema`),
    strict: parseOptional(schema['strict'], `${param}.json_schema.strict`, parseBoolean),
  }
}
