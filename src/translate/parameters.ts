import type { InferenceConfig } from '../bedrock/types.js'
import type { ChatRequest } from '../openai/types.js'
import type { DropList } from './drop-list.js'
import type { TranslationContext } from './policy.js'
import type { SettledReasoning } from './reasoning.js'

export interface ParameterInput {
  readonly request: ChatRequest
  readonly context: TranslationContext
  readonly reasoning: SettledReasoning
  readonly dropped: DropList
}

/** What the parameters become. */
export interface Parameters {
  /** Null: nothing is to be said. */
  readonly inferenceConfig: InferenceConfig | null
  /** For `additionalModelRequestFields`, those of reasoning included. */
  readonly modelFields: Readonly<Record<string, unknown>>
}

/** Sampling, limits and everything else of a request that is no message and no tool, by one table. */
export function toParameters({ request, dropped }: ParameterInput): Parameters {
  for (const name of Object.keys(request.others)) dropped.add(name)
  const { maxTokens, temperature, topP, stop } = request
  // Converse takes temperatures up to 1, OpenAI up to 2: what is above is as hot as it gets.
  const inferenceConfig: InferenceConfig = {
    ...(maxTokens === null ? {} : { maxTokens }),
    ...(temperature === null ? {} : { temperature: Math.min(temperature, 1) }),
    ...(topP === null ? {} : { topP }),
    ...(stop.length === 0 ? {} : { stopSequences: stop }),
  }
  return {
    inferenceConfig: Object.keys(inferenceConfig).length === 0 ? null : inferenceConfig,
    modelFields: {},
  }
}
