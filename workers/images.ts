import { once } from 'node:events'
import type { MessagePort } from 'node:worker_threads'
import type { RegionAccess } from '../src/aws/access.js'
import { createBedrockClient } from '../src/aws/bedrock-client.js'
import { toErrorData } from '../src/aws/error-data.js'
import { createInvokeClient } from '../src/aws/invoke-client.js'
import { toRegionAccess } from '../src/aws/plain-access.js'
import { GatewayError } from '../src/errors.js'
import type { FromImagesWorker, MakeImagesTask, ReadOrder } from '../src/images/tasks.js'
import { type EncodedImage, readImages } from './read-images.js'

/** By region, as the newest task brought it. */
const accesses = new Map<string, RegionAccess>()

/** One for the thread: its connections are kept from call to call. */
const { invoke } = createInvokeClient(
  createBedrockClient({
    access: { forRegion: requireAccess, refused: () => {} },
    now: Date.now,
  }),
)

function requireAccess(region: string): RegionAccess {
  const access = accesses.get(region)
  if (access === undefined) throw new Error('no task brought access to this region')
  return access
}

/**
 * Piscina's entry point: makes one InvokeModel call and reads the pictures of its reply, then hands these out over `port`, a
 * window at a time. Ends when all was read, or with `port`: that the main thread closes it cancels the call.
 */
export default async function makeImages(task: MakeImagesTask): Promise<void> {
  const { access, target, payloadHash, headers, timeoutMs, port, body } = task
  const gone = new AbortController()
  port.once('close', () => gone.abort())
  const store = new PictureStore(port)
  try {
    accesses.set(access.region, toRegionAccess(access))
    const { parts, ...facts } = await invoke(
      { target, body, payloadHash, headers },
      { signal: gone.signal, timeoutMs },
    )
    const result = await readImages({ ...task, parts })
    if (gone.signal.aborted) return
    const { requestId } = facts
    if (result.type !== 'images') say(port, result)
    else {
      const { images, filtered, failed } = result
      say(port, { type: 'made', requestId, filtered, failed, images: store.keep(images) })
      if (images.length > 0) await once(gone.signal, 'abort')
    }
  } catch (error) {
    // Anything else is a fault of this program: the pool tells the main thread.
    if (!(error instanceof GatewayError)) throw error
    const moved = typeof body === 'string' ? [] : [body.buffer as ArrayBuffer]
    say(port, { type: 'failed', error: toErrorData(error), body }, moved)
  } finally {
    port.close()
  }
}

function say(port: MessagePort, message: FromImagesWorker, moved: readonly ArrayBuffer[] = []): void {
  port.postMessage(message, [...moved])
}

/** The pictures of one call, until they are read: each is let go with its last byte, and the port is closed with the last picture. */
class PictureStore {
  readonly #pictures = new Map<number, Uint8Array>()
  readonly #port: MessagePort

  constructor(port: MessagePort) {
    this.#port = port
    port.on('message', (order: ReadOrder) => this.#read(order))
  }

  keep(images: readonly EncodedImage[]) {
    return images.map(({ bytes, ...image }, index) => {
      this.#pictures.set(index, bytes)
      return { ...image, index, bytesTotal: bytes.length }
    })
  }

  #read({ image, start, into }: ReadOrder): void {
    const bytes = this.#pictures.get(image)
    if (bytes === undefined) {
      // Tells the main thread that there is nothing more.
      this.#port.close()
      return
    }
    const end = start + into.length
    into.set(bytes.subarray(start, end))
    say(this.#port, { type: 'read' })
    if (end < bytes.length) return
    this.#pictures.delete(image)
    if (this.#pictures.size === 0) this.#port.close()
  }
}
