import type {
  OpenAiReply,
  OpenAiReplyFunction,
  OpenAiReplyMessage,
  OpenAiReplyToolCall,
} from '../bedrock/openai-types.js'
import { isFields } from '../openai/fields.js'

/** A message or a delta of a native OpenAI reply, its members checked. */
export interface ReadMessage {
  /** Empty: none. */
  readonly text: string
  /** Empty: none. */
  readonly reasoning: string
  readonly toolCalls: readonly ReadToolCall[]
}

/** A call, or a fragment of one. */
export interface ReadToolCall {
  /** As the endpoint counts; where it says nothing, the place in the list. */
  readonly index: number
  /** Empty: not in this fragment. */
  readonly id: string
  readonly name: string
  readonly arguments: string
}

/** The first choice of a reply: every call asks for one (`n` is several calls). Null: none. */
export function firstChoiceOf({ choices }: OpenAiReply): Readonly<Record<string, unknown>> | null {
  const first: unknown = Array.isArray(choices) ? choices[0] : null
  return isFields(first) ? first : null
}

/** Reads a message or a delta; what is missing or of another type is empty. A refusal is the answer's text. */
export function readMessage(value: unknown): ReadMessage {
  const message: OpenAiReplyMessage = isFields(value) ? value : {}
  return {
    text: toText(message.content) + toText(message.refusal),
    reasoning: toText(message.reasoning_content) || toText(message.reasoning),
    toolCalls: Array.isArray(message.tool_calls) ? message.tool_calls.map(readToolCall) : [],
  }
}

function readToolCall(value: unknown, place: number): ReadToolCall {
  const call: OpenAiReplyToolCall = isFields(value) ? value : {}
  const called: OpenAiReplyFunction = isFields(call.function) ? call.function : {}
  return {
    index: typeof call.index === 'number' ? call.index : place,
    id: toText(call.id),
    name: toText(called.name),
    arguments: toArguments(called.arguments),
  }
}

/** JSON text by OpenAI's rule; a server that sends the object itself means the same. */
function toArguments(value: unknown): string {
  return isFields(value) ? JSON.stringify(value) : toText(value)
}

function toText(value: unknown): string {
  if (typeof value === 'string') return value
  if (!Array.isArray(value)) return ''
  return value.map((part: unknown) => (isFields(part) ? toText(part['text']) : '')).join('')
}
