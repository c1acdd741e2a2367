import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { type ErrorCode, GatewayError } from '../errors.js'
import type { Exchange } from '../http/exchange.js'
import type { BodiesPool } from './worker-pool.js'

/** What every task is given that reads a request in a worker. The memory of the parts moves to it. */
export interface AskingTask {
  readonly parts: readonly Uint8Array[]
  /** Questions go out over it; that the main thread closes it means that nobody waits for a result any more. */
  readonly port: MessagePort
}

/** The answer to a question that can't be answered: the main thread throws its own error meanwhile. */
export interface Refused {
  readonly type: 'refused'
}

/** A refusal found in the worker; errors lose their class on the way. */
export interface TaskRefusal {
  readonly type: 'refused'
  readonly code: ErrorCode
  readonly message: string
  readonly param: string | null
}

/** The task was told `refused`. */
export interface RefusedByMain {
  readonly type: 'refused-by-main'
}

export interface AskingTaskOptions<Question, Answer> {
  readonly exchange: Exchange
  readonly pool: BodiesPool
  /** The task's name in `workers/bodies.ts`. */
  readonly name: string
  readonly parts: readonly Buffer[]
  /** What else the task is given; plain data. */
  readonly more: object
  /** Answers what only the main thread knows. A throw is what the request is refused with. */
  readonly answer: (question: Question) => Answer
}

/**
 * Reads a request body in a worker that asks back. Resolves with the task's result; rejects with what `answer` threw, with the
 * worker's refusal, or with 503 where too many tasks wait. A client that goes away breaks the task off.
 */
export async function runAskingTask<Question, Answer, Result extends { readonly type: string }>({
  exchange,
  pool,
  name,
  parts,
  more,
  answer,
}: AskingTaskOptions<Question, Answer>): Promise<Exclude<Result, TaskRefusal | RefusedByMain>> {
  const { port1, port2 } = new MessageChannel()
  let refusal: unknown = null
  port1.on('message', (question: Question) => {
    try {
      port1.postMessage(answer(question))
    } catch (error) {
      refusal = error
      port1.postMessage({ type: 'refused' } satisfies Refused)
    }
  })
  // The worker breaks off: what it fetches and scales is for nobody.
  exchange.onClientGone = () => port1.close()
  try {
    const task = { ...more, parts, port: port2 }
    const transferList = [port2, ...parts.map((part) => part.buffer as ArrayBuffer)]
    const result = (await pool.run(task, { name, transferList })) as Result | TaskRefusal | RefusedByMain
    if (result.type === 'refused-by-main') throw refusal
    if (result.type === 'refused') {
      const { code, message, param } = result as TaskRefusal
      throw new GatewayError(code, message, { param })
    }
    return result as Exclude<Result, TaskRefusal | RefusedByMain>
  } finally {
    exchange.onClientGone = null
    port1.close()
  }
}
