import type { ModelRow } from '../catalogue.js'
import type { ConverseRequest } from '../converse-request.js'
import type { ReasoningSigner } from '../reasoning-signer.js'
import { type BedrockError, validationError } from '../wire-error.js'

/** What a rule may need to know beside the request and the model. */
export interface RuleFacts {
  /** Knows the signatures of reasoning text; absent: signatures are only looked for. */
  readonly signer?: Pick<ReasoningSigner, 'verifies'>
  /** ConverseStream rather than Converse. */
  readonly streams?: boolean
}

/** One request on its way to one model. */
export interface RuleContext {
  readonly request: ConverseRequest
  readonly model: ModelRow
  /** The foundation model's id. */
  readonly modelId: string
  readonly facts: RuleFacts
}

/** Throws the first violation in Bedrock's words. */
export type Rule = (context: RuleContext) => void

/** A refusal by the model behind Bedrock: same status, prefixed (recording 273). */
export function modelError(message: string): BedrockError {
  return validationError(`The model returned the following errors: ${message}`)
}

/** A request member that a model does not take; form as in recording 876, stopSequences in langgenius/dify-official-plugins#1767. */
export function unsupportedField(field: string): BedrockError {
  return validationError(`This model doesn't support the ${field} field. Remove ${field} and try again.`)
}
