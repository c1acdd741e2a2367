import { type ConverseMessage, has, type Json, member } from '../converse-request.js'
import { validationError } from '../wire-error.js'
import { modelError, type Rule, unsupportedField } from './rule.js'

// Words: langchain-ai/langchain-aws#447 (DeepSeek R1). Models: AWS user guide, "Supported models and model features".
const WITHOUT_TOOLS =
  /amazon\.titan|deepseek\.r1|meta\.llama(?:2|3-8b|3-70b|3-2-1b|3-2-3b)|anthropic\.claude-(?:v2|instant)|mistral\.(?:mistral-7b|mixtral)/

// Llama 3.3 in strands-agents/harness-sdk#3882, Llama 4 in earendil-works/pi#3739, Palmyra in langchain-ai/langchain-aws#466,
// Mistral Large in brave/brave-browser#52158 (which says no version: the ones of 2024, as in the user guide's table).
const WITHOUT_STREAMED_TOOLS = /meta\.llama|writer\.palmyra|mistral\.(?:mistral-large-24|mistral-small-24)/

// Llama in pydantic/pydantic-ai#2091, Cohere in strands-agents/harness-sdk#2075. That pull request names Nova and Mistral
// too, but recordings 17, 18 and 766 are Nova's, and shape ToolChoice names Mistral Large.
const WITHOUT_TOOL_CHOICE = /meta\.llama|cohere\.command/

// Results: strands-agents/harness-sdk#1223 (Llama 4). Uses: langchain-ai/langchain-aws#1118 (Mistral Large 24.02, Llama 3.2).
const ONE_KIND_IN_A_TURN = /meta\.llama|mistral\.mistral-large-24/

/** What `toolConfig` may hold, and for which models. */
export const checkToolConfig: Rule = ({ request, modelId, facts }) => {
  const { toolConfig } = request
  // langgenius/dify#17545, onyx-dot-app/onyx#7842.
  if (toolConfig === null) {
    if (!request.messages.some((message) => has(message, 'toolUse') || has(message, 'toolResult'))) return
    throw validationError(
      'The toolConfig field must be defined when using toolUse and toolResult content blocks.',
    )
  }
  // danny-avila/LibreChat#6351: also of a model that has no tools at all.
  const streams = facts.streams === true
  if (WITHOUT_TOOLS.test(modelId) || (streams && WITHOUT_STREAMED_TOOLS.test(modelId))) {
    throw validationError(`This model doesn't support tool use${streams ? ' in streaming mode' : ''}.`)
  }
  checkToolNames(toolConfig)
  const choice = ['any', 'tool'].find((kind) => member(toolConfig['toolChoice'], kind) !== undefined)
  if (choice !== undefined && WITHOUT_TOOL_CHOICE.test(modelId)) {
    throw unsupportedField(`toolConfig.toolChoice.${choice}`)
  }
}

// tailcallhq/forgecode#892: Claude; nobody else was seen with two tools of one name.
function checkToolNames(toolConfig: Json): void {
  const tools = Array.isArray(toolConfig['tools']) ? (toolConfig['tools'] as readonly unknown[]) : []
  const names = tools.flatMap((tool) => member(member(tool, 'toolSpec'), 'name') ?? [])
  if (new Set(names).size < names.length) throw modelError('tools: Tool names must be unique.')
}

/** That uses and results of one round pair up, in turns that hold what the model takes. */
export const checkToolRounds: Rule = ({ request, modelId }) => {
  request.messages.forEach((message, index) => {
    checkDuplicates(message, index)
    checkToolResults(message, { previous: request.messages[index - 1], index })
    if (ONE_KIND_IN_A_TURN.test(modelId)) checkOneKind(message, index)
  })
}

// bvcyber/Cyber-AutoAgent-ng#72; results alike in BerriAI/litellm#20049.
function checkDuplicates(message: ConverseMessage, index: number): void {
  for (const kind of ['toolUse', 'toolResult'] as const) {
    const ids = toolIds(message, kind)
    const repeated = ids.filter((id, place) => ids.indexOf(id) !== place)
    if (repeated.length === 0) continue
    throw validationError(
      `The ${kind} blocks at messages.${index}.content contain duplicate Ids: ${[...new Set(repeated)].join(', ')}`,
    )
  }
}

function checkToolResults(
  message: ConverseMessage,
  place: { previous: ConverseMessage | undefined; index: number },
): void {
  const results = toolIds(message, 'toolResult')
  const uses = place.previous === undefined ? [] : toolIds(place.previous, 'toolUse')
  const missing = uses.filter((id) => !results.includes(id))
  // agno-agi/agno#6698: all the ids of the turn, joined by a comma, in the order of the toolUse blocks.
  if (missing.length > 0) {
    throw validationError(
      `Expected toolResult blocks at messages.${place.index}.content for the following Ids: ${missing.join(', ')}`,
    )
  }
  // Just-Curieous/Curie#16, langgenius/dify-official-plugins#765.
  if (results.length > uses.length) {
    throw validationError(
      `The number of toolResult blocks at messages.${place.index}.content exceeds the number of toolUse blocks of previous turn.`,
    )
  }
}

function checkOneKind(message: ConverseMessage, index: number): void {
  const kinds = [
    { member: 'toolResult', words: 'tool result' },
    { member: 'toolUse', words: 'tool use' },
  ]
  for (const kind of kinds) {
    if (!has(message, kind.member)) continue
    if (message.content.every((block) => kind.member in block || 'cachePoint' in block)) continue
    throw validationError(
      `messages.${index}.content: Conversation blocks and ${kind.words} blocks cannot be provided in the same turn.`,
    )
  }
}

// Server tools pair inside one turn: recorded with type `server_tool_use` (bedrock-facts C5).
function toolIds(message: ConverseMessage, kind: 'toolUse' | 'toolResult'): readonly string[] {
  return message.content.flatMap((block) => {
    const tool = block[kind]
    if (typeof tool !== 'object' || tool === null || !('toolUseId' in tool)) return []
    if (message.role === 'assistant' && kind === 'toolResult') return []
    if ('type' in tool && tool.type === 'server_tool_use') return []
    return [String(tool.toolUseId)]
  })
}
