import type { ChatRequest, Guardrail } from '../openai/types.js'
import type { DropList } from './drop-list.js'
import type { TranslationContext } from './policy.js'

/**
 * The guardrail that watches a chat: the client's, else the alias's, else the one for every chat; null: none. Where the
 * operator requires one of theirs, a client's own is left out and named.
 */
export function chooseGuardrail(
  request: ChatRequest,
  { target, policy }: TranslationContext,
  dropped: DropList,
): Guardrail | null {
  const operators = target.defaults?.guardrail ?? policy.guardrail
  if (request.guardrail === null) return operators
  if (!policy.guardrailRequired) return request.guardrail
  dropped.add('guardrailConfig')
  return operators
}
