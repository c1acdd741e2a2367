import type { ChatRequest } from '../openai/types.js'
import type { DropList } from './drop-list.js'
import type { TranslationContext } from './policy.js'
import type { SettledReasoning } from './reasoning.js'

/** What decides what becomes of a parameter. */
export interface ParameterInput {
  readonly request: ChatRequest
  readonly context: TranslationContext
  readonly reasoning: SettledReasoning
  readonly dropped: DropList
}
