import { guessFoundationId } from '../../catalog/names.js'
import type { ModelTarget } from '../../catalog/types.js'
import { GatewayError } from '../../errors.js'
import { novaCanvas } from './nova-canvas.js'
import { sd35Large, stableImageCore, stableImageUltra } from './stability-generators.js'
import { STABILITY_SERVICES } from './stability-services.js'
import { titanImage } from './titan-image.js'
import type { ImageAdapter } from './types.js'

/** By the beginning of the foundation model's id. */
export const IMAGE_ADAPTERS: readonly (readonly [idPrefix: string, adapter: ImageAdapter])[] = [
  ['amazon.nova-canvas-', novaCanvas],
  ['amazon.titan-image-', titanImage],
  ['stability.sd3-5-large-', sd35Large],
  ['stability.stable-image-core-', stableImageCore],
  ['stability.stable-image-ultra-', stableImageUltra],
  ...STABILITY_SERVICES.map(([name, adapter]) => [`stability.${name}-`, adapter] as const),
]

/** How the model of a request is spoken to. Throws a `GatewayError` for an image model that nobody here knows. */
export function imageAdapterOf({ id, foundationId }: Pick<ModelTarget, 'id' | 'foundationId'>): ImageAdapter {
  const model = foundationId ?? guessFoundationId(id) ?? id
  const [, adapter] = IMAGE_ADAPTERS.find(([idPrefix]) => model.startsWith(idPrefix)) ?? []
  if (adapter !== undefined) return adapter
  throw new GatewayError(
    'unsupported',
    'model must be an image model that this gateway knows: Nova Canvas, Titan Image Generator, Stable Diffusion 3.5 Large, Stable Image Core, Stable Image Ultra or one of the Stability image services.',
    { param: 'model' },
  )
}
