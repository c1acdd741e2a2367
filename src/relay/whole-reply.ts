import type { StreamInfo } from '../admin/types.js'
import type { BedrockCall, BedrockHandler } from '../aws/bedrock-client.js'
import type { ConverseResponse } from '../bedrock/types.js'
import { drainingError, GatewayError } from '../errors.js'
import type { Exchange } from '../http/exchange.js'
import type { ReplyHead } from '../openai/chunks.js'
import { toCompletionBody } from '../openai/completion.js'
import type { Pipeline } from '../pipeline.js'
import type { PreparedChat } from '../prepare-chat.js'
import type { Watched } from '../stream-registry.js'
import { toCompletion } from '../translate/completion.js'
import type { RelayOptions } from './stream-relay.js'

/** One reply that is not streamed: collected, translated, sent. A client that goes away aborts the call. */
export class WholeReply implements BedrockHandler, Watched {
  readonly #exchange: Exchange
  readonly #chat: PreparedChat
  readonly #head: ReplyHead
  readonly #pipeline: Pipeline
  readonly #parts: Buffer[] = []
  readonly #sentAtMs: number
  #bytesTotal = 0
  #call: BedrockCall | null = null
  #ended = false

  constructor({ exchange, chat, head, pipeline }: RelayOptions) {
    this.#exchange = exchange
    this.#chat = chat
    this.#head = head
    this.#pipeline = pipeline
    this.#sentAtMs = pipeline.now()
  }

  start(call: BedrockCall): void {
    if (this.#ended) return
    this.#call = call
    this.#pipeline.registry.add(this)
    this.#exchange.onClientGone = () => this.#end()
  }

  onHeaders(requestId: string | null): void {
    const { facts, startedAtMs } = this.#exchange
    facts.bedrockRequestId = requestId
    facts.firstByteMs = this.#pipeline.now() - startedAtMs
  }

  onData(chunk: Buffer): void {
    this.#parts.push(chunk)
    this.#bytesTotal += chunk.length
  }

  onEnd(): void {
    if (this.#ended) return
    this.#end()
    try {
      const response = JSON.parse(Buffer.concat(this.#parts).toString('utf8')) as ConverseResponse
      const completion = toCompletion(response)
      this.#exchange.facts.promptTokens = completion.usage.promptTokens
      this.#exchange.facts.completionTokens = completion.usage.completionTokens
      this.#exchange.replyJson(200, toCompletionBody(this.#head, completion))
    } catch (cause) {
      this.#exchange.replyError(
        new GatewayError('upstream_error', 'Bedrock sent a reply that is not a Converse reply.', { cause }),
      )
    }
  }

  onError(error: GatewayError): void {
    this.#fail(error)
  }

  sweep(nowMs: number): void {
    const { upstreamMs } = this.#pipeline.limits
    if (nowMs - this.#sentAtMs < upstreamMs) return
    const seconds = Math.round(upstreamMs / 1000)
    this.#fail(
      new GatewayError(
        'upstream_timeout',
        `Bedrock took longer than ${seconds} s (BEDROCKD_UPSTREAM_SECONDS).`,
      ),
    )
  }

  shutDown(): void {
    this.#fail(drainingError())
  }

  describe(nowMs: number): StreamInfo {
    return {
      id: this.#exchange.requestId,
      model: this.#chat.target.id,
      region: this.#chat.target.region,
      startedAtMs: Date.now() - (nowMs - this.#exchange.startedAtMs),
      events: 0,
      bytes: this.#bytesTotal,
      paused: false,
      silentForMs: Math.round(nowMs - this.#sentAtMs),
    }
  }

  #fail(error: GatewayError): void {
    if (this.#ended) return
    this.#end()
    this.#exchange.replyError(error)
  }

  #end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#pipeline.registry.remove(this)
    this.#call?.abort()
  }
}
