import assert from 'node:assert/strict'

/** What tests read of a delta. */
export interface ChunkDelta {
  readonly role?: string
  readonly content?: string | null
  readonly reasoning_content?: string
  readonly reasoning_details?: readonly { readonly type: string; readonly index: number }[]
  readonly tool_calls?: readonly {
    readonly index: number
    readonly id?: string
    readonly type?: string
    readonly function: { readonly name?: string; readonly arguments: string }
  }[]
  readonly function_call?: { readonly name?: string; readonly arguments: string }
  readonly annotations?: readonly object[]
  readonly citations?: readonly object[]
  readonly images?: readonly object[]
}

/** What tests read of a chunk; the whole of it is held to OpenAI's schema elsewhere. */
export interface Chunk {
  readonly id: string
  readonly created: number
  readonly model: string
  readonly choices: readonly {
    readonly index: number
    readonly delta: ChunkDelta
    readonly finish_reason: string | null
  }[]
  readonly usage?: {
    readonly prompt_tokens: number
    readonly completion_tokens: number
    readonly total_tokens: number
    readonly prompt_tokens_details: {
      readonly cached_tokens: number
      readonly cache_write_tokens?: number
    }
  } | null
  readonly service_tier?: string
}

/** Server-sent events, each of one `data:` line and a blank one, as clients that read line by line see them. */
export function parseChunks(events: string): readonly Chunk[] {
  const lines = events.split('\n\n')
  assert.equal(lines.pop(), '', 'the last event is complete')
  return lines.map((line) => {
    assert.match(line, /^data: \{.*\}$/)
    return JSON.parse(line.slice('data: '.length)) as Chunk
  })
}
