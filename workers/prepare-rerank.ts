import type { RefusedByMain, TaskRefusal } from '../src/aws/asking-task.js'
import { parseModel } from '../src/openai/parse-json.js'
import { parseBody } from '../src/parse-body.js'
import { type PreparedRerank, prepareRerank as prepare } from '../src/rerank/prepare.js'
import type { PrepareRerankTask, RerankModelAnswer, RerankModelQuestion } from '../src/rerank/tasks.js'
import { answerTask } from './asking.js'
import { encodeBody, moveBody } from './move-body.js'

/** Reads a rerank request that would hold the event loop. What comes back is the finished body with its hash. */
export function prepareRerank(
  task: PrepareRerankTask,
): Promise<PreparedRerank | TaskRefusal | RefusedByMain> {
  return answerTask<RerankModelQuestion, RerankModelAnswer, PreparedRerank>(task.port, async ({ ask }) => {
    const fields = parseBody(task.parts)
    // Checked here: what is no name may be as large as the body, and the main thread would have to read it.
    const { target } = await ask({ type: 'model', name: parseModel(fields['model'], 'model') })
    const written = prepare(fields, { target, dropParams: task.dropParams })
    const encoded = encodeBody(written.body)
    const prepared: PreparedRerank = { ...written, ...encoded }
    const { documents } = prepared
    return moveBody(prepared, encoded.body, ...(documents === null ? [] : [documents.bytes]))
  })
}
