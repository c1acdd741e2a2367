import type { StreamInfo } from '../admin/types.js'
import type { ConverseResponse } from '../bedrock/types.js'
import { GatewayError } from '../errors.js'
import type { ReplyHead } from '../openai/chunks.js'
import { toCompletionBody } from '../openai/completion.js'
import { toCompletion } from '../translate/completion.js'
import { Relay, type RelayOptions } from './relay.js'

/** One reply that is not streamed: collected, translated, sent. A client that goes away aborts the call. */
export class WholeReply extends Relay {
  readonly #head: ReplyHead
  readonly #parts: Buffer[] = []
  readonly #sentAtMs: number
  #bytesTotal = 0

  constructor(options: RelayOptions) {
    super(options)
    this.#head = options.head
    this.#sentAtMs = this.heardAtMs
  }

  onHeaders(requestId: string | null): void {
    const { facts, startedAtMs } = this.exchange
    this.heardAtMs = this.pipeline.now()
    facts.bedrockRequestId = requestId
    facts.firstByteMs = this.heardAtMs - startedAtMs
  }

  onData(chunk: Buffer): void {
    this.#parts.push(chunk)
    this.#bytesTotal += chunk.length
  }

  onEnd(): void {
    if (this.ended) return
    this.end()
    try {
      const response = JSON.parse(Buffer.concat(this.#parts).toString('utf8')) as ConverseResponse
      const { choice, usage } = toCompletion(response, this.chat.plan)
      this.exchange.facts.promptTokens = usage.promptTokens
      this.exchange.facts.completionTokens = usage.completionTokens
      this.exchange.replyJson(200, toCompletionBody(this.#head, [choice], usage))
    } catch (cause) {
      const message = 'Bedrock sent a reply that is not a Converse reply.'
      this.exchange.replyError(new GatewayError('upstream_error', message, { cause }))
    }
  }

  sweep(nowMs: number): void {
    const { upstreamMs } = this.pipeline.limits
    if (nowMs - this.#sentAtMs < upstreamMs) return
    const seconds = Math.round(upstreamMs / 1000)
    this.fail(
      new GatewayError(
        'upstream_timeout',
        `Bedrock took longer than ${seconds} s (BEDROCKD_UPSTREAM_SECONDS).`,
      ),
    )
  }

  protected fail(error: GatewayError): void {
    if (this.ended) return
    this.end()
    this.exchange.replyError(error)
  }

  protected progress(): Pick<StreamInfo, 'events' | 'bytes' | 'paused'> {
    return { events: 0, bytes: this.#bytesTotal, paused: false }
  }
}
