import { type ConverseMessage, has } from '../converse-request.js'
import { validationError } from '../wire-error.js'
import type { Rule } from './rule.js'

/** Quoted by users who called Converse on speech, image and embedding models, for example on Nova 2 Sonic. */
export const checkChatModel: Rule = ({ model }) => {
  const outputs = model.outputModalities ?? ['TEXT']
  if (outputs.includes('TEXT') && !/rerank/.test(model.modelId)) return
  throw validationError(
    "This action doesn't support the model that you provided. Try again with a supported text or chat model.",
  )
}

/** Texts of `system`, and the models that take none. */
export const checkSystem: Rule = ({ request, modelId }) => {
  request.system.forEach((block, index) => {
    // Shape NonEmptyString; path and words as in spring-projects/spring-ai#6209 and BerriAI/litellm#19384.
    if (block['text'] === '') {
      throw validationError(
        `1 validation error detected: Value '' at 'system.${index + 1}.member.text' failed to satisfy constraint: Member must have length greater than or equal to 1`,
      )
    }
  })
  // Mintplex-Labs/anything-llm#2486 (Titan Text Express), danny-avila/LibreChat#6456 (Titan Premier).
  if (request.system.length > 0 && modelId.startsWith('amazon.titan-text')) {
    throw validationError(
      "This model doesn't support system messages. Try again without a system message or use a model that supports system messages.",
    )
  }
}

/** Empty messages and blank texts, also in the history. */
export const checkMessages: Rule = ({ request }) => request.messages.forEach(checkMessage)

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

/** Who begins, and that the roles alternate. */
export const checkRoles: Rule = ({ request: { messages } }) => {
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
