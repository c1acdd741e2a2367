import {
  type Fields,
  isFields,
  parseArray,
  parseFields,
  parseName,
  parseOptional,
  parseString,
} from './fields.js'
import type { ToolCall } from './types.js'

/** `tool_calls` of an assistant message, and the older `function_call`. */
export function parseToolCalls(message: Fields, param: string): readonly ToolCall[] {
  const calls =
    parseOptional(message['tool_calls'], `${param}.tool_calls`, (value, path) =>
      parseArray(value, path, parseToolCall),
    ) ?? []
  const older = parseOptional(message['function_call'], `${param}.function_call`, (value, path) =>
    parseCall(parseFields(value, path), path, null),
  )
  return older === null ? calls : [...calls, older]
}

function parseToolCall(value: unknown, param: string): ToolCall {
  const call = parseFields(value, param)
  const path = `${param}.function`
  const id = parseOptional(call['id'], `${param}.id`, parseString)
  return parseCall(parseFields(call['function'], path), path, id)
}

/** A call without an id goes by its name, as `function_call` always did; its result is found by name, too. */
function parseCall(called: Fields, param: string, id: string | null): ToolCall {
  const name = parseName(called['name'], `${param}.name`)
  return {
    id: id === null || id === '' ? name : id,
    name,
    arguments: parseOptional(called['arguments'], `${param}.arguments`, parseArguments) ?? '',
  }
}

/** JSON text; some clients send the object itself. */
function parseArguments(value: unknown, param: string): string {
  return isFields(value) ? JSON.stringify(value) : parseString(value, param)
}

/**
 * Which call a message of role `tool` or `function` answers: by `tool_call_id`, else by the tool's name. Throws a
 * `GatewayError` where it says neither; an empty id stays, for clients whose calls have no ids either.
 */
export function parseToolCallId(message: Fields, param: string): string {
  const id = message['tool_call_id']
  const name = message['name']
  if (typeof id === 'string' && id !== '') return id
  if (message['role'] === 'function') return parseName(name, `${param}.name`)
  if (typeof name === 'string' && name !== '') return name
  return id === '' ? id : parseName(id, `${param}.tool_call_id`)
}
