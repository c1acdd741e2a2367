import type { StreamInfo } from '../admin/types.js'
import type { BedrockCall, BedrockHandler } from '../aws/bedrock-client.js'
import { parseConverseEvent } from '../bedrock/events.js'
import { createFrameDecoder, type FrameDecoder, FrameError } from '../bedrock/frame-decoder.js'
import { GatewayError, toGatewayError } from '../errors.js'
import type { EventStream } from '../http/event-stream.js'
import type { Exchange } from '../http/exchange.js'
import { DONE, PING, type ReplyHead } from '../openai/chunks.js'
import { toErrorBody } from '../openai/error-body.js'
import type { Pipeline } from '../pipeline.js'
import type { PreparedChat } from '../prepare-chat.js'
import type { Watched } from '../stream-registry.js'
import { createStreamTranslator, type StreamTranslator } from '../translate/stream.js'

/** What one read brings is sent at once when it is more than this, so that little waits for a client that is behind. */
const WRITE_CHARACTERS_MAX = 16 * 1024

export interface RelayOptions {
  readonly exchange: Exchange
  readonly chat: PreparedChat
  readonly head: ReplyHead
  readonly pipeline: Pipeline
}

/**
 * One stream from Bedrock to one client. Its life: waiting for Bedrock's headers → open → ended, once. Every end is one
 * of two: finish reason, usage, `[DONE]`; or an error event, `[DONE]`. A client that goes away aborts the call.
 */
export class StreamRelay implements BedrockHandler, Watched {
  readonly #exchange: Exchange
  readonly #chat: PreparedChat
  readonly #pipeline: Pipeline
  readonly #translator: StreamTranslator
  readonly #decoder: FrameDecoder
  #call: BedrockCall | null = null
  #client: EventStream | null = null
  #ended = false
  /** Server-sent events of the read under way. */
  #out = ''
  #flushDue = false
  readonly #flushAfterRead = (): void => {
    this.#flushDue = false
    if (!this.#ended) this.#flush()
  }
  #eventsTotal = 0
  #bytesTotal = 0
  #heardAtMs: number
  #wroteAtMs: number
  /** Since when the client takes nothing; null: it keeps up. */
  #stalledSinceMs: number | null = null

  constructor({ exchange, chat, head, pipeline }: RelayOptions) {
    this.#exchange = exchange
    this.#chat = chat
    this.#pipeline = pipeline
    this.#translator = createStreamTranslator(head, chat.includeUsage)
    this.#decoder = createFrameDecoder((bytes, headersStart, headersEnd, payloadEnd) => {
      this.#eventsTotal += 1
      this.#out += this.#translator.push(parseConverseEvent(bytes, headersStart, headersEnd, payloadEnd))
    })
    this.#heardAtMs = this.#wroteAtMs = pipeline.now()
  }

  start(call: BedrockCall): void {
    if (this.#ended) return
    this.#call = call
    this.#pipeline.registry.add(this)
    this.#exchange.onClientGone = () => this.#end()
  }

  onHeaders(requestId: string | null): void {
    this.#exchange.facts.bedrockRequestId = requestId
    this.#heardAtMs = this.#pipeline.now()
    if (this.#client === null) this.#open()
  }

  onData(chunk: Buffer): void {
    if (this.#ended) return
    this.#heardAtMs = this.#pipeline.now()
    try {
      this.#decoder.push(chunk)
    } catch (error) {
      this.#fail(toStreamError(error))
      return
    }
    if (this.#out === '') return
    this.#exchange.facts.firstByteMs ??= this.#heardAtMs - this.#exchange.startedAtMs
    this.#flushSoon()
  }

  /** Completeness is judged by `messageStop`: the end of the body proves nothing. */
  onEnd(): void {
    if (this.#ended) return
    if (this.#translator.stopped) this.#finish()
    else
      this.#fail(
        new GatewayError('upstream_incomplete', 'Bedrock ended the stream before the reply was complete.'),
      )
  }

  onError(error: GatewayError): void {
    if (this.#ended) return
    if (this.#translator.stopped) this.#finish()
    else this.#fail(error)
  }

  sweep(nowMs: number): void {
    const { limits } = this.#pipeline
    if (this.#stalledSinceMs !== null) {
      // Nothing was read meanwhile: Bedrock's silence is ours.
      this.#heardAtMs = nowMs
      if (nowMs - this.#stalledSinceMs >= limits.writeStallMs) this.#exchange.close()
    } else if (nowMs - this.#heardAtMs >= limits.streamSilenceMs) {
      const seconds = Math.round(limits.streamSilenceMs / 1000)
      const message = `Bedrock was silent for ${seconds} s (BEDROCKD_STREAM_SILENCE_SECONDS).`
      this.#fail(new GatewayError('upstream_timeout', message))
    } else if (nowMs - this.#wroteAtMs >= limits.pingMs) {
      if (this.#client === null) this.#open()
      this.#write(PING, nowMs)
    }
  }

  shutDown(): void {
    this.#fail(new GatewayError('draining', 'The gateway is shutting down: send the request again.'))
  }

  describe(nowMs: number): StreamInfo {
    return {
      id: this.#exchange.requestId,
      model: this.#chat.target.id,
      region: this.#chat.target.region,
      startedAtMs: Date.now() - (nowMs - this.#exchange.startedAtMs),
      events: this.#eventsTotal,
      bytes: this.#bytesTotal,
      paused: this.#stalledSinceMs !== null,
      silentForMs: Math.round(nowMs - this.#heardAtMs),
    }
  }

  /** Commits the 200. */
  #open(): void {
    this.#client = this.#exchange.openEventStream()
    this.#client.onDrain = () => {
      if (this.#stalledSinceMs === null || this.#ended) return
      this.#stalledSinceMs = null
      this.#flush()
      if (this.#stalledSinceMs === null) this.#call?.resume()
    }
  }

  /**
   * undici calls once for each HTTP chunk, and one read of a socket may bring hundreds: the next tick comes when all are
   * here. A write for each chunk costs 2.5 µs per event more.
   */
  #flushSoon(): void {
    if (this.#out.length > WRITE_CHARACTERS_MAX) {
      this.#flush()
    } else if (!this.#flushDue) {
      this.#flushDue = true
      process.nextTick(this.#flushAfterRead)
    }
  }

  /** One write for everything that one read brought; a client that is behind gets it when it has caught up. */
  #flush(): void {
    if (this.#out === '') return
    if (this.#stalledSinceMs !== null) {
      this.#checkBuffer()
      return
    }
    const events = this.#out
    this.#out = ''
    this.#write(events, this.#heardAtMs)
  }

  /** Reading was paused, so that at most what was already read can wait here. */
  #checkBuffer(): void {
    if (this.#out.length > this.#pipeline.limits.streamBufferBytesMax) this.#exchange.close()
  }

  #write(events: string, nowMs: number): void {
    if (this.#client === null) return
    this.#wroteAtMs = nowMs
    this.#bytesTotal += events.length
    if (this.#client.write(events)) return
    this.#stalledSinceMs = nowMs
    this.#call?.pause()
  }

  #finish(): void {
    this.#end(this.#out + DONE)
  }

  /** Before the 200 an error is a status of its own, after it an event. */
  #fail(error: GatewayError): void {
    this.#exchange.facts.error = error
    if (this.#client === null) {
      this.#end()
      this.#exchange.replyError(error)
    } else this.#end(`${this.#out}data: ${toErrorBody(error)}\n\n${DONE}`)
  }

  #end(lastEvents: string | null = null): void {
    if (this.#ended) return
    this.#ended = true
    this.#pipeline.registry.remove(this)
    this.#call?.abort()
    const usage = this.#translator.usage
    this.#exchange.facts.promptTokens = usage?.promptTokens ?? null
    this.#exchange.facts.completionTokens = usage?.completionTokens ?? null
    if (lastEvents !== null && !this.#exchange.over) this.#client?.end(lastEvents)
  }
}

/** What a bad frame or payload means for the client: the rest of the stream can't be trusted. */
function toStreamError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error
  if (error instanceof FrameError || error instanceof TypeError) {
    return new GatewayError('upstream_error', 'Bedrock sent a damaged event; the reply is incomplete.', {
      cause: error,
    })
  }
  return toGatewayError(error)
}
