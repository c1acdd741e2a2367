import { MessageChannel, type MessagePort } from 'node:worker_threads'
import type { Access } from '../aws/access.js'
import { fromErrorData } from '../aws/error-data.js'
import type { ImagesPool } from '../aws/worker-pool.js'
import { GatewayError } from '../errors.js'
import type { RemoteBytes } from '../remote-bytes.js'
import type { CallBody, FromImagesWorker, MakeImagesTask, ReadImage, ReadOrder, ReplyFacts } from './tasks.js'

/** One InvokeModel call, and what is to become of its pictures. */
export interface ImageOrder extends Omit<MakeImagesTask, 'access' | 'port' | 'body'> {
  /** Moves to the worker; after a failure it is back. */
  readonly body: { content: CallBody }
}

export interface MakeOptions {
  /** Cancels the call: the connection to Bedrock closes at once, and the promise rejects with `client_closed`. */
  readonly signal: AbortSignal
  /** Aborts when nobody wants the pictures any more, read or not: their memory is freed. */
  readonly done: AbortSignal
}

/** What came of a call; its pictures stay in the worker. */
export type MadeReply =
  | (ReplyFacts & { readonly type: 'made'; readonly images: readonly ReadImage[] })
  /** Not what its protocol says. */
  | { readonly type: 'malformed' }
  /** A reply to a guarded call that does not say what the guardrail did. */
  | { readonly type: 'unwatched' }

/** Makes pictures in a worker, so that no byte of them is read, parsed or kept by the event loop's thread. */
export interface ImageMaker {
  /** Rejects with a `GatewayError`. Nothing is retried but a request that died on a stale connection. */
  make(order: ImageOrder, options: MakeOptions): Promise<MadeReply>
}

export interface ImageMakerOptions {
  readonly access: Pick<Access, 'plainFor' | 'refused'>
  readonly pool: ImagesPool
}

export function createImageMaker(options: ImageMakerOptions): ImageMaker {
  return { make: (order, signals) => make(order, signals, options) }
}

async function make(
  { body, ...order }: ImageOrder,
  { signal, done }: MakeOptions,
  { access, pool }: ImageMakerOptions,
): Promise<MadeReply> {
  const plainAccess = access.plainFor(order.target.region)
  const { port1, port2 } = new MessageChannel()
  const call = new WorkerCall(port1)
  const { content } = body
  const moved = typeof content === 'string' ? [] : [content.buffer as ArrayBuffer]
  const endOfCall = closeOn(signal, call)
  try {
    const first = call.next()
    const task: MakeImagesTask = { ...order, access: plainAccess, body: content, port: port2 }
    // Its failures end the call; its end says nothing.
    pool.run(task, [port2, ...moved]).catch((cause: unknown) => call.close(cause))
    const message = await first
    switch (message.type) {
      case 'made':
        call.onClosed = closeOn(done, call)
        return { ...message, images: message.images.map((image) => toReadImage(image, call)) }
      case 'failed':
        body.content = message.body
        if (message.error.code === 'aws_credentials') access.refused()
        throw fromErrorData(message.error)
      case 'malformed':
      case 'unwatched':
        return message
      case 'read':
        throw new GatewayError('internal_error', 'The gateway failed to handle this request.')
      default:
        return message satisfies never
    }
  } finally {
    endOfCall()
  }
}

/** Returns what takes it back. */
function closeOn(signal: AbortSignal, call: WorkerCall): () => void {
  const close = (): void => call.close(new GatewayError('client_closed', 'The client went away.'))
  if (signal.aborted) close()
  else signal.addEventListener('abort', close, { once: true })
  return () => signal.removeEventListener('abort', close)
}

/** The near end of one call: an answer for each question, in order. */
class WorkerCall {
  /** Called once when nothing is to be had of it any more. */
  onClosed: (() => void) | null = null
  #closedBy: unknown = null
  readonly #port: MessagePort
  readonly #waiting: { resolve(message: FromImagesWorker): void; reject(cause: unknown): void }[] = []

  constructor(port: MessagePort) {
    this.#port = port
    port.on('message', (message: FromImagesWorker) => this.#waiting.shift()?.resolve(message))
    port.once('close', () => this.close(new GatewayError('internal_error', 'A worker of the gateway ended.')))
  }

  /** The next message. Rejects with what closed it. */
  next(): Promise<FromImagesWorker> {
    return new Promise((resolve, reject) => {
      if (this.#closedBy !== null) reject(this.#closedBy)
      else this.#waiting.push({ resolve, reject })
    })
  }

  async read(order: ReadOrder): Promise<void> {
    const filled = this.next()
    this.#port.postMessage(order)
    await filled
  }

  /** The worker breaks off what it does for this call, and forgets the pictures. */
  close(cause: unknown): void {
    if (this.#closedBy !== null) return
    this.#closedBy = cause
    this.#port.close()
    this.onClosed?.()
    for (const { reject } of this.#waiting.splice(0)) reject(cause)
  }
}

type MadeImage = Extract<FromImagesWorker, { readonly type: 'made' }>['images'][number]

function toReadImage({ bytesTotal, ...image }: MadeImage, call: WorkerCall): ReadImage {
  return { ...image, bytes: new PictureBytes(call, image.index, { start: 0, end: bytesTotal }) }
}

/** Bytes of one picture, from `start` up to `end`. */
class PictureBytes implements RemoteBytes {
  readonly #call: WorkerCall
  readonly #image: number
  readonly #start: number
  readonly #end: number

  constructor(
    call: WorkerCall,
    image: number,
    { start, end }: { readonly start: number; readonly end: number },
  ) {
    this.#call = call
    this.#image = image
    this.#start = start
    this.#end = end
  }

  get length(): number {
    return this.#end - this.#start
  }

  subarray(start: number, end: number): RemoteBytes {
    const place = { start: this.#start + start, end: Math.min(this.#end, this.#start + end) }
    return new PictureBytes(this.#call, this.#image, place)
  }

  read(into: Uint8Array): Promise<void> {
    return this.#call.read({ image: this.#image, start: this.#start, into })
  }
}
