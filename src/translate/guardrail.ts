import type { ModelTarget } from '../catalog/types.js'
import { GatewayError } from '../errors.js'
import type { Guardrail } from '../openai/types.js'
import type { DropList } from './drop-list.js'
import type { TranslationPolicy } from './policy.js'

export interface GuardrailContext {
  readonly target: Pick<ModelTarget, 'defaults'>
  readonly policy: Pick<TranslationPolicy, 'guardrail' | 'guardrailRequired'>
}

/**
 * The guardrail that watches a request: the client's, else the alias's, else the one for every request; null: none. Where the
 * operator requires one of theirs, a client's own is left out and named.
 */
export function chooseGuardrail(
  request: { readonly guardrail: Guardrail | null },
  { target, policy }: GuardrailContext,
  dropped: DropList,
): Guardrail | null {
  const operators = target.defaults?.guardrail ?? policy.guardrail
  if (request.guardrail === null) return operators
  if (!policy.guardrailRequired) return request.guardrail
  dropped.add('guardrailConfig')
  return operators
}

/** How InvokeModel, and the OpenAI API beside it, are told (facts C12). Throws a `GatewayError` for what is no id or version. */
export function toGuardrailHeaders({
  identifier,
  version,
  trace,
}: Guardrail): Readonly<Record<string, string>> {
  return {
    'x-amzn-bedrock-guardrailidentifier': requireToken(identifier, 'guardrailIdentifier'),
    'x-amzn-bedrock-guardrailversion': requireToken(version, 'guardrailVersion'),
    ...(trace === null ? {} : { 'x-amzn-bedrock-trace': trace.toUpperCase() }),
  }
}

/** Ids, ARNs and versions only: a client's words become a header here. */
function requireToken(text: string, member: string): string {
  if (/^[\w:/.-]{1,2048}$/.test(text)) return text
  const param = `guardrailConfig.${member}`
  throw new GatewayError('invalid_request', `${param} must be an id, an ARN or a version`, { param })
}
