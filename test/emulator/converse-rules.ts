import type { ModelRow } from './catalogue.js'
import { type ConverseMessage, type ConverseRequest, has } from './converse-request.js'
import type { ReasoningSigner } from './reasoning-signer.js'
import { validationError } from './wire-error.js'

/** What a rule may need to know beside the request and the model. */
export interface RuleFacts {
  /** Knows the signatures of reasoning text; absent: signatures are not looked at. */
  readonly signer?: Pick<ReasoningSigner, 'verifies'>
  /** ConverseStream rather than Converse. */
  readonly streams?: boolean
}

/** Refuses what Bedrock refuses whatever the service model says. Throws the first violation in Bedrock's words. */
export function checkConverse(request: ConverseRequest, model: ModelRow, _facts: RuleFacts = {}): void {
  checkChatModel(model)
  checkSystem(request, model)
  request.messages.forEach(checkMessage)
  checkRoles(request.messages)
  checkToolConfig(request)
  request.messages.forEach((message, index) => {
    checkToolResults(message, { previous: request.messages[index - 1], index })
  })
  checkClaude(request, model)
}

// Quoted by users who called Converse on speech, image and embedding models, for example on Nova 2 Sonic.
function checkChatModel(model: ModelRow): void {
  const outputs = model.outputModalities ?? ['TEXT']
  if (outputs.includes('TEXT') && !/rerank/.test(model.modelId)) return
  throw validationError(
    "This action doesn't support the model that you provided. Try again with a supported text or chat model.",
  )
}

function checkSystem(request: ConverseRequest, model: ModelRow): void {
  request.system.forEach((block, index) => {
    // Shape NonEmptyString; path and words as in spring-projects/spring-ai#6209 and BerriAI/litellm#19384.
    if (block['text'] === '') {
      throw validationError(
        `1 validation error detected: Value '' at 'system.${index + 1}.member.text' failed to satisfy constraint: Member must have length greater than or equal to 1`,
      )
    }
  })
  // Mintplex-Labs/anything-llm#2486 (Titan Text Express), danny-avila/LibreChat#6456 (Titan Premier).
  if (request.system.length > 0 && model.modelId.startsWith('amazon.titan-text')) {
    throw validationError(
      "This model doesn't support system messages. Try again without a system message or use a model that supports system messages.",
    )
  }
}

function checkMessage(message: ConverseMessage, index: number): void {
  // earendil-works/pi#3443, archestra-ai/archestra#4220.
  if (message.content.length === 0) {
    throw validationError(
      `The content field in the Message object at messages.${index} is empty. Add a ContentBlock object to the content field and try again.`,
    )
  }
  message.content.forEach((block, blockIndex) => {
    // continuedev/continue#9767. Stricter than recordings 746 and 747, where Sonnet 4.5 took a "\n".
    if (typeof block['text'] === 'string' && block['text'].trim() === '') {
      throw validationError(
        `The text field in the ContentBlock object at messages.${index}.content.${blockIndex} is blank. Add text to the text field, and try again.`,
      )
    }
  })
  // archestra-ai/archestra#4220.
  if (has(message, 'document') && !has(message, 'text')) {
    throw validationError('A text block must be included when using documents.')
  }
}

function checkRoles(messages: readonly ConverseMessage[]): void {
  // elastic/kibana#246393. Stricter than recording 734.
  if (messages[0]?.role !== 'user') {
    throw validationError(
      'A conversation must start with a user message. Try again with a conversation that starts with a user message.',
    )
  }
  // langchain-ai/langchain-aws#192. Stricter than recordings 993 and 994.
  if (messages.some((message, index) => message.role === messages[index - 1]?.role)) {
    throw validationError(
      'A conversation must alternate between user and assistant roles. Make sure the conversation alternates between user and assistant roles and try again.',
    )
  }
}

// langgenius/dify#17545, onyx-dot-app/onyx#7842.
function checkToolConfig(request: ConverseRequest): void {
  if (request.toolConfig !== null) return
  if (!request.messages.some((message) => has(message, 'toolUse') || has(message, 'toolResult'))) return
  throw validationError(
    'The toolConfig field must be defined when using toolUse and toolResult content blocks.',
  )
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

function checkClaude(request: ConverseRequest, model: ModelRow): void {
  if (!model.modelId.includes('claude')) return
  const blocks = request.messages.flatMap((message) => message.content)
  // Recording 876.
  if (
    blocks.some((block) =>
      JSON.stringify(block['image'] ?? block['document'] ?? null).includes('"s3Location"'),
    )
  ) {
    throw validationError("This model doesn't support the s3Uri field. Remove s3Uri and try again.")
  }
  // Recordings 880 and 928.
  if (blocks.some((block) => 'video' in block)) {
    throw validationError(
      "This model doesn't support the video content block that you provided. Update the content block and try again.",
    )
  }
  // bedrock-facts C6, the prefix of model-side errors as in recording 273; measured for Opus, Sonnet and Haiku from 4.5 on.
  const { temperature, topP } = request.inferenceConfig as { temperature?: unknown; topP?: unknown }
  if (isClaude45OrLater(model.modelId) && temperature !== undefined && topP !== undefined) {
    throw validationError(
      'The model returned the following errors: `temperature` and `top_p` cannot both be specified for this model. Please use only one.',
    )
  }
}

function isClaude45OrLater(modelId: string): boolean {
  const version = /claude-(?:opus|sonnet|haiku)-(\d+)(?:-(\d{1,2})(?!\d))?/.exec(modelId)
  if (version === null) return false
  const [, major = '0', minor = '0'] = version
  return Number(major) > 4 || (Number(major) === 4 && Number(minor) >= 5)
}

// Server tools pair inside one turn: recorded with type `server_tool_use` (bedrock-facts C5).
function toolIds(message: ConverseMessage, member: 'toolUse' | 'toolResult'): readonly string[] {
  return message.content.flatMap((block) => {
    const tool = block[member]
    if (typeof tool !== 'object' || tool === null || !('toolUseId' in tool)) return []
    if (message.role === 'assistant' && member === 'toolResult') return []
    if ('type' in tool && tool.type === 'server_tool_use') return []
    return [String(tool.toolUseId)]
  })
}
