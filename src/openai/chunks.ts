import { toCitationMembers } from './citations.js'
import type { EventBytes } from './event-bytes.js'
import type { ReasoningDetailBody, ReasoningPlace } from './reasoning-details.js'
import type { Citation, FinishReason, ServiceTier, Usage } from './types.js'

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
export const TEXT_UNITS_SURELY_FIT = LINE_CHARACTERS_MAX / 6

const UNICODE_LINE_END = /[\u0085\u2028\u2029]/

/** The end of every stream, after a `finish_reason` or after an error event. */
export const DONE = 'data: [DONE]\n\n'

/** A comment that keeps proxies and clients from giving up; clients ignore it (SSE: a line that starts with a colon). */
export const PING = ': ping\n\n'

/**
 * Writes the chunks of one streamed reply as server-sent events, in the order of OpenAI's CreateChatCompletionStreamResponse:
 * role, deltas, one finish reason. Everything that is constant is rendered once. Texts become several lines where one would
 * be too long for clients; pictures, signatures and citations can't be cut and are one line each, however long.
 */
export interface ChunkWriter {
  role(): string
  content(text: string): string
  /** As `content`, for text that is a JSON string already, quotes included. */
  contentJson(json: string): string
  /** The same for ASCII, byte by byte: the way of nearly all events. */
  contentAscii(bytes: Uint8Array, start: number, end: number, out: EventBytes): void
  /**
   * Reasoning text, which every client takes from one of two places: `reasoning_content` is shown, `reasoning_details` come
   * back with the next request. Both grow by the same text in the same chunk, so that a client that reads whichever is
   * there sees nothing twice.
   */
  reasoning(text: string, place: ReasoningPlace): string
  /** An entry of `reasoning_details` that has nothing to show. */
  reasoningDetail(detail: ReasoningDetailBody): string
  /** The first fragment of a call: its arguments follow. */
  toolCall(call: { readonly index: number; readonly id: string; readonly name: string }): string
  toolArguments(index: number, fragment: string): string
  /** As `toolCall`, for clients that speak `functions`. */
  functionCall(name: string): string
  functionArguments(fragment: string): string
  citations(citations: readonly Citation[]): string
  /** `url` is a data URI. */
  image(url: string): string
  finish(reason: FinishReason): string
}

export interface ChunkWriterOptions {
  readonly head: ReplyHead
  readonly includeUsage: boolean
  /** `index` of the choice, from 0. */
  readonly choice: number
}

/** Ends of a delta: OpenAI's members that are never anything else here. */
const DELTA_END = toEnd(`},"logprobs":null,"finish_reason":null}]}\n\n`)
const DELTA_END_WITH_USAGE = toEnd(`},"logprobs":null,"finish_reason":null}],"usage":null}\n\n`)

const CONTENT = `"content":`

interface End {
  readonly text: string
  readonly bytes: Buffer
}

function toEnd(text: string): End {
  return { text, bytes: Buffer.from(text) }
}

export function createChunkWriter(options: ChunkWriterOptions): ChunkWriter {
  return new ReplyChunkWriter(options)
}

/** A class, because there is one for each open stream: a dozen closures are 1 KB, an instance is 40 bytes. */
class ReplyChunkWriter implements ChunkWriter {
  /** What stands before a delta's members, as far as text needs it: one copy for each open stream. */
  readonly #contentStart: Buffer
  readonly #end: End

  constructor({ head, includeUsage, choice }: ChunkWriterOptions) {
    this.#contentStart = Buffer.from(`${chunkStart(head)}{"index":${choice},"delta":{${CONTENT}`)
    this.#end = includeUsage ? DELTA_END_WITH_USAGE : DELTA_END
  }

  get #start(): string {
    return this.#contentStart.toString('utf8', 0, this.#contentStart.length - CONTENT.length)
  }

  #delta(members: string): string {
    return this.#start + members + this.#end.text
  }

  role(): string {
    return this.#delta(`"role":"assistant","content":"","refusal":null`)
  }

  content(text: string): string {
    return writeText(text, 1, (json) => this.#delta(CONTENT + json))
  }

  contentJson(json: string): string {
    return json.length <= TEXT_UNITS_SURELY_FIT
      ? this.#delta(CONTENT + json)
      : this.content(JSON.parse(json) as string)
  }

  contentAscii(bytes: Uint8Array, start: number, end: number, out: EventBytes): void {
    out.append(this.#contentStart)
    out.copy(bytes, start, end)
    out.append(this.#end.bytes)
  }

  reasoning(text: string, place: ReasoningPlace): string {
    const detailEnd = `,"format":${toJson(place.format)},"index":${place.index}}]`
    return writeText(text, 2, (json) =>
      this.#delta(
        `"reasoning_content":${json},"reasoning_details":[{"type":"reasoning.text","text":${json}${detailEnd}`,
      ),
    )
  }

  reasoningDetail(detail: ReasoningDetailBody): string {
    return this.#delta(`"reasoning_details":[${toJson(detail)}]`)
  }

  toolCall({ index, id, name }: Parameters<ChunkWriter['toolCall']>[0]): string {
    return this.#delta(
      `"tool_calls":[{"index":${index},"id":${toJson(id)},"type":"function",` +
        `"function":{"name":${toJson(name)},"arguments":""}}]`,
    )
  }

  toolArguments(index: number, fragment: string): string {
    return writeText(fragment, 1, (json) =>
      this.#delta(`"tool_calls":[{"index":${index},"function":{"arguments":${json}}}]`),
    )
  }

  functionCall(name: string): string {
    return this.#delta(`"function_call":{"name":${toJson(name)},"arguments":""}`)
  }

  functionArguments(fragment: string): string {
    return writeText(fragment, 1, (json) => this.#delta(`"function_call":{"arguments":${json}}`))
  }

  citations(citations: readonly Citation[]): string {
    return citations
      .map((citation) => this.#delta(toJson(toCitationMembers([citation])).slice(1, -1)))
      .join('')
  }

  image(url: string): string {
    return this.#delta(`"images":[${toJson(toImageBody(url))}]`)
  }

  finish(reason: FinishReason): string {
    return `${this.#start}${this.#end.text.replace('"finish_reason":null', `"finish_reason":"${reason}"`)}`
  }
}

/** The chunk that a client gets last who asked for usage: all choices together, once (clients sum what they are told). */
export function writeUsageChunk(
  head: ReplyHead,
  usage: Usage,
  serviceTier: ServiceTier | null = null,
): string {
  const tier = serviceTier === null ? '' : `,"service_tier":"${serviceTier}"`
  return `${chunkStart(head)}],"usage":${JSON.stringify(toUsageBody(usage))}${tier}}\n\n`
}

function chunkStart({ id, created, model }: ReplyHead): string {
  return (
    `data: {"id":${toJson(id)},"object":"chat.completion.chunk","created":${created},` +
    `"model":${toJson(model)},"choices":[`
  )
}

/**
 * What `write` makes of `text` as a JSON string, once, or several times where a line would be too long for clients.
 * `copies`: so often the text stands in one line.
 */
function writeText(text: string, copies: 1 | 2, write: (json: string) => string): string {
  const json = toJson(text)
  if (
    text.length * copies <= TEXT_UNITS_SURELY_FIT ||
    Buffer.byteLength(json) * copies <= LINE_CHARACTERS_MAX
  )
    return write(json)
  let middle = text.length >> 1
  // Never between the halves of a surrogate pair: neither half would be a character.
  if (isHighSurrogate(text.charCodeAt(middle - 1))) middle -= 1
  return writeText(text.slice(0, middle), copies, write) + writeText(text.slice(middle), copies, write)
}

/**
 * JSON may hold Unicode's own line ends as they are, and an event is one line; but clients that split text the Python way
 * (`str.splitlines`, as httpx's `iter_lines` does) would see several.
 */
function toJson(value: unknown): string {
  const json = JSON.stringify(value)
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

/** A picture in `images` (openwebui-contract §3; OpenRouter's shape). */
export function toImageBody(url: string): object {
  return { type: 'image_url', image_url: { url } }
}

/** OpenAI's CompletionUsage. Reasoning tokens are left out: Bedrock does not tell them apart. */
export function toUsageBody(usage: Usage): object {
  return {
    prompt_tokens: usage.promptTokens,
    completion_tokens: usage.completionTokens,
    total_tokens: usage.totalTokens,
    prompt_tokens_details: {
      cached_tokens: usage.cachedTokens,
      ...(usage.cacheWriteTokens > 0 ? { cache_write_tokens: usage.cacheWriteTokens } : {}),
    },
  }
}
