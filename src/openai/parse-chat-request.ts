import { GatewayError } from '../errors.js'
import {
  type Fields,
  fieldError,
  numberBetween,
  parseArray,
  parseBoolean,
  parseCount,
  parseFields,
  parseName,
  parseOptional,
  parseString,
} from './fields.js'
import { OTHER_PARAMETERS } from './other-parameters.js'
import { parseChatMessage } from './parse-chat-message.js'
import { parseModel, requireObject } from './parse-json.js'
import { parseReasoning, REASONING_MEMBERS } from './parse-reasoning.js'
import {
  parseGuardrailMember,
  parseLatency,
  parseMetadata,
  parsePromptCaching,
} from './parse-service-options.js'
import { parseToolRequest, TOOL_MEMBERS } from './parse-tools.js'
import type { ChatRequest, ResponseFormat } from './types.js'

/** Converse takes at most this many stop sequences (service model); OpenAI documents 4. */
const STOP_SEQUENCES_MAX = 2500

/** Members that are parsed below; every other one is left to the table of parameters. */
const READ_MEMBERS: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'stream',
  'stream_options',
  'n',
  'max_tokens',
  'max_completion_tokens',
  'temperature',
  'top_p',
  'top_k',
  'stop',
  ...TOOL_MEMBERS,
  'response_format',
  ...REASONING_MEMBERS,
  'service_tier',
  'performanceConfig',
  'performance_config',
  'guardrailConfig',
  'guardrail_config',
  'prompt_caching',
  'metadata',
  'requestMetadata',
  'extra_body',
  'additionalModelRequestFields',
  'additional_model_request_fields',
])

/** In `extra_body` these names mean a parameter; every other one is the model's own. */
const KNOWN_MEMBERS: ReadonlySet<string> = new Set([...READ_MEMBERS, ...OTHER_PARAMETERS, 'user'])

/**
 * A `POST /v1/chat/completions` body, checked member by member (OpenAI's CreateChatCompletionRequest). Absent and null are
 * the same. Throws a `GatewayError` that names the field, what was expected and what came.
 */
export function parseChatRequest(body: unknown): ChatRequest {
  const { fields, modelFields } = withExtraBody(requireObject(body))
  const streamOptions = parseOptional(fields['stream_options'], 'stream_options', parseFields)
  const { user } = fields
  return {
    model: parseModel(fields['model'], 'model'),
    messages: parseMessages(fields['messages']),
    stream: parseOptional(fields['stream'], 'stream', parseBoolean) ?? false,
    includeUsage:
      parseOptional(streamOptions?.['include_usage'], 'stream_options.include_usage', parseBoolean) ?? false,
    choices: parseOptional(fields['n'], 'n', parseCount) ?? 1,
    maxTokens:
      parseOptional(fields['max_completion_tokens'], 'max_completion_tokens', parseCount) ??
      parseOptional(fields['max_tokens'], 'max_tokens', parseCount),
    temperature: parseOptional(fields['temperature'], 'temperature', numberBetween(0, 2)),
    topP: parseOptional(fields['top_p'], 'top_p', numberBetween(0, 1)),
    topK: parseOptional(fields['top_k'], 'top_k', parseTopK),
    stop: parseStop(fields['stop']),
    ...parseToolRequest(fields),
    reasoning: parseReasoning(fields),
    responseFormat: parseOptional(fields['response_format'], 'response_format', parseResponseFormat),
    serviceTier: parseOptional(fields['service_tier'], 'service_tier', parseString),
    latency:
      parseOptional(fields['performanceConfig'], 'performanceConfig', parseLatency) ??
      parseOptional(fields['performance_config'], 'performance_config', parseLatency),
    guardrail: parseGuardrailMember(fields),
    promptCaching: parseOptional(fields['prompt_caching'], 'prompt_caching', parsePromptCaching),
    metadata: parseMetadata(fields),
    user: typeof user === 'string' && user !== '' ? user : null,
    modelFields,
    others: othersOf(fields),
  }
}

/** Nearly always none: a list of all members, and an object of those that are left, would be for nothing. */
function othersOf(fields: Fields): Fields {
  const names = Object.keys(fields).filter((name) => isOther(name, fields[name]))
  return names.length === 0 ? {} : Object.fromEntries(names.map((name) => [name, fields[name]]))
}

/** Whatever has no field of its own. Open WebUI may put an object into `user` (openwebui-contract §1): that is no name. */
function isOther(name: string, value: unknown): boolean {
  if (READ_MEMBERS.has(name) || value === null) return false
  return name !== 'user' || typeof value !== 'string'
}

/**
 * What clients mean for the model itself is taken out of `extra_body` and `additionalModelRequestFields`. A member of
 * `extra_body` that is a parameter counts as if it stood beside it; where both are there, the one beside it does.
 */
function withExtraBody(body: Fields): Pick<ChatRequest, 'modelFields'> & { readonly fields: Fields } {
  const extraBody = parseOptional(body['extra_body'], 'extra_body', parseFields)
  const camel = parseOptional(
    body['additionalModelRequestFields'],
    'additionalModelRequestFields',
    parseFields,
  )
  const snake = parseOptional(
    body['additional_model_request_fields'],
    'additional_model_request_fields',
    parseFields,
  )
  if (extraBody === null) return { fields: body, modelFields: toModelFields({ ...snake, ...camel }) }
  const extra = Object.entries(extraBody)
  const known = extra.filter(([name]) => KNOWN_MEMBERS.has(name) && name !== 'extra_body')
  const own = extra.filter(([name]) => !KNOWN_MEMBERS.has(name))
  const inExtra = Object.fromEntries(known)
  const nested = parseOptional(
    inExtra['additionalModelRequestFields'] ?? inExtra['additional_model_request_fields'],
    'extra_body.additionalModelRequestFields',
    parseFields,
  )
  const beside = Object.entries(body).filter(([, value]) => value !== null)
  return {
    fields: known.length === 0 ? body : Object.fromEntries([...known, ...beside]),
    modelFields: toModelFields({ ...Object.fromEntries(own), ...nested, ...snake, ...camel }),
  }
}

function toModelFields(fields: Fields): Fields | null {
  return Object.keys(fields).length === 0 ? null : fields
}

/** 0 and -1 are what local runners call "all tokens": nothing to say. */
function parseTopK(value: unknown, param: string): number | null {
  return value === 0 || value === -1 ? null : parseCount(value, param)
}

/** The `messages` of a chat, at least one. */
export function parseMessages(value: unknown): ChatRequest['messages'] {
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
