import assert from 'node:assert/strict'

/** What tests read of a chunk; the whole of it is held to OpenAI's schema elsewhere. */
export interface Chunk {
  readonly id: string
  readonly created: number
  readonly model: string
  readonly choices: readonly {
    readonly delta: {
      readonly role?: string
      readonly content?: string | null
      readonly reasoning_content?: string
    }
    readonly finish_reason: string | null
  }[]
  readonly usage?: {
    readonly prompt_tokens: number
    readonly completion_tokens: number
    readonly total_tokens: number
    readonly prompt_tokens_details: { readonly cached_tokens: number }
  } | null
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
