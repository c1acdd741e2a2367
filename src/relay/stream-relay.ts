import type { StreamInfo } from '../admin/types.js'
import type { BedrockHandler, ReplyHead as BedrockReplyHead } from '../aws/bedrock-client.js'
import { FrameError } from '../bedrock/frame-decoder.js'
import { GatewayError, toGatewayError } from '../errors.js'
import type { EventStream, EventStreamListener } from '../http/event-stream.js'
import { DONE, PING, writeUsageChunk } from '../openai/chunks.js'
import { toErrorBody } from '../openai/error-body.js'
import { EventBytes } from '../openai/event-bytes.js'
import { sumUsage } from '../translate/usage.js'
import { createReplyReader } from './dialects.js'
import { Relay, type RelayOptions } from './relay.js'
import type { ReplyReader } from './reply-reader.js'

/** After `messageStop` Bedrock has only usage to say: a body that stays open for this long holds nobody up. */
const END_GRACE_MS = 5_000

/** What the read under way brings, for whichever stream it is. */
const readEvents = new EventBytes()
const NOTHING = Buffer.alloc(0)

/** The way back of one choice. A class, and not a handler of closures: there is one for each open stream, and these were 3 % of it. */
class Leg implements BedrockHandler {
  reader: ReplyReader
  /** Its body has ended after a complete reply. */
  ended = false
  readonly choice: number
  readonly #relay: StreamRelay

  constructor(relay: StreamRelay, choice: number) {
    this.#relay = relay
    this.choice = choice
    this.reader = relay.createReader(choice, relay.chat.upstreamStreams)
  }

  onDropped(parameter: string): void {
    this.#relay.noteDropped(parameter)
  }

  onHeaders({ requestId, streams }: BedrockReplyHead): void {
    // A model that turned out not to stream with tools was asked for the whole reply.
    if (streams !== this.#relay.chat.upstreamStreams)
      this.reader = this.#relay.createReader(this.choice, streams)
    this.#relay.opened(requestId)
  }

  onData(chunk: Buffer): void {
    this.#relay.read(this, chunk)
  }

  onReadEnd(): void {
    this.#relay.flush()
  }

  onEnd(): void {
    this.#relay.finish(this)
  }

  onError(error: GatewayError): void {
    this.#relay.legEnded(this, error)
  }
}

/**
 * Streams from Bedrock to one client, one for each choice. Its life: waiting for Bedrock's headers → open → ended, once.
 * Every end is one of two: finish reasons, usage, `[DONE]`; or an error event, `[DONE]`. A client that goes away aborts
 * the calls.
 */
export class StreamRelay extends Relay implements EventStreamListener {
  readonly #legs: readonly Leg[]
  #client: EventStream | null = null
  /** Events that wait for a client that is behind; null: none. */
  #held: Buffer[] | null = null
  #heldBytes = 0
  #bytesTotal = 0
  #wroteAtMs: number
  /** Since when the client, being behind, has taken nothing; null: it keeps up. */
  #stalledSinceMs: number | null = null

  constructor(options: RelayOptions) {
    super(options)
    const { chat } = options
    this.#wroteAtMs = this.heardAtMs
    this.#legs = Array.from({ length: chat.choices }, (_, choice) => new Leg(this, choice))
  }

  protected createHandler(choice: number): BedrockHandler {
    return this.#legs[choice] as Leg
  }

  createReader(choice: number, upstreamStreams: boolean): ReplyReader {
    const { head, chat } = this
    const options = { head, plan: chat.plan, choice, upstreamStreams, out: readEvents }
    return createReplyReader(chat.target.dialect, options)
  }

  opened(requestId: string | null): void {
    if (this.ended) return
    this.exchange.facts.bedrockRequestId = requestId
    this.heardAtMs = this.pipeline.now()
    if (this.#client === null) this.#open()
  }

  read(leg: Leg, chunk: Buffer): void {
    if (this.ended) return
    this.heardAtMs = this.pipeline.now()
    readEvents.begin(this)
    try {
      leg.reader.push(chunk)
    } catch (error) {
      this.legEnded(leg, toStreamError(error))
      return
    }
    this.#noteEvents()
  }

  #noteEvents(): void {
    if (readEvents.length === 0) return
    this.exchange.facts.firstByteMs ??= this.heardAtMs - this.exchange.startedAtMs
  }

  finish(leg: Leg): void {
    if (this.ended) return
    readEvents.begin(this)
    try {
      leg.reader.finish()
      // A reply that came in one piece is said here.
      this.#noteEvents()
      this.legEnded(leg, null)
    } catch (error) {
      this.legEnded(leg, toStreamError(error))
    }
  }

  /**
   * Bedrock says no more for one choice, well or badly. Completeness is judged by the reader alone: after `messageStop`
   * nothing can fail any more, before it the end of the body is a failure, too.
   */
  legEnded(leg: Leg, error: GatewayError | null): void {
    if (this.ended) return
    if (!leg.reader.reply.stopped) this.fail(error ?? incomplete())
    else {
      leg.ended = true
      if (this.#legs.every(({ ended }) => ended)) this.#endWell()
      else this.flush()
    }
  }

  sweep(nowMs: number): void {
    const { limits } = this.pipeline
    if (this.#stalledSinceMs !== null) {
      // Nothing was read meanwhile: Bedrock's silence is ours.
      this.heardAtMs = nowMs
      if (nowMs - this.#stalledSinceMs >= limits.writeStallMs) this.exchange.close()
    } else if (this.#legs.every(isStopped) && nowMs - this.heardAtMs >= END_GRACE_MS) {
      this.#endWell()
    } else if (nowMs - this.heardAtMs >= limits.streamSilenceMs) {
      const seconds = Math.round(limits.streamSilenceMs / 1000)
      const message = `Bedrock was silent for ${seconds} s (BEDROCKD_STREAM_SILENCE_SECONDS).`
      this.fail(new GatewayError('upstream_timeout', message))
    } else if (nowMs - this.#wroteAtMs >= limits.pingMs) {
      if (this.#client === null) this.#open()
      this.#send(PING, nowMs)
    }
  }

  /** Commits the 200. */
  #open(): void {
    this.#client = this.exchange.openEventStream()
    this.#client.listener = this
  }

  onProgress(): void {
    if (this.#stalledSinceMs !== null) this.#stalledSinceMs = this.pipeline.now()
  }

  onDrain(): void {
    if (this.#stalledSinceMs === null || this.ended) return
    this.#stalledSinceMs = null
    const held = this.#takeHeld()
    if (held !== null) this.#send(held, this.heardAtMs)
    if (this.#stalledSinceMs === null) this.resume()
  }

  /** One write for everything that one read brought; a client that is behind gets it when it has caught up. */
  flush(): void {
    const events = readEvents.take(this)
    if (events === null || this.ended) return
    if (this.#stalledSinceMs === null) this.#send(events, this.heardAtMs)
    else this.#hold(events)
  }

  /** Reading was paused, so that only what was already read can wait: more than that is a client to give up. */
  #hold(events: Buffer): void {
    this.#held ??= []
    this.#held.push(Buffer.from(events))
    this.#heldBytes += events.length
    if (this.#heldBytes > this.pipeline.limits.streamBufferBytesMax) this.exchange.close()
  }

  #takeHeld(): Buffer | null {
    const held = this.#held
    this.#held = null
    this.#heldBytes = 0
    return held === null ? null : Buffer.concat(held)
  }

  #send(events: string | Buffer, nowMs: number): void {
    if (this.#client === null) return
    this.#wroteAtMs = nowMs
    this.#bytesTotal += events.length
    if (this.#client.write(events)) return
    this.#stalledSinceMs = nowMs
    this.pause()
  }

  /** Before the 200 a failure is a status of its own, after it an event. */
  protected fail(error: GatewayError): void {
    if (this.ended) return
    if (this.#legs.every(isStopped)) {
      this.#endWell()
      return
    }
    this.exchange.facts.error = error
    if (this.#client !== null) this.#endWith(`data: ${toErrorBody(error)}\n\n${DONE}`)
    else {
      this.end()
      this.exchange.replyError(error)
    }
  }

  #endWell(): void {
    for (const { reader } of this.#legs) this.keep(reader.reply.kept)
    const usage = sumUsage(this.#legs.map(({ reader }) => reader.reply.usage))
    const asked = this.chat.plan.includeUsage && usage !== null
    this.#endWith(
      asked ? writeUsageChunk(this.head, usage, this.#legs[0]?.reader.reply.serviceTier) + DONE : DONE,
    )
  }

  #endWith(lastEvents: string): void {
    const [held, events] = [this.#takeHeld(), readEvents.take(this)]
    this.end()
    if (this.exchange.over || this.#client === null) return
    this.#client.end(Buffer.concat([held ?? NOTHING, events ?? NOTHING, Buffer.from(lastEvents)]))
  }

  protected override end(): void {
    if (this.ended) return
    super.end()
    this.count(sumUsage(this.#legs.map(({ reader }) => reader.reply.usage)))
  }

  protected progress(): Pick<StreamInfo, 'events' | 'bytes' | 'paused'> {
    return {
      events: this.#legs.reduce((sum, { reader }) => sum + reader.eventsTotal, 0),
      bytes: this.#bytesTotal,
      paused: this.#stalledSinceMs !== null,
    }
  }
}

function isStopped({ reader }: Leg): boolean {
  return reader.reply.stopped
}

function incomplete(): GatewayError {
  return new GatewayError('upstream_incomplete', 'Bedrock ended the stream before the reply was complete.')
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
