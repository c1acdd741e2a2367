import type { ModelTarget } from '../src/catalog/types.js'
import { GatewayError } from '../src/errors.js'
import { describeInputs } from '../src/translate/media/describe-inputs.js'

const NAME_CHARACTERS_MAX = 128

/** The refusal of what the model does not take: names the model and what it takes. `what` is plural: `images`. */
export function unsupportedMedia(param: string, what: string, target: ModelTarget): GatewayError {
  const model =
    target.requested.length > NAME_CHARACTERS_MAX
      ? `${target.requested.slice(0, NAME_CHARACTERS_MAX)}…`
      : target.requested
  const takes = describeInputs(target.capabilities)
  return new GatewayError(
    'unsupported',
    `${param}: the model "${model}" does not take ${what}: it takes ${takes}. Leave this part out, or choose another model.`,
    { param },
  )
}
