import { isWrongMantlePath, type MantlePath, mantlePathOf, otherMantlePath } from '../catalog/mantle.js'
import type { ModelTarget } from '../catalog/types.js'
import type { GatewayError } from '../errors.js'

/** The way of one call to bedrock-mantle. */
export interface MantleRoute {
  path(): MantlePath
  /** The call was answered: the path is right for the model. */
  confirm(): void
  /** True, once, where the model was refused for its path: the other one is to be tried. */
  turnAround(error: GatewayError): boolean
}

/** Of calls that do not go to bedrock-mantle. */
const ELSEWHERE: MantleRoute = { path: () => '/v1', confirm() {}, turnAround: () => false }

/**
 * Knows under which path each model stands on bedrock-mantle: as the table says, until bedrock-mantle said otherwise. A new
 * model costs one refused call, which nobody is billed for.
 */
export function createMantlePaths() {
  const learned = new Map<string, MantlePath>()
  return {
    start({ id, dialect }: Pick<ModelTarget, 'id' | 'dialect'>): MantleRoute {
      if (dialect !== 'openai-mantle') return ELSEWHERE
      let path = learned.get(id) ?? mantlePathOf(id)
      let turned = false
      return {
        path() {
          return path
        },
        confirm() {
          if (turned) learned.set(id, path)
        },
        turnAround(error) {
          if (turned || !isWrongMantlePath(error.message)) return false
          turned = true
          path = otherMantlePath(path)
          return true
        },
      }
    },
  }
}

export type MantlePaths = ReturnType<typeof createMantlePaths>
