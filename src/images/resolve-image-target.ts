import {
  IMAGE_MODEL_SETTINGS,
  type ImageUse,
  isOpenAiImageName,
  UNNAMED_IMAGE_MODEL,
} from '../catalog/image-names.js'
import { parseName } from '../catalog/names.js'
import type { Catalog, ModelTarget } from '../catalog/types.js'
import { GatewayError } from '../errors.js'
import { parseModel } from '../openai/parse-json.js'
import { requireKind, requireModel } from '../require-model.js'

const param = 'model'

export interface ImageModels {
  readonly catalog: () => Catalog
  /** Called for names the snapshot does not hold: a refresh may know them. */
  readonly onUnlisted: () => void
}

/** The image model behind a request's `model`, which may be missing; throws 400, 403, 404 or 503. */
export function resolveImageTarget(
  model: unknown,
  use: ImageUse,
  { catalog, onUnlisted }: ImageModels,
): ModelTarget {
  const name = toImageModelName(model)
  const standing = catalog()
  const resolution = standing.resolve(name, use)
  if (resolution.type === 'unlisted' || resolution.type === 'unknown') onUnlisted()
  if (resolution.type === 'unknown' && isOpenAiImageName(parseName(name).id)) {
    throw standing.loaded ? nothingFits(use) : noModelsYet()
  }
  return requireKind(requireModel(name, resolution), 'image')
}

/** The request's `model`, or what its absence means. */
export function toImageModelName(model: unknown): string {
  return model === undefined || model === null || model === ''
    ? UNNAMED_IMAGE_MODEL
    : parseModel(model, param)
}

function nothingFits(use: ImageUse): GatewayError {
  return new GatewayError(
    'model_not_found',
    `No image model stands in for OpenAI's: set ${IMAGE_MODEL_SETTINGS[use]}, or name one of GET /v1/models?type=image.`,
    { param },
  )
}

function noModelsYet(): GatewayError {
  return new GatewayError(
    'no_models_yet',
    'The model list is not there yet: name a model by its Bedrock id, or ask again.',
    { param, retryAfterSeconds: 5 },
  )
}
