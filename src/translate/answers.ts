import type { ToolResultBlock } from '../bedrock/types.js'
import type { CacheControl, ToolCall } from '../openai/types.js'

/** What answers one call. Clients may send several messages for it. */
export interface Answer {
  readonly toolUseId: string
  readonly content: ToolResultBlock[]
  answered: boolean
  cacheControl: CacheControl | null
}

/** The open calls of a turn, each with its answer. */
export interface Answers {
  /** In the order of the calls. */
  readonly list: readonly Answer[]
  /**
   * The answer that a result belongs to: by the call's id, else by the tool's name, else (an empty id) the next; those without
   * a result first. Null: nobody asked. A history may hold 100,000 calls: each look-up goes on where the last one ended.
   */
  find(toolCallId: string): Answer | null
}

interface Queue {
  readonly answers: Answer[]
  /** All before it are answered. */
  next: number
}

/** A call as the client made it, and the id that it goes by. */
export interface AskedCall {
  readonly call: ToolCall
  readonly toolUse: { readonly toolUseId: string }
}

const NOBODY_ASKED: Answers = { list: [], find: () => null }

export function createAnswers(calls: readonly AskedCall[]): Answers {
  if (calls.length === 0) return NOBODY_ASKED
  const byId = new Map<string, Queue>()
  const byName = new Map<string, Queue>()
  const all: Queue = { answers: [], next: 0 }
  for (const { call, toolUse } of calls) {
    const answer = { toolUseId: toolUse.toolUseId, content: [], answered: false, cacheControl: null }
    all.answers.push(answer)
    enqueue(byId, call.id, answer)
    enqueue(byName, call.name, answer)
  }
  return {
    list: all.answers,
    find(toolCallId) {
      const queue = byId.get(toolCallId) ?? byName.get(toolCallId) ?? (toolCallId === '' ? all : null)
      return queue === null ? null : takeNext(queue)
    },
  }
}

function enqueue(queues: Map<string, Queue>, key: string, answer: Answer): void {
  const queue = queues.get(key)
  if (queue === undefined) queues.set(key, { answers: [answer], next: 0 })
  else queue.answers.push(answer)
}

/** The next without a result, else the last: what is said once more belongs to it. */
function takeNext(queue: Queue): Answer | null {
  while (queue.answers[queue.next]?.answered === true) queue.next += 1
  return queue.answers[queue.next] ?? queue.answers.at(-1) ?? null
}
