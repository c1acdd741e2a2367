import { GatewayError } from '../errors.js'
import { parseChatRequest } from '../openai/parse-chat-request.js'
import { checkEmbeddingParameters, EMBEDDING_PARAMETERS } from '../openai/parse-embedding-request.js'
import { checkImageParameters, IMAGE_PARAMETERS } from '../openai/parse-image-chat.js'

/** Members of a request that may be set for a name: how a model answers, not what it is asked. */
export const CHAT_PARAMETERS = [
  'temperature',
  'top_p',
  'top_k',
  'min_p',
  'max_tokens',
  'max_completion_tokens',
  'stop',
  'seed',
  'n',
  'frequency_penalty',
  'presence_penalty',
  'logit_bias',
  'parallel_tool_calls',
  'reasoning_effort',
  'reasoning',
  'thinking',
  'response_format',
  'verbosity',
  'service_tier',
  'performanceConfig',
  'performance_config',
  'guardrailConfig',
  'guardrail_config',
  'prompt_caching',
  'metadata',
  'requestMetadata',
  'user',
  'extra_body',
  'additionalModelRequestFields',
  'additional_model_request_fields',
  ...IMAGE_PARAMETERS,
  ...EMBEDDING_PARAMETERS,
] as const

/** True for a name of the table. */
export function isChatParameter(name: string): boolean {
  return CHAT_PARAMETERS.some((known) => known === name)
}

/** What is wrong with parameters, each by itself and then all together, in the words a client would be told. */
export function complainOfParameters(parameters: Readonly<Record<string, unknown>>): readonly string[] {
  const each = Object.entries(parameters).flatMap(([name, value]) => complainOf({ [name]: value }))
  return each.length > 0 ? each : complainOf(parameters)
}

function complainOf(parameters: Readonly<Record<string, unknown>>): readonly string[] {
  try {
    parseChatRequest({ ...parameters, model: 'any', messages: [{ role: 'user', content: 'Hello' }] })
    checkImageParameters(parameters)
    checkEmbeddingParameters(parameters)
    return []
  } catch (error) {
    if (error instanceof GatewayError) return [error.message]
    throw error
  }
}

/**
 * The parameters as they are kept: unset ones left out, and one name for the limit of tokens, so that whichever name a
 * client uses for it goes before.
 */
export function toKeptParameters(
  parameters: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const set = Object.fromEntries(
    Object.entries(parameters).filter(([, value]) => value !== null && value !== undefined),
  )
  const { max_completion_tokens: limit, ...others } = set
  return limit === undefined ? others : { ...others, max_tokens: limit }
}
