import type { ReplyHead } from './chunks.js'

/** JSON writes one UTF-16 unit as up to six characters, and clients refuse long lines (openwebui-contract §3). */
const ARGUMENT_UNITS_MAX = 10_000

export interface DeltaChunkOptions {
  readonly head: ReplyHead
  readonly includeUsage: boolean
  readonly choice: number
}

/** A fragment of a tool call, for a client that reads `tool_calls` or, before those, `function_call`. */
export interface ToolCallDelta {
  readonly index: number
  readonly start: { readonly id: string; readonly name: string } | null
  readonly arguments: string
}

/** Writes the chunks of tool calls: one event for a fragment, several for a long one. */
export function writeToolCallChunks(
  options: DeltaChunkOptions,
  { index, start, arguments: json }: ToolCallDelta,
  legacyFunctions: boolean,
): string {
  // A client of `function_call` can be told of one call only.
  if (legacyFunctions && index > 0) return ''
  let events = ''
  let from = 0
  do {
    const to = endOfPiece(json, from)
    const called = {
      ...(from === 0 && start !== null ? { name: start.name } : {}),
      arguments: json.slice(from, to),
    }
    const first = from === 0 && start !== null ? { id: start.id, type: 'function' } : {}
    const delta = legacyFunctions
      ? { function_call: called }
      : { tool_calls: [{ index, ...first, function: called }] }
    events += writeDeltaChunk(options, delta)
    from = to
  } while (from < json.length)
  return events
}

/** Never between the halves of a surrogate pair: neither half would be a character. */
function endOfPiece(text: string, from: number): number {
  const end = from + ARGUMENT_UNITS_MAX
  if (end >= text.length) return text.length
  const unit = text.charCodeAt(end - 1)
  return unit >= 0xd800 && unit <= 0xdbff ? end - 1 : end
}

function writeDeltaChunk({ head, includeUsage, choice }: DeltaChunkOptions, delta: object): string {
  const chunk = {
    id: head.id,
    object: 'chat.completion.chunk',
    created: head.created,
    model: head.model,
    choices: [{ index: choice, delta, logprobs: null, finish_reason: null }],
    ...(includeUsage ? { usage: null } : {}),
  }
  return `data: ${JSON.stringify(chunk)}\n\n`
}
