import { NO_ARGUMENTS, toClientName } from './client-tools.js'
import type { ReadToolCall } from './openai-message.js'
import type { ReplyPlan } from './policy.js'

/** A fragment of a call as clients get it: indexes from 0 without gaps, id and name in the first fragment only. */
export interface ToolCallFragment {
  readonly index: number
  /** Null: not the first fragment. */
  readonly start: { readonly id: string; readonly name: string } | null
  readonly arguments: string
}

/** Brings the fragments of one reply's calls into order. */
export interface ToolCallSequence {
  push(call: ReadToolCall): readonly ToolCallFragment[]
  /** The reply is over: calls that got no arguments get `{}`. */
  end(): readonly ToolCallFragment[]
  /** Calls that the client knows of. */
  callsTotal(): number
}

interface OpenCall {
  readonly upstreamId: string
  /** The client's index; null: its name has not come yet, nothing is told of it. */
  index: number | null
  /** Arguments that came before the name, and from then on whether any came. */
  waiting: string
  hasArguments: boolean
}

/** `newId` makes the id of a call that comes without one, by its index. */
export function createToolCallSequence(plan: ReplyPlan, newId: (index: number) => string): ToolCallSequence {
  const byUpstreamIndex = new Map<number, OpenCall>()
  const started: OpenCall[] = []

  function find({ index, id }: ReadToolCall): OpenCall {
    const known = byUpstreamIndex.get(index)
    // Some servers number all parallel calls 0: another id is another call.
    if (known !== undefined && (id === '' || id === known.upstreamId)) return known
    const call: OpenCall = { upstreamId: id, index: null, waiting: '', hasArguments: false }
    byUpstreamIndex.set(index, call)
    return call
  }

  function start(call: OpenCall, name: string, json: string): ToolCallFragment {
    const index = started.length
    started.push(call)
    call.index = index
    const id = call.upstreamId === '' ? newId(index) : call.upstreamId
    return { index, start: { id, name: toClientName(name, plan) }, arguments: json }
  }

  return {
    push(fragment) {
      const call = find(fragment)
      if (call.index === null) {
        call.waiting += fragment.arguments
        if (fragment.name === '') return []
        call.hasArguments = call.waiting !== ''
        return [start(call, fragment.name, call.waiting)]
      }
      if (fragment.arguments === '') return []
      call.hasArguments = true
      return [{ index: call.index, start: null, arguments: fragment.arguments }]
    },
    end: () =>
      started.flatMap(({ hasArguments }, index) =>
        hasArguments ? [] : [{ index, start: null, arguments: NO_ARGUMENTS }],
      ),
    callsTotal() {
      return started.length
    },
  }
}
