import type { FinishReason, Usage } from './types.js'

/** Facts that every chunk of one reply repeats. */
export interface ReplyHead {
  readonly id: string
  /** Seconds since the epoch. */
  readonly created: number
  readonly model: string
}

/** Longest `data:` line, in characters: Open WebUI's client refuses lines of 128 KiB (openwebui-contract §3). */
const LINE_CHARACTERS_MAX = 60_000
/** JSON writes one UTF-16 unit as up to six characters, and UTF-8 writes one unit as up to three bytes. */
const TEXT_UNITS_SURELY_FIT = LINE_CHARACTERS_MAX / 6

const UNICODE_LINE_END = /[\u0085\u2028\u2029]/

/** The end of every stream, after a `finish_reason` or after an error event. */
export const DONE = 'data: [DONE]\n\n'

/** A comment that keeps proxies and clients from giving up; clients ignore it (SSE: a line that starts with a colon). */
export const PING = ': ping\n\n'

/**
 * Writes the chunks of one streamed reply as server-sent events, in the order of OpenAI's CreateChatCompletionStreamResponse:
 * role, deltas, one finish reason. Everything that is constant is rendered once.
 */
export interface ChunkWriter {
  role(): string
  content(text: string): string
  /** As `content`, for text that is a JSON string already, quotes included. */
  contentJson(json: string): string
  reasoning(text: string): string
  finish(reason: FinishReason): string
}

export interface ChunkWriterOptions {
  readonly head: ReplyHead
  readonly includeUsage: boolean
  /** `index` of the choice, from 0. */
  readonly choice: number
}

export function createChunkWriter({ head, includeUsage, choice }: ChunkWriterOptions): ChunkWriter {
  const start = `${chunkStart(head)}{"index":${choice},"delta":{`
  const end = includeUsage ? `],"usage":null}\n\n` : `]}\n\n`
  const contentStart = `${start}"content":`
  const reasoningStart = `${start}"reasoning_content":`
  const deltaEnd = `},"logprobs":null,"finish_reason":null}${end}`
  return {
    role: () => `${start}"role":"assistant","content":"","refusal":null${deltaEnd}`,
    content: (text) => writeText(contentStart, text, deltaEnd),
    contentJson: (json) =>
      json.length <= TEXT_UNITS_SURELY_FIT
        ? contentStart + json + deltaEnd
        : writeText(contentStart, JSON.parse(json) as string, deltaEnd),
    reasoning: (text) => writeText(reasoningStart, text, deltaEnd),
    finish: (reason) => `${start}},"logprobs":null,"finish_reason":"${reason}"}${end}`,
  }
}

/** The chunk that a client gets last who asked for usage: all choices together, once (clients sum what they are told). */
export function writeUsageChunk(head: ReplyHead, usage: Usage): string {
  return `${chunkStart(head)}],"usage":${JSON.stringify(toUsageBody(usage))}}\n\n`
}

function chunkStart({ id, created, model }: ReplyHead): string {
  return (
    `data: {"id":${JSON.stringify(id)},"object":"chat.completion.chunk","created":${created},` +
    `"model":${JSON.stringify(model)},"choices":[`
  )
}

/** One event for `text`, or several where one line would be too long for clients. */
function writeText(start: string, text: string, end: string): string {
  const json = escapeLineEnds(JSON.stringify(text))
  if (text.length <= TEXT_UNITS_SURELY_FIT || Buffer.byteLength(json) <= LINE_CHARACTERS_MAX)
    return start + json + end
  let middle = text.length >> 1
  // Never between the halves of a surrogate pair: neither half would be a character.
  if (isHighSurrogate(text.charCodeAt(middle - 1))) middle -= 1
  return writeText(start, text.slice(0, middle), end) + writeText(start, text.slice(middle), end)
}

/**
 * JSON may hold Unicode's own line ends as they are, and an event is one line; but clients that split text the Python way
 * (`str.splitlines`, as httpx's `iter_lines` does) would see several.
 */
function escapeLineEnds(json: string): string {
  return UNICODE_LINE_END.test(json)
    ? json.replace(
        /[\u0085\u2028\u2029]/g,
        (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
      )
    : json
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff
}

/** OpenAI's CompletionUsage. */
export function toUsageBody(usage: Usage): object {
  return {
    prompt_tokens: usage.promptTokens,
    completion_tokens: usage.completionTokens,
    total_tokens: usage.totalTokens,
    prompt_tokens_details: { cached_tokens: usage.cachedTokens },
  }
}
