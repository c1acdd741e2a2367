import { once } from 'node:events'
import type { MessagePort } from 'node:worker_threads'
import type { Refused, RefusedByMain, TaskRefusal } from '../src/aws/asking-task.js'
import { toGatewayError } from '../src/errors.js'

/** What a task that reads a request has of the main thread. */
export interface Asker<Question, Answer> {
  /** Rejects where the main thread refuses, or nobody waits any more. */
  ask(question: Question): Promise<Exclude<Answer, Refused>>
  /** Aborts when nobody waits any more. */
  readonly signal: AbortSignal
}

class RefusedByMainError extends Error {}

/** Runs the work of one asking task and closes the port at its end; a failure becomes a result, since errors lose their class on the way. */
export async function answerTask<Question, Answer, Result>(
  port: MessagePort,
  work: (asker: Asker<Question, Answer>) => Promise<Result>,
): Promise<Result | TaskRefusal | RefusedByMain> {
  const open = new AbortController()
  // The client is gone, and an answer never comes.
  port.once('close', () => open.abort())
  const ask: Asker<Question, Answer>['ask'] = async (question) => {
    const answered = once(port, 'message', { signal: open.signal }) as Promise<[Answer | Refused]>
    port.postMessage(question)
    const [answer] = await answered
    if (isRefused(answer)) throw new RefusedByMainError()
    return answer as Exclude<Answer, Refused>
  }
  try {
    return await work({ ask, signal: open.signal })
  } catch (error) {
    if (error instanceof RefusedByMainError) return { type: 'refused-by-main' }
    const { code, message, param } = toGatewayError(error)
    return { type: 'refused', code, message, param }
  } finally {
    port.close()
  }
}

function isRefused(answer: unknown): answer is Refused {
  return (answer as { readonly type?: unknown }).type === 'refused'
}
