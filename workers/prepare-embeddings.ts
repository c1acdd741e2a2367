import type { RefusedByMain, TaskRefusal } from '../src/aws/asking-task.js'
import { toBatches } from '../src/embeddings/batches.js'
import type { FinishedBody } from '../src/embeddings/content.js'
import { toDropped, toOptions, toReadyInputs } from '../src/embeddings/prepare.js'
import type {
  EmbeddingModelAnswer,
  EmbeddingModelQuestion,
  PreparedBodies,
  PrepareEmbeddingsTask,
} from '../src/embeddings/tasks.js'
import type { EmbeddingRequest } from '../src/openai/embedding-types.js'
import { parseEmbeddingRequest } from '../src/openai/parse-embedding-request.js'
import { parseModel } from '../src/openai/parse-json.js'
import { parseBody } from '../src/parse-body.js'
import { embeddingAdapterOf } from '../src/translate/embedding-models/embedding-adapters.js'
import type { EmbeddingAdapter, ReadyInput } from '../src/translate/embedding-models/types.js'
import { answerTask } from './asking.js'
import { encodeBody, moveBody } from './move-body.js'
import { loadTokenDecoder } from './token-decoder.js'

/** Reads an embeddings request that would hold the event loop. What comes back are the bodies of its calls, with their hashes. */
export function prepareEmbeddings(
  task: PrepareEmbeddingsTask,
): Promise<PreparedBodies | TaskRefusal | RefusedByMain> {
  return answerTask<EmbeddingModelQuestion, EmbeddingModelAnswer, PreparedBodies>(
    task.port,
    async ({ ask }) => {
      const body = parseBody(task.parts)
      const { target } = await ask({ type: 'model', name: parseModel(body['model'], 'model') })
      const { inputsMax } = task
      const request = parseEmbeddingRequest(body, { inputsMax, defaults: target.defaults?.parameters ?? {} })
      const adapter = embeddingAdapterOf(target)
      const dropped = toDropped(request, adapter, { target, dropParams: task.dropParams })
      const inputs = toReadyInputs(request, adapter, await toDecoder(request))
      const bodies = toBodies(inputs, request, adapter)
      const { encodingFormat } = request
      const prepared: PreparedBodies = {
        type: 'prepared',
        target,
        inputsCount: inputs.length,
        encodingFormat,
        dropped,
        bodies,
      }
      return moveBody(prepared, ...bodies.map((finished) => finished.body))
    },
  )
}

async function toDecoder({ inputs }: EmbeddingRequest): Promise<(tokens: readonly number[]) => string> {
  return inputs.some(({ type }) => type === 'tokens') ? await loadTokenDecoder() : () => ''
}

function toBodies(
  inputs: readonly ReadyInput[],
  request: EmbeddingRequest,
  adapter: EmbeddingAdapter,
): readonly FinishedBody[] {
  const options = toOptions(request)
  return toBatches(inputs, adapter).map((batch) => ({
    type: 'body',
    ...encodeBody(JSON.stringify(adapter.toBody(batch.inputs, options))),
    indexes: batch.indexes,
    vectorMembers: adapter.vectorMembers,
    truncate: request.truncate,
  }))
}
