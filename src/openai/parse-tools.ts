import {
  type Fields,
  fieldError,
  isFields,
  parseArray,
  parseBoolean,
  parseFields,
  parseName,
  parseOptional,
  parseString,
} from './fields.js'
import { parseCacheControl } from './parse-cache-control.js'
import type { ChatRequest, ToolChoice, ToolDefinition } from './types.js'

/** The members of a chat request that are read here. */
export const TOOL_MEMBERS = [
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'functions',
  'function_call',
] as const

type ToolRequest = Pick<ChatRequest, 'tools' | 'toolChoice' | 'parallelToolCalls' | 'legacyFunctions'>

/** Tools and how they may be used; `functions` and `function_call` say the same in older words, and count where `tools` is absent. */
export function parseToolRequest(fields: Fields): ToolRequest {
  const tools = parseOptional(fields['tools'], 'tools', parseTools) ?? []
  const functions = parseOptional(fields['functions'], 'functions', parseFunctions) ?? []
  const legacyFunctions = tools.length === 0 && functions.length > 0
  const functionCall = parseOptional(fields['function_call'], 'function_call', parseFunctionCall)
  const choice = parseOptional(fields['tool_choice'], 'tool_choice', parseToolChoice)
  const allowed = choice === null || choice.allowed === null ? null : new Set(choice.allowed)
  return {
    tools: legacyFunctions ? functions : tools.filter(({ name }) => allowed === null || allowed.has(name)),
    toolChoice: choice?.choice ?? (legacyFunctions ? functionCall : null),
    parallelToolCalls: parseOptional(fields['parallel_tool_calls'], 'parallel_tool_calls', parseBoolean),
    legacyFunctions,
  }
}

function parseTools(value: unknown, param: string): readonly ToolDefinition[] {
  return parseArray(value, param, (item, path) => {
    const tool = parseFields(item, path)
    // Some clients leave it out, and Anthropic's tools have none.
    if ((tool['type'] ?? 'function') !== 'function') {
      throw fieldError(`${path}.type`, '"function"', tool['type'])
    }
    // The Responses API has the definition's members beside `type`; some clients mix the two up.
    const isFlat = tool['function'] === undefined && tool['name'] !== undefined
    const definitionPath = isFlat ? path : `${path}.function`
    const definition = parseDefinition(isFlat ? tool : tool['function'], definitionPath)
    return { ...definition, cacheControl: definition.cacheControl ?? parseCacheControl(tool, path) }
  })
}

function parseFunctions(value: unknown, param: string): readonly ToolDefinition[] {
  return parseArray(value, param, parseDefinition)
}

function parseDefinition(value: unknown, param: string): ToolDefinition {
  const definition = parseFields(value, param)
  return {
    name: parseName(definition['name'], `${param}.name`),
    description: parseOptional(definition['description'], `${param}.description`, parseString),
    parameters:
      parseOptional(definition['parameters'], `${param}.parameters`, parseFields) ??
      // Anthropic's name for it.
      parseOptional(definition['input_schema'], `${param}.input_schema`, parseFields),
    strict: parseOptional(definition['strict'], `${param}.strict`, parseBoolean),
    cacheControl: parseCacheControl(definition, param),
  }
}

interface ParsedChoice {
  readonly choice: ToolChoice
  /** Names of the tools that may be called; null: all. */
  readonly allowed: readonly string[] | null
}

const CHOICES = {
  auto: 'auto',
  none: 'none',
  required: 'required',
  /** What Anthropic and Mistral call it. */
  any: 'required',
} as const

const CHOICE_EXPECTED = '"auto", "none", "required" or a named function'

function parseToolChoice(value: unknown, param: string): ParsedChoice {
  if (typeof value === 'string') return { choice: parseMode(value, param), allowed: null }
  const choice = parseFields(value, param)
  if (choice['type'] === 'allowed_tools') {
    return parseAllowedTools(choice['allowed_tools'] ?? choice, `${param}.allowed_tools`)
  }
  if (isMode(choice['type'])) return { choice: parseMode(choice['type'], param), allowed: null }
  return { choice: { type: 'named', name: parseChosenName(choice, param) }, allowed: null }
}

function isMode(value: unknown): value is keyof typeof CHOICES {
  return typeof value === 'string' && Object.hasOwn(CHOICES, value)
}

function parseMode(value: unknown, param: string): ToolChoice {
  if (isMode(value)) return { type: CHOICES[value] }
  throw fieldError(param, CHOICE_EXPECTED, value)
}

/** `{"function":{"name"}}`, or the name right here (Responses API, and Anthropic's type `tool`). */
function parseChosenName(choice: Fields, param: string): string {
  if (choice['function'] === undefined && choice['name'] !== undefined) {
    return parseName(choice['name'], `${param}.name`)
  }
  const named = parseFields(choice['function'], `${param}.function`)
  return parseName(named['name'], `${param}.function.name`)
}

/** OpenAI's `allowed_tools`: a mode, and which of the tools are offered at all. */
function parseAllowedTools(value: unknown, param: string): ParsedChoice {
  const allowed = parseFields(value, param)
  return {
    choice: parseMode(allowed['mode'], `${param}.mode`),
    allowed: parseArray(allowed['tools'], `${param}.tools`, (tool, path) =>
      parseChosenName(parseFields(tool, path), path),
    ),
  }
}

/** `auto`, `none`, or `{"name"}`. */
function parseFunctionCall(value: unknown, param: string): ToolChoice {
  if (value === 'auto' || value === 'none') return { type: value }
  if (isFields(value)) return { type: 'named', name: parseName(value['name'], `${param}.name`) }
  throw fieldError(param, '"auto", "none" or a named function', value)
}
