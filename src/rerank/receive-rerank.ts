import { runAskingTask } from '../aws/asking-task.js'
import type { BodiesPool } from '../aws/worker-pool.js'
import type { Catalog, ModelTarget } from '../catalog/types.js'
import type { Exchange } from '../http/exchange.js'
import { requireJson } from '../http/require-json.js'
import { parseModel } from '../openai/parse-json.js'
import { parseBody } from '../parse-body.js'
import { requireKind, requireModel } from '../require-model.js'
import { type PreparedRerank, prepareRerank } from './prepare.js'
import type { RerankModelAnswer, RerankModelQuestion, RerankPolicy } from './tasks.js'

export interface RerankReceiver extends RerankPolicy {
  readonly bodyBytesMax: number
  /** Above this a body is read in a worker. */
  readonly bodyInlineBytesMax: number
  readonly catalog: () => Catalog
  /** Called for names the snapshot does not hold: a refresh may know them. */
  readonly onUnlisted: () => void
  readonly bodies: BodiesPool
}

/** Reads one rerank request to the end and makes it ready to send. Throws a `GatewayError` for everything that is wrong with it. */
export async function receiveRerank(exchange: Exchange, receiver: RerankReceiver): Promise<PreparedRerank> {
  requireJson(exchange)
  const parts = await exchange.readBody(receiver.bodyBytesMax)
  const bytes = parts.reduce((sum, part) => sum + part.length, 0)
  const { bodyInlineBytesMax, dropParams, bodies: pool } = receiver
  if (bytes <= bodyInlineBytesMax) {
    const fields = parseBody(parts)
    return prepareRerank(fields, { target: resolveTarget(fields['model'], receiver), dropParams })
  }
  const more: RerankPolicy = { dropParams }
  return await runAskingTask<RerankModelQuestion, RerankModelAnswer, PreparedRerank>({
    exchange,
    pool,
    name: 'prepareRerank',
    parts,
    more,
    answer: ({ name }) => ({ type: 'model', target: resolveTarget(name, receiver) }),
  })
}

function resolveTarget(name: unknown, { catalog, onUnlisted }: RerankReceiver): ModelTarget {
  const model = parseModel(name, 'model')
  const resolution = catalog().resolve(model)
  if (resolution.type === 'unlisted' || resolution.type === 'unknown') onUnlisted()
  return requireKind(requireModel(model, resolution, 'rerank'), 'rerank')
}
