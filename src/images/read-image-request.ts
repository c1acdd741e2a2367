import type { ModelTarget } from '../catalog/types.js'
import type { Fields } from '../openai/fields.js'
import type { ImageRequest } from '../openai/image-types.js'
import { parseImageRequest } from '../openai/parse-image-request.js'
import { withImageDefaults } from '../openai/with-image-defaults.js'

/** The request as its model is asked: what the alias sets holds where the client says nothing. Throws a `GatewayError`. */
export function readImageRequest(
  fields: Fields,
  { defaults }: Pick<ModelTarget, 'defaults'>,
  limits: { readonly imagesMax: number },
): ImageRequest {
  const body = defaults === null ? fields : withImageDefaults(fields, defaults.parameters)
  return parseImageRequest(body, limits)
}
