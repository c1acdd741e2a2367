import { GatewayError } from '../errors.js'

/** Collects the names of request parameters that the model will not see. */
export interface DropList {
  /** Names one parameter; `why` completes "… is not …" for the refusal. Throws where the policy refuses instead. */
  add(parameter: string): void
  readonly names: readonly string[]
}

export function createDropList(dropParams: boolean, model: string): DropList {
  const names: string[] = []
  return {
    names,
    add(parameter) {
      if (!dropParams) {
        throw new GatewayError(
          'unsupported',
          `${parameter} can't be said to ${model}: leave it out, or set BEDROCKD_DROP_PARAMS=true.`,
          { param: parameter },
        )
      }
      if (!names.includes(parameter)) names.push(parameter)
    },
  }
}
