import type { ModelTarget } from '../catalog/types.js'
import { GatewayError } from '../errors.js'
import type { TranslationPolicy } from './policy.js'

/** Collects the names of request parameters that the model will not see. */
export interface DropList {
  /** Names one parameter, as often as wanted. Throws a `GatewayError` where the policy refuses instead. */
  add(parameter: string): void
  /** Each name once, in the order of their first mention. */
  names(): readonly string[]
}

interface DropContext {
  readonly target: Pick<ModelTarget, 'defaults'>
  readonly policy: Pick<TranslationPolicy, 'dropParams'>
}

/** Whether a parameter that can't be said is left out, rather than refused: the alias's word goes before the setting. */
export function dropsParams({ target, policy }: DropContext): boolean {
  return target.defaults?.dropParams ?? policy.dropParams
}

/** An empty list for one request; with `dropParams` false its first name is a refusal. */
export function createDropList(dropParams: boolean, model: string): DropList {
  // A set: a request may name a hundred thousand members.
  const names = new Set<string>()
  return {
    names() {
      return [...names]
    },
    add(parameter) {
      if (!dropParams) {
        throw new GatewayError(
          'unsupported',
          `${parameter} can't be said to ${model}: leave it out, or set BEDROCKD_DROP_PARAMS=true.`,
          { param: parameter },
        )
      }
      names.add(parameter)
    },
  }
}
