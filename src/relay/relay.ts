import type { StreamInfo } from '../admin/types.js'
import type { BedrockCall, BedrockHandler } from '../aws/bedrock-client.js'
import { drainingError, type GatewayError } from '../errors.js'
import type { Exchange } from '../http/exchange.js'
import type { ReplyHead } from '../openai/chunks.js'
import type { Pipeline } from '../pipeline.js'
import type { PreparedChat } from '../prepare-chat.js'
import type { Watched } from '../stream-registry.js'

export interface RelayOptions {
  readonly exchange: Exchange
  readonly chat: PreparedChat
  readonly head: ReplyHead
  readonly pipeline: Pipeline
}

/** What a chat's way back has in common, streamed or not: one call to Bedrock, one client, one end. */
export abstract class Relay implements BedrockHandler, Watched {
  protected readonly exchange: Exchange
  protected readonly chat: PreparedChat
  protected readonly pipeline: Pipeline
  protected call: BedrockCall | null = null
  protected ended = false
  /** Monotonic milliseconds of the last sign of Bedrock. */
  protected heardAtMs: number

  constructor({ exchange, chat, pipeline }: RelayOptions) {
    this.exchange = exchange
    this.chat = chat
    this.pipeline = pipeline
    this.heardAtMs = pipeline.now()
  }

  abstract onHeaders(requestId: string | null): void
  abstract onData(chunk: Buffer): void
  abstract onEnd(): void
  abstract sweep(nowMs: number): void
  /** Ends, and tells the client what went wrong. Does nothing once ended. */
  protected abstract fail(error: GatewayError): void
  protected abstract progress(): Pick<StreamInfo, 'events' | 'bytes' | 'paused'>

  start(call: BedrockCall): void {
    if (this.ended) return
    this.call = call
    this.pipeline.registry.add(this)
    this.exchange.onClientGone = () => this.end()
  }

  onError(error: GatewayError): void {
    this.fail(error)
  }

  shutDown(): void {
    this.fail(drainingError())
  }

  describe(nowMs: number): StreamInfo {
    return {
      id: this.exchange.requestId,
      model: this.chat.target.id,
      region: this.chat.target.region,
      startedAtMs: Math.round(Date.now() - (nowMs - this.exchange.startedAtMs)),
      silentForMs: Math.round(nowMs - this.heardAtMs),
      ...this.progress(),
    }
  }

  /** Lets go of Bedrock: a call that is not over is cancelled, for the account pays by the token. */
  protected end(): void {
    if (this.ended) return
    this.ended = true
    this.pipeline.registry.remove(this)
    this.call?.abort()
  }
}
