import { type Fields, isFields } from '../../src/openai/fields.js'

const NAME = /^[a-zA-Z0-9_-]{1,64}$/

/**
 * What a strict server of OpenAI's protocol would refuse of a chat (OpenAI's CreateChatCompletionRequest, and the chat
 * templates of open models), each with its place; empty: nothing. Written from there, without the code that it checks.
 */
export function openAiProblems(body: Fields): readonly string[] {
  const messages = toList(body['messages'])
  const tools = toList(body['tools'])
  const names = tools.map((tool) => String(toFields(tool['function'])['name']))
  return [
    ...(messages.length === 0 ? ['no messages'] : []),
    ...(messages.find(({ role }) => role !== 'system')?.['role'] === 'user' ? [] : ['no user first']),
    ...messages.flatMap((message, index) =>
      messageProblems(message, messages, index).map((problem) => `messages[${index}]: ${problem}`),
    ),
    ...(body['tools'] !== undefined && tools.length === 0 ? ['tools is empty'] : []),
    ...names.filter((name) => !NAME.test(name)).map((name) => `tool name ${name}`),
    ...(new Set(names).size < names.length ? ['two tools with one name'] : []),
    ...choiceProblems(body, names),
    ...limitProblems(body),
  ]
}

function choiceProblems({ tool_choice: choice }: Fields, names: readonly string[]): readonly string[] {
  if (choice === undefined) return []
  if (names.length === 0) return ['tool_choice without tools']
  if (typeof choice === 'string')
    return ['auto', 'none', 'required'].includes(choice) ? [] : [`tool_choice ${choice}`]
  const name = String(toFields(toFields(choice)['function'])['name'])
  return names.includes(name) ? [] : [`a choice of no tool: ${name}`]
}

function limitProblems(body: Fields): readonly string[] {
  const { temperature, top_p: topP, stop } = body
  return [
    ...(typeof temperature === 'number' && (temperature < 0 || temperature > 2) ? ['temperature'] : []),
    ...(typeof topP === 'number' && (topP < 0 || topP > 1) ? ['top_p'] : []),
    ...(Array.isArray(stop) && (stop.length === 0 || stop.includes('')) ? ['stop'] : []),
    ...Object.entries(body)
      .filter(([, value]) => value === null)
      .map(([name]) => `${name} is null`),
  ]
}

function messageProblems(message: Fields, all: readonly Fields[], index: number): readonly string[] {
  const { role, content } = message
  const before = all[index - 1]
  const calls = toList(message['tool_calls'])
  switch (role) {
    case 'system':
      return index === 0 && isText(content) ? [] : ['a system message that is not first, or blank']
    case 'user':
      return [
        ...(before?.['role'] === 'user' ? ['two users in a row'] : []),
        ...(isText(content) || isParts(content) ? [] : ['blank user']),
      ]
    case 'assistant':
      return [
        ...(calls.length === 0 && !isText(content) ? ['blank assistant'] : []),
        ...calls.flatMap(callProblems),
        ...answersProblems(calls, all.slice(index + 1)),
      ]
    case 'tool': {
      const called = all.slice(0, index).findLast(({ role: other }) => other !== 'tool')
      const ids = toList(called?.['tool_calls']).map(({ id }) => id)
      return [
        ...(ids.includes(message['tool_call_id']) ? [] : ['a result of no call']),
        ...(isText(content) ? [] : ['blank result']),
      ]
    }
    default:
      return [`role ${String(role)}`]
  }
}

function callProblems({ id, type, function: called }: Fields): readonly string[] {
  const { name, arguments: json } = toFields(called)
  return [
    ...(typeof id === 'string' && id !== '' ? [] : ['a call without an id']),
    ...(type === 'function' ? [] : ['a call of no type']),
    ...(NAME.test(String(name)) ? [] : [`call of ${String(name)}`]),
    ...(isFields(JSON.parse(String(json))) ? [] : ['arguments that are no object']),
  ]
}

function answersProblems(calls: readonly Fields[], after: readonly Fields[]): readonly string[] {
  const end = after.findIndex(({ role }) => role !== 'tool')
  const results = after.slice(0, end < 0 ? after.length : end).map(({ tool_call_id: id }) => id)
  const ids = calls.map(({ id }) => id)
  return [
    ...(new Set(ids).size < ids.length ? ['two calls with one id'] : []),
    ...(new Set(results).size < results.length ? ['two results with one id'] : []),
    ...ids.filter((id) => !results.includes(id)).map((id) => `no result for ${String(id)}`),
  ]
}

function isText(content: unknown): boolean {
  return typeof content === 'string' && content.trim() !== ''
}

function isParts(content: unknown): boolean {
  const parts = toList(content)
  return parts.length > 0 && parts.every(({ type, text }) => type !== 'text' || isText(text))
}

function toList(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.filter(isFields) : []
}

function toFields(value: unknown): Fields {
  return isFields(value) ? value : {}
}
