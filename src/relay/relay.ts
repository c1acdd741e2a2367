import type { StreamInfo } from '../admin/types.js'
import type { BedrockCall, BedrockHandler } from '../aws/bedrock-client.js'
import { drainingError, type GatewayError } from '../errors.js'
import type { Exchange } from '../http/exchange.js'
import type { ReplyHead } from '../openai/chunks.js'
import type { Usage } from '../openai/types.js'
import type { Pipeline } from '../pipeline.js'
import type { PreparedChat } from '../prepare-chat.js'
import { toStreamInfo, type Watched } from '../stream-registry.js'
import type { KeptThoughts } from '../translate/policy.js'

export interface RelayOptions {
  readonly exchange: Exchange
  readonly chat: Pick<PreparedChat, 'target' | 'plan' | 'choices' | 'upstreamStreams'>
  readonly head: ReplyHead
  readonly pipeline: Pipeline
}

/** Sends the chat once; each choice of a reply is a call of its own. */
export type Send = (handler: BedrockHandler) => BedrockCall

/** What a chat's way back has in common, streamed or not: a call to Bedrock for each choice, one client, one end. */
export abstract class Relay implements Watched {
  place = -1
  protected readonly exchange: Exchange
  readonly chat: RelayOptions['chat']
  protected readonly head: ReplyHead
  protected readonly pipeline: Pipeline
  protected ended = false
  /** Monotonic milliseconds of the last sign of Bedrock. */
  protected heardAtMs: number
  readonly #calls: BedrockCall[] = []

  constructor({ exchange, chat, head, pipeline }: RelayOptions) {
    this.exchange = exchange
    this.chat = chat
    this.head = head
    this.pipeline = pipeline
    this.heardAtMs = pipeline.now()
  }

  abstract sweep(nowMs: number): void
  /** The way back of one choice. */
  protected abstract createHandler(choice: number): BedrockHandler
  /** Ends, and tells the client what went wrong. Does nothing once ended. */
  protected abstract fail(error: GatewayError): void
  protected abstract progress(): Pick<StreamInfo, 'events' | 'bytes' | 'paused'>

  /** Throws what `send` throws, with every call cancelled. */
  start(send: Send): void {
    this.exchange.onClientGone = () => this.end()
    try {
      for (let choice = 0; choice < this.chat.choices && !this.ended; choice += 1) {
        this.#calls.push(send(this.createHandler(choice)))
      }
    } catch (error) {
      this.end()
      throw error
    }
    if (this.ended) this.#abort()
    else this.pipeline.registry.add(this)
  }

  shutDown(): void {
    this.fail(drainingError())
  }

  describe(nowMs: number): StreamInfo {
    const times = { nowMs, heardAtMs: this.heardAtMs }
    return toStreamInfo(this.exchange, this.chat.target, { ...times, ...this.progress() })
  }

  protected pause(): void {
    for (const call of this.#calls) call.pause()
  }

  protected resume(): void {
    for (const call of this.#calls) call.resume()
  }

  /** Notes what the calls cost, once all of it is known. */
  protected count(usage: Usage | null): void {
    this.exchange.facts.promptTokens = usage?.promptTokens ?? null
    this.exchange.facts.completionTokens = usage?.completionTokens ?? null
  }

  /** A parameter that the model refused was left out of the call. */
  noteDropped(parameter: string): void {
    this.exchange.dropped = [...this.exchange.dropped, parameter]
  }

  /** For the next turn of a client that sends no thoughts back. */
  protected keep(thoughts: KeptThoughts | null): void {
    if (thoughts !== null) this.pipeline.receiver.thoughts.keep(thoughts)
  }

  /** Lets go of Bedrock: calls that are not over are cancelled, for the account pays by the token. */
  protected end(): void {
    if (this.ended) return
    this.ended = true
    this.pipeline.registry.remove(this)
    this.#abort()
  }

  #abort(): void {
    for (const call of this.#calls) call.abort()
  }
}
