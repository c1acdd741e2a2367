import { validationError } from './wire-error.js'

export type Json = Readonly<Record<string, unknown>>

/** A message of a Converse request, its blocks still as sent. */
export interface ConverseMessage {
  readonly role: string
  readonly content: readonly Json[]
}

/** The parts of a Converse request that the rules look at. */
export interface ConverseRequest {
  readonly messages: readonly ConverseMessage[]
  readonly system: readonly Json[]
  readonly inferenceConfig: Json
  readonly toolConfig: Json | null
  readonly guardrailConfig: Json | null
  readonly additionalModelRequestFields: Json
  readonly outputConfig: Json | null
  readonly performanceConfig: Json | null
  readonly serviceTier: Json | null
}

/** Reads a request body; throws a ValidationException for one that is not of Converse's shape at all. */
export function parseConverse(body: unknown): ConverseRequest {
  const request = asObject(body)
  return {
    messages: asList(request['messages'] ?? []).map(parseMessage),
    system: asList(request['system'] ?? []).map(asObject),
    inferenceConfig: asObject(request['inferenceConfig'] ?? {}),
    toolConfig: asObjectOrNull(request['toolConfig']),
    guardrailConfig: asObjectOrNull(request['guardrailConfig']),
    additionalModelRequestFields: asObject(request['additionalModelRequestFields'] ?? {}),
    outputConfig: asObjectOrNull(request['outputConfig']),
    performanceConfig: asObjectOrNull(request['performanceConfig']),
    serviceTier: asObjectOrNull(request['serviceTier']),
  }
}

/** The last text a user sent; empty where there is none. */
export function lastUserText(request: ConverseRequest): string {
  const users = request.messages.filter((message) => message.role === 'user').toReversed()
  for (const message of users) {
    const text = message.content
      .flatMap((block) => (typeof block['text'] === 'string' ? [block['text']] : []))
      .join('\n')
    if (text !== '') return text
  }
  return ''
}

/** Whether a message has a block of this kind. */
export function has(message: ConverseMessage, member: string): boolean {
  return message.content.some((block) => member in block)
}

/** An object, or nothing where there is none: for members that the service model has already checked. */
export function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Json)[name] : undefined
}

function parseMessage(value: unknown): ConverseMessage {
  const message = asObject(value)
  return { role: String(message['role']), content: asList(message['content'] ?? []).map(asObject) }
}

function asObjectOrNull(value: unknown): Json | null {
  return value === undefined || value === null ? null : asObject(value)
}

// elastic/kibana#277821: what Bedrock says of a body that does not fit its shapes.
function asObject(value: unknown): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json
  throw validationError('The provided request is not valid')
}

function asList(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value
  throw validationError('The provided request is not valid')
}
