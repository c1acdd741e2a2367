import { runAskingTask } from '../aws/asking-task.js'
import type { BodiesPool } from '../aws/worker-pool.js'
import type { Catalog, ModelTarget } from '../catalog/types.js'
import type { Exchange } from '../http/exchange.js'
import { requireJson } from '../http/require-json.js'
import type { EmbeddingRequest } from '../openai/embedding-types.js'
import { parseEmbeddingRequest } from '../openai/parse-embedding-request.js'
import { parseModel } from '../openai/parse-json.js'
import { parseBody } from '../parse-body.js'
import { requireKind, requireModel } from '../require-model.js'
import { embeddingAdapterOf } from '../translate/embedding-models/embedding-adapters.js'
import type { EmbeddingAdapter, ReadyInput } from '../translate/embedding-models/types.js'
import { batchLimitsOf } from './batches.js'
import type { QueuedInput } from './call-queue.js'
import { charactersOf, type EmbeddingContent } from './content.js'
import { type PreparedEmbeddings, toDropped, toOptions, toReadyInputs } from './prepare.js'
import type {
  DecodeTokensTask,
  EmbeddingModelAnswer,
  EmbeddingModelQuestion,
  PreparedBodies,
} from './tasks.js'
import type { TakeTurn } from './turns.js'
import type { Share } from './waiting-line.js'

export interface EmbeddingReceiver {
  readonly bodyBytesMax: number
  /** Above this a body is read in a worker, and a shared call is not made any longer. */
  readonly bodyInlineBytesMax: number
  readonly inputsMax: number
  /** As `BEDROCKD_DROP_PARAMS`. */
  readonly dropParams: boolean
  readonly catalog: () => Catalog
  /** Called for names the snapshot does not hold: a refresh may know them. */
  readonly onUnlisted: () => void
  readonly bodies: BodiesPool
  /** Awaited before a body is read here. */
  readonly takeTurn: TakeTurn
}

/** Reads one embeddings request to the end and makes it ready for its calls. Throws a `GatewayError` for everything that is wrong with it. */
export async function receiveEmbeddings(
  exchange: Exchange,
  receiver: EmbeddingReceiver,
): Promise<PreparedEmbeddings> {
  requireJson(exchange)
  const parts = await exchange.readBody(receiver.bodyBytesMax)
  const bytes = parts.reduce((sum, part) => sum + part.length, 0)
  if (bytes > receiver.bodyInlineBytesMax) return prepareInWorker(parts, exchange, receiver)
  await receiver.takeTurn()
  const body = parseBody(parts)
  const target = resolveTarget(body['model'], receiver)
  const { inputsMax } = receiver
  const request = parseEmbeddingRequest(body, { inputsMax, defaults: target.defaults?.parameters ?? {} })
  const adapter = embeddingAdapterOf(target)
  const dropped = toDropped(request, adapter, { target, dropParams: receiver.dropParams })
  const texts = await decodeInWorker(request, receiver)
  const inputs = toReadyInputs(request, adapter, (tokens) => texts.get(tokens) ?? '')
  return {
    target,
    inputsCount: inputs.length,
    encodingFormat: request.encodingFormat,
    dropped,
    waiting: toWaiting(inputs, { request, adapter, charactersMax: receiver.bodyInlineBytesMax }),
  }
}

function resolveTarget(name: unknown, { catalog, onUnlisted }: EmbeddingReceiver): ModelTarget {
  const model = parseModel(name, 'model')
  const resolution = catalog().resolve(model)
  if (resolution.type === 'unlisted' || resolution.type === 'unknown') onUnlisted()
  return requireKind(requireModel(model, resolution, 'embedding'), 'embedding')
}

/** Each input on its own: what shares a call is seen when there is one. */
function toWaiting(
  inputs: readonly ReadyInput[],
  {
    request,
    adapter,
    charactersMax,
  }: {
    readonly request: EmbeddingRequest
    readonly adapter: EmbeddingAdapter
    readonly charactersMax: number
  },
): readonly QueuedInput<EmbeddingContent>[] {
  const options = toOptions(request)
  const shares = { text: toShare('text'), image: toShare('image') }

  function toShare(kind: ReadyInput['type']): Share | null {
    const limits = batchLimitsOf(adapter, kind)
    if (limits.countMax <= 1) return null
    return {
      key: JSON.stringify([kind, options]),
      countMax: limits.countMax,
      charactersMax: Math.min(limits.charactersMax, charactersMax),
    }
  }

  return inputs.map((input) => ({
    content: { type: 'input', input, adapter, options },
    share: shares[input.type],
    characters: charactersOf(input),
  }))
}

/** The text of each list of tokens: the encoding takes longer to load than the event loop may be held. */
async function decodeInWorker(
  { inputs }: EmbeddingRequest,
  { bodies }: EmbeddingReceiver,
): Promise<ReadonlyMap<readonly number[], string>> {
  const lists = inputs.flatMap((input) => (input.type === 'tokens' ? [input.tokens] : []))
  if (lists.length === 0) return new Map()
  const task: DecodeTokensTask = { lists }
  const texts = (await bodies.run(task, { name: 'decodeTokens' })) as readonly string[]
  return new Map(lists.map((list, index) => [list, texts[index] ?? '']))
}

async function prepareInWorker(
  parts: readonly Buffer[],
  exchange: Exchange,
  receiver: EmbeddingReceiver,
): Promise<PreparedEmbeddings> {
  const { inputsMax, dropParams, bodies: pool } = receiver
  const prepared = await runAskingTask<EmbeddingModelQuestion, EmbeddingModelAnswer, PreparedBodies>({
    exchange,
    pool,
    name: 'prepareEmbeddings',
    parts,
    more: { inputsMax, dropParams },
    answer: ({ name }) => ({ type: 'model', target: resolveTarget(name, receiver) }),
  })
  const waiting = prepared.bodies.map((content) => ({
    content,
    share: null,
    characters: content.body.length,
  }))
  return { ...prepared, waiting }
}
