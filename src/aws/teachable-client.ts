import { type Lesson, lessonOf } from '../bedrock/lessons.js'
import { takeOutOf } from '../bedrock/take-outs.js'
import { type GatewayError, toGatewayError } from '../errors.js'
import type {
  BedrockCall,
  BedrockClient,
  BedrockHandler,
  BedrockRequest,
  ReplyHead,
} from './bedrock-client.js'
import { type TakeOutResult, takeOut } from './take-out-task.js'
import type { BodiesPool } from './worker-pool.js'

export interface TeachableClientOptions {
  readonly client: BedrockClient
  readonly bodies: Pick<BodiesPool, 'run'>
  /** Larger bodies are parsed in the pool. */
  readonly bodyInlineBytesMax: number
  /** Hears of a parameter without which the model answered. */
  readonly onLesson: (target: BedrockRequest['target'], parameter: string) => void
}

/** Each parameter is left out once; a model that refuses one sampling parameter may refuse the next in a second reply. */
const LESSONS_PER_CALL_MAX = 3

/**
 * The same client, but a call that Bedrock refuses because of a parameter is sent again without it, and the handler hears
 * only of the last try and of what it went without. A model that streams no tools is asked for the whole reply instead. What was left out is a lesson once the model has answered.
 */
export function createTeachableClient(options: TeachableClientOptions): BedrockClient {
  return {
    send(request, handler) {
      const call = new TeachableCall(options, request, handler)
      call.start()
      return call
    },
    close: () => options.client.close(),
  }
}

class TeachableCall implements BedrockCall, BedrockHandler {
  readonly #options: TeachableClientOptions
  readonly #handler: BedrockHandler
  readonly #lessons: Lesson[] = []
  #request: BedrockRequest
  #call: BedrockCall | null = null
  #answered = false
  #aborted = false
  #paused = false

  constructor(options: TeachableClientOptions, request: BedrockRequest, handler: BedrockHandler) {
    this.#options = options
    this.#request = request
    this.#handler = handler
  }

  start(): void {
    this.#call = this.#options.client.send(this.#request, this)
  }

  pause(): void {
    this.#paused = true
    this.#call?.pause()
  }

  resume(): void {
    this.#paused = false
    this.#call?.resume()
  }

  abort(): void {
    this.#aborted = true
    this.#call?.abort()
  }

  onHeaders(head: ReplyHead): void {
    this.#answered = true
    const { target, ownFields } = this.#request
    for (const { parameter, lasting } of this.#lessons) {
      const { saidAs, fields } = takeOutOf(parameter)
      // A field in a client's own words may be wrong in itself, or need another one beside it: nobody else shall miss it.
      const own = fields.filter((field) => ownFields.includes(field))
      if (lasting && own.length === 0) this.#options.onLesson(target, parameter)
      for (const name of own.length > 0 || saidAs === null ? own : [saidAs]) this.#handler.onDropped?.(name)
    }
    // Not sent again, and a stream may last an hour.
    this.#request = { ...this.#request, body: '' }
    // Said between two tries, when there was no connection to pause.
    if (this.#paused) this.#call?.pause()
    this.#handler.onHeaders(head)
  }

  onData(chunk: Buffer): void {
    this.#handler.onData(chunk)
  }

  onReadEnd(): void {
    this.#handler.onReadEnd?.()
  }

  onEnd(): void {
    this.#handler.onEnd()
  }

  onError(error: GatewayError): void {
    const lesson = this.#answered ? null : this.#toLesson(error)
    if (lesson === null) this.#handler.onError(error)
    else this.#tryWithout(lesson, error)
  }

  /** A lesson that another try can make use of. */
  #toLesson({ upstream, message }: GatewayError): Lesson | null {
    // A 403 tells of models without a prompt cache (BerriAI/litellm#39210).
    if (upstream?.status !== 400 && upstream?.status !== 403) return null
    if (this.#lessons.length >= LESSONS_PER_CALL_MAX || this.#request.target.dialect !== 'converse') {
      return null
    }
    const lesson = lessonOf(message)
    if (lesson === null) return null
    // What no client would miss is nothing to be asked about.
    return this.#request.dropsParams || takeOutOf(lesson.parameter).saidAs === null ? lesson : null
  }

  #tryWithout(lesson: Lesson, refusal: GatewayError): void {
    const { body, stream } = this.#request
    this.#call = null
    const inOnePiece = lesson.parameter === 'streaming_tools'
    if (inOnePiece && !stream) {
      this.#sendAgain(null, lesson, refusal)
      return
    }
    const change = (result: TakeOutResult): Partial<BedrockRequest> | null =>
      inOnePiece ? { ...result, stream: false } : result
    // Characters of a string stand for its bytes: near enough to tell what is quick to parse.
    if (body.length <= this.#options.bodyInlineBytesMax) {
      const without = takeOut({ body, parameter: lesson.parameter })
      this.#sendAgain(change(without === null ? null : { body: without, payloadHash: null }), lesson, refusal)
      return
    }
    this.#takeOutInPool(lesson.parameter).then(
      (result) => this.#sendAgain(change(result), lesson, refusal),
      // The pool is overloaded, or gone: the refusal is what the client can do something about.
      () => this.#sendAgain(null, lesson, refusal),
    )
  }

  async #takeOutInPool(parameter: string): Promise<TakeOutResult> {
    // Copied, not moved: other choices of the same chat are sent with the same memory.
    const task = { body: this.#request.body, parameter }
    return (await this.#options.bodies.run(task, { name: 'takeOutParameter' })) as TakeOutResult
  }

  #sendAgain(change: Partial<BedrockRequest> | null, lesson: Lesson, refusal: GatewayError): void {
    if (this.#aborted) return
    if (change === null) {
      this.#handler.onError(refusal)
      return
    }
    this.#lessons.push(lesson)
    this.#request = { ...this.#request, ...change }
    try {
      this.start()
    } catch (error) {
      this.#handler.onError(toGatewayError(error))
    }
  }
}
