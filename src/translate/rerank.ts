import { modelOf } from '../catalog/names.js'
import type { ModelTarget } from '../catalog/types.js'
import { GatewayError } from '../errors.js'
import type { RerankRequest } from '../openai/rerank-types.js'

/** What a family's body has beside the rest, by the start of the foundation model's id. */
const FAMILIES: readonly (readonly [prefix: string, extra: object])[] = [
  // Facts C10, recording 172.
  ['cohere.rerank', { api_version: 2 }],
  // It knows no api_version (genkit-ai/aws-bedrock-go-plugin#190).
  ['amazon.rerank', {}],
]

const NAME_CHARACTERS_SHOWN = 128

/** The InvokeModel body of a reranker, before JSON. Throws a 400 that names `model` for one that nobody knows how to ask. */
export function toRerankBody(
  { query, documents, topCount }: RerankRequest,
  target: Pick<ModelTarget, 'id' | 'foundationId'>,
): Readonly<Record<string, unknown>> {
  const model = modelOf(target)
  const family = FAMILIES.find(([prefix]) => model.startsWith(prefix))
  if (family === undefined) {
    const shown = target.id.slice(0, NAME_CHARACTERS_SHOWN)
    throw new GatewayError(
      'unsupported',
      `This version does not know how ${shown} is asked to rank: it can use Cohere's and Amazon's rerankers.`,
      { param: 'model' },
    )
  }
  const count = documents.length
  // Said always: Open WebUI needs a score for every document, whatever a model's own number is.
  return { query, documents, ...family[1], top_n: Math.min(topCount ?? count, count) }
}
