import type { StreamInfo } from '../admin/types.js'
import type { BedrockHandler } from '../aws/bedrock-client.js'
import { GatewayError } from '../errors.js'
import { toCompletionBody } from '../openai/completion.js'
import type { Completion } from '../translate/completion.js'
import { sumUsage } from '../translate/usage.js'
import { readCompletion } from './dialects.js'
import { Relay, type RelayOptions } from './relay.js'

/** A reply that is not streamed: every choice collected, translated, sent as one. A client that goes away aborts the calls. */
export class WholeReply extends Relay {
  readonly #completions: (Completion | null)[]
  readonly #sentAtMs: number
  #bytesTotal = 0

  constructor(options: RelayOptions) {
    super(options)
    this.#completions = Array<null>(options.chat.choices).fill(null)
    this.#sentAtMs = this.heardAtMs
  }

  protected createHandler(choice: number): BedrockHandler {
    const parts: Buffer[] = []
    return {
      onDropped: (parameter) => this.noteDropped(parameter),
      onHeaders: ({ requestId }) => this.#opened(requestId),
      onData: (chunk) => {
        parts.push(Buffer.from(chunk))
        this.#bytesTotal += chunk.length
      },
      onEnd: () => this.#read(choice, Buffer.concat(parts)),
      onError: (error) => this.fail(error),
    }
  }

  #opened(requestId: string | null): void {
    const { facts, startedAtMs } = this.exchange
    this.heardAtMs = this.pipeline.now()
    facts.bedrockRequestId = requestId
    facts.firstByteMs ??= this.heardAtMs - startedAtMs
  }

  #read(choice: number, body: Buffer): void {
    if (this.ended) return
    try {
      this.#completions[choice] = readCompletion(this.chat.target.dialect, body, this.chat.plan)
    } catch (cause) {
      const message = 'Bedrock sent a reply that is not what its protocol says.'
      this.fail(
        cause instanceof GatewayError ? cause : new GatewayError('upstream_error', message, { cause }),
      )
      return
    }
    const all = this.#completions.filter((completion) => completion !== null)
    if (all.length === this.#completions.length) this.#reply(all)
  }

  #reply(completions: readonly Completion[]): void {
    this.end()
    const usage = sumUsage(completions.map((completion) => completion.usage))
    this.count(usage)
    for (const { kept } of completions) this.keep(kept)
    const choices = completions.map((completion) => completion.choice)
    const serviceTier = completions[0]?.serviceTier ?? null
    this.exchange.replyJson(200, toCompletionBody(this.head, choices, usage, serviceTier))
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
