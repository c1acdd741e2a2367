import assert from 'node:assert/strict'
import type { Chunk, ChunkDelta } from './chunks.js'

/** A merged entry of `reasoning_details`. */
export interface AssembledDetail {
  readonly type?: unknown
  readonly text?: unknown
  readonly data?: unknown
  readonly signature?: unknown
  readonly format?: unknown
  readonly index?: unknown
}

/** What a client has of a streamed reply in the end. */
export interface Assembled {
  readonly content: string
  readonly reasoning: string
  readonly details: readonly AssembledDetail[]
  readonly toolCalls: readonly { readonly id: string; readonly name: string; readonly arguments: string }[]
  readonly functionCall: { readonly name: string; readonly arguments: string } | null
  readonly annotations: readonly object[]
  readonly citations: readonly object[]
  readonly images: readonly object[]
  readonly finishReasons: readonly string[]
}

/**
 * Puts the chunks of one choice together as clients do: tool calls and details by `index`, as Open WebUI does it
 * (openwebui-contract §3). Fails where a client would: a call's first fragment without id and name, an index out of turn.
 */
export function assemble(chunks: readonly Chunk[]): Assembled {
  const choices = chunks.flatMap((chunk) => chunk.choices)
  const deltas = choices.map(({ delta }) => delta)
  const text = (read: (delta: ChunkDelta) => string | null | undefined): string =>
    deltas.map((delta) => read(delta) ?? '').join('')
  return {
    content: text((delta) => delta.content),
    reasoning: text((delta) => delta.reasoning_content),
    details: mergeDetails(deltas),
    toolCalls: mergeToolCalls(deltas),
    functionCall: mergeFunctionCall(deltas),
    annotations: deltas.flatMap((delta) => delta.annotations ?? []),
    citations: deltas.flatMap((delta) => delta.citations ?? []),
    images: deltas.flatMap((delta) => delta.images ?? []),
    finishReasons: choices.flatMap(({ finish_reason }) => finish_reason ?? []),
  }
}

function mergeDetails(deltas: readonly ChunkDelta[]): readonly AssembledDetail[] {
  const merged: Record<string, unknown>[] = []
  for (const detail of deltas.flatMap((delta) => delta.reasoning_details ?? [])) {
    const standing = merged[detail.index]
    if (standing === undefined) {
      assert.equal(detail.index, merged.length, 'details begin in turn')
      merged.push({ ...detail })
      continue
    }
    assert.equal(detail.type, standing['type'], 'one type for each index')
    for (const [key, value] of Object.entries(detail)) {
      const before = standing[key]
      standing[key] =
        key === 'text' && typeof before === 'string' && typeof value === 'string' ? before + value : value
    }
  }
  return merged
}

function mergeToolCalls(deltas: readonly ChunkDelta[]): Assembled['toolCalls'] {
  const calls: { id: string; name: string; arguments: string }[] = []
  for (const fragment of deltas.flatMap((delta) => delta.tool_calls ?? [])) {
    const standing = calls[fragment.index]
    if (standing === undefined) {
      assert.equal(fragment.index, calls.length, 'calls are numbered without gaps')
      assert.equal(fragment.type, 'function')
      assert.equal(typeof fragment.id, 'string')
      assert.equal(typeof fragment.function.name, 'string')
      calls.push({
        id: fragment.id ?? '',
        name: fragment.function.name ?? '',
        arguments: fragment.function.arguments,
      })
    } else {
      assert.deepEqual([fragment.id, fragment.type, fragment.function.name], Array(3).fill(undefined))
      assert.notEqual(fragment.function.arguments, '', 'no fragment says nothing')
      standing.arguments += fragment.function.arguments
    }
  }
  return calls
}

function mergeFunctionCall(deltas: readonly ChunkDelta[]): Assembled['functionCall'] {
  const [first, ...rest] = deltas.flatMap((delta) => delta.function_call ?? [])
  if (first === undefined) return null
  assert.equal(typeof first.name, 'string')
  assert.ok(rest.every(({ name }) => name === undefined))
  return {
    name: first.name ?? '',
    arguments: [first, ...rest].map((fragment) => fragment.arguments).join(''),
  }
}
