import type { Catalogue } from './catalogue.js'
import type { OpenAiHost } from './openai-chat.js'
import { BedrockError } from './wire-error.js'

interface MantleModel {
  readonly id: string
  /** False: the Responses API alone. */
  readonly chat: boolean
}

// Mantle's ids of gpt-oss have no version (bedrock-facts C8). The GPT-5 family (recordings 834 to 845) takes responses only.
// MiniMax stands for the models that only mantle has: the emulated runtime does not list it.
const MANTLE_MODELS: readonly MantleModel[] = [
  { id: 'openai.gpt-oss-20b', chat: true },
  { id: 'openai.gpt-oss-120b', chat: true },
  { id: 'openai.gpt-oss-safeguard-20b', chat: true },
  { id: 'minimax.minimax-m2', chat: true },
  { id: 'openai.gpt-5.6-luna', chat: false },
]

const CREATED = 1_764_547_200

/** The reply of GET /v1/models on mantle; members as in bedrock-facts C14. */
export function listMantleModels(): unknown {
  return {
    data: MANTLE_MODELS.map(({ id }) => ({
      id,
      object: 'model',
      created: CREATED,
      owned_by: 'system',
      status: 'active',
      data_retention: {},
    })),
    object: 'list',
  }
}

/** Throws what a host says to a model that it does not serve a chat of. */
export function checkOpenAiModel(model: string, host: OpenAiHost, catalogue: Catalogue): void {
  if (host === 'runtime') {
    // BerriAI/litellm#40775: the runtime's path serves gpt-oss by its runtime ids.
    const isListed = catalogue.models.some(({ modelId }) => modelId === model)
    if (isListed && model.startsWith('openai.')) return
    throw unknownModel(model)
  }
  const found = MANTLE_MODELS.find(({ id }) => id === model)
  if (found === undefined) throw unknownModel(model)
  // enricoros/big-AGI#1167.
  if (!found.chat) {
    throw new BedrockError({
      status: 400,
      type: 'invalid_request_error',
      message: `The model '${model}' does not support the '/v1/chat/completions' API`,
    })
  }
}

// OpenAI's own answer to an unknown model; what AWS says was never quoted.
function unknownModel(model: string): BedrockError {
  return new BedrockError({
    status: 404,
    type: 'model_not_found',
    message: `The model '${model}' does not exist`,
  })
}
