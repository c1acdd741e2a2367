import type { AliasDefaults } from '../catalog/types.js'
import { readDropParams } from './aliases.js'
import { complainOfParameters, isChatParameter, toKeptParameters } from './chat-parameters.js'
import type { Findings } from './findings.js'
import { BEDROCK_GUARDRAIL, readGuardrail } from './guardrail.js'
import { type Lookup, resolveValue } from './lite-llm-references.js'
import { isRecord } from './yaml-file.js'

export interface Deployment {
  /** `litellm_params`. */
  readonly params: Readonly<Record<string, unknown>>
  readonly place: string
  readonly lookup: Lookup
}

/** Members of `litellm_params` beside chat parameters that have a meaning here. */
const OTHERS = ['guardrailConfig', 'serviceTier', 'drop_params'] as const

/**
 * What one entry of `model_list` sets for its name, and the members that say it. `litellm_params` are the arguments of
 * LiteLLM's call, chat parameters among them (docs.litellm.ai/docs/proxy/configs). Problems are recorded.
 */
export function readDeploymentDefaults(
  { params, place, lookup }: Deployment,
  findings: Findings,
): { readonly defaults: AliasDefaults; readonly used: readonly string[] } {
  const used = Object.keys(params).filter(
    (name) => isChatParameter(name) || OTHERS.some((other) => other === name),
  )
  const own = `${place} litellm_params`
  const problemsBefore = findings.problems.length
  const resolved = Object.fromEntries(
    used.map((name) => [
      name,
      resolveValue({ raw: params[name], place: `${own}.${name}` }, lookup, findings),
    ]),
  )
  const { guardrailConfig, serviceTier, drop_params: dropParamsRaw, ...parameters } = resolved
  const dropParams = readDropParams(dropParamsRaw, `${own}.drop_params`, findings)
  // Bedrock's own form of the parameter, as LiteLLM hands it through; a chat request says `service_tier`.
  const tier = isRecord(serviceTier) ? serviceTier['type'] : serviceTier
  const all = tier === undefined || tier === null ? parameters : { ...parameters, service_tier: tier }
  if (findings.problems.length === problemsBefore) {
    findings.problems.push(...complainOfParameters(all).map((complaint) => `${own}: ${complaint}`))
  }
  return {
    used,
    defaults: {
      parameters: toKeptParameters(all),
      systemPrompt: null,
      guardrail:
        guardrailConfig === undefined || guardrailConfig === null
          ? null
          : readGuardrail(
              { raw: guardrailConfig, place: `${own}.guardrailConfig`, names: BEDROCK_GUARDRAIL },
              findings,
            ),
      ...(dropParams === undefined ? {} : { dropParams }),
    },
  }
}
