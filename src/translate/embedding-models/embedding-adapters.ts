import { modelOf } from '../../catalog/names.js'
import type { ModelTarget } from '../../catalog/types.js'
import { GatewayError } from '../../errors.js'
import { COHERE_V3, COHERE_V4 } from './cohere.js'
import { NOVA_MULTIMODAL } from './nova.js'
import { TITAN_MULTIMODAL } from './titan-multimodal.js'
import { TITAN_TEXT_V1, TITAN_TEXT_V2 } from './titan-text.js'
import type { EmbeddingAdapter } from './types.js'

/** By the start of the foundation model's id; the first that fits counts. */
const ADAPTERS: readonly (readonly [prefix: string, adapter: EmbeddingAdapter])[] = [
  ['amazon.titan-embed-text-v2', TITAN_TEXT_V2],
  ['amazon.titan-embed-text-v1', TITAN_TEXT_V1],
  // The id that v1 had first.
  ['amazon.titan-embed-g1-text', TITAN_TEXT_V1],
  ['amazon.titan-embed-image', TITAN_MULTIMODAL],
  ['amazon.nova-2-multimodal-embeddings', NOVA_MULTIMODAL],
  ['cohere.embed-english-v3', COHERE_V3],
  ['cohere.embed-multilingual-v3', COHERE_V3],
  ['cohere.embed-v4', COHERE_V4],
]

const NAME_CHARACTERS_SHOWN = 128

/** How this embedding model is spoken to. Throws a 400 that names `model` where nobody knows. */
export function embeddingAdapterOf(
  target: Pick<ModelTarget, 'id' | 'foundationId' | 'requested'>,
): EmbeddingAdapter {
  const model = modelOf(target)
  const known = ADAPTERS.find(([prefix]) => model.startsWith(prefix))
  if (known !== undefined) return known[1]
  throw new GatewayError(
    'unsupported',
    `This version does not know how embeddings are asked of ${target.id.slice(0, NAME_CHARACTERS_SHOWN)}: it can use Titan, Cohere and Nova models.`,
    { param: 'model' },
  )
}
