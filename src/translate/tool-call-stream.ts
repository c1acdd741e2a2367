import type { ToolUse } from '../bedrock/types.js'
import type { ChunkWriter } from '../openai/chunks.js'
import { createAnswerStream } from './answer.js'
import { NO_ARGUMENTS, toClientName, toToolUser } from './client-tools.js'
import type { ReplyPlan } from './policy.js'
import type { CalledAs } from './stop-reason.js'

/** Turns the tool uses of one ConverseStream into fragments of tool calls, or into the answer where a tool stands for it. */
export interface ToolCallStream {
  start(block: number, toolUse: Omit<ToolUse, 'input'>): string
  input(block: number, fragment: string): string
  stop(block: number): string
  /** Ends the blocks that were left open. */
  end(): string
  /** Of the calls that the client has to make, in order. */
  readonly ids: readonly string[]
  calledAs(): CalledAs
  /** The answer tool was called: what it was given is the reply's text. */
  answered(): boolean
}

interface OpenBlock {
  readonly write: (fragment: string) => string
  /** What was held back until no fragment follows. */
  readonly end: () => string
  empty: boolean
}

export function createToolCallStream(writer: ChunkWriter, plan: ReplyPlan): ToolCallStream {
  const ids: string[] = []
  const open = new Map<number, OpenBlock>()
  let answered = false

  function stop(block: number): string {
    const call = open.get(block)
    open.delete(block)
    if (call === undefined) return ''
    return (call.empty ? call.write(NO_ARGUMENTS) : '') + call.end()
  }

  function openCall(block: number, write: (fragment: string) => string): void {
    open.set(block, { write, end: () => '', empty: true })
  }

  function openAnswer(block: number): void {
    const answer = createAnswerStream(plan)
    const write = (text: string): string => (text === '' ? '' : writer.content(text))
    open.set(block, {
      write: (fragment) => write(answer.push(fragment)),
      end: () => write(answer.end()),
      empty: true,
    })
  }

  function startCall(block: number, { toolUseId: id, name: wireName }: Omit<ToolUse, 'input'>): string {
    const name = toClientName(wireName, plan)
    const index = ids.push(id) - 1
    if (!plan.legacyFunctions) {
      openCall(block, (fragment) => writer.toolArguments(index, fragment))
      return writer.toolCall({ index, id, name })
    }
    // `function_call` holds one call: the model makes the others again when it has the first one's result.
    if (index > 0) return ''
    openCall(block, (fragment) => writer.functionArguments(fragment))
    return writer.functionCall(name)
  }

  return {
    ids,
    calledAs() {
      if (ids.length === 0) return 'none'
      return plan.legacyFunctions ? 'function_call' : 'tool_calls'
    },
    answered: () => answered,
    start(block, toolUse) {
      const before = stop(block)
      const user = toToolUser(toolUse, plan)
      if (user === 'client') return before + startCall(block, toolUse)
      // A second answer is left out: two JSON texts in a row are none.
      if (user === 'answer' && !answered) {
        answered = true
        openAnswer(block)
      }
      return before
    },
    input(block, fragment) {
      const call = open.get(block)
      if (call === undefined || fragment === '') return ''
      call.empty = false
      return call.write(fragment)
    },
    stop,
    end: () => [...open.keys()].map(stop).join(''),
  }
}
