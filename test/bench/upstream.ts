import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { stampNow } from './event-clock.js'
import {
  DEFAULT_PLAN,
  LAST_HTTP_CHUNK,
  STREAM_HEAD,
  toConverseReply,
  toFirstFrames,
  toHttpChunk,
  toLastFrames,
  toStampedChunk,
  toStreamReply,
  toTextFrame,
  type UpstreamPlan,
} from './wire.js'

/** A Bedrock Runtime that costs next to nothing: bytes made beforehand, no check of what is asked. */
export interface Upstream {
  readonly port: number
  /** For the requests to come. */
  setPlan(plan: UpstreamPlan): void
  close(): Promise<void>
}

/** Starts an upstream on a free port of loopback. */
export async function startUpstream(): Promise<Upstream> {
  const pacer = new Pacer()
  let replies = toReplies(DEFAULT_PLAN)
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    answerRequests(socket, (streamed) => reply(socket, streamed))
  })

  function reply(socket: Socket, streamed: boolean): void {
    const { plan } = replies
    if (!streamed) socket.write(replies.converse)
    else if (plan.firstTokenDelayMs > 0) replyLate(socket, plan)
    else if (plan.eventsPerSecond > 0) pacer.add(socket, plan)
    else socket.write(replies.stream)
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    setPlan(plan) {
      if (plan.cutsRunning) pacer.cut()
      replies = toReplies(plan)
    },
    async close() {
      pacer.stop()
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

function toReplies(plan: UpstreamPlan) {
  return { plan, stream: toStreamReply(plan), converse: toConverseReply(plan) }
}

/** Calls `onRequest` at the end of each request. Of a request it reads no more than its length and its kind. */
function answerRequests(socket: Socket, onRequest: (streamed: boolean) => void): void {
  let pending: Buffer | null = null
  let bodyLeft = 0
  let streamed = false
  socket.on('data', (chunk: Buffer) => {
    let bytes = pending === null ? chunk : Buffer.concat([pending, chunk])
    pending = null
    while (bytes.length > 0) {
      if (bodyLeft === 0) {
        const headEnd = bytes.indexOf('\r\n\r\n')
        if (headEnd < 0) {
          pending = bytes
          return
        }
        const head = bytes.toString('latin1', 0, headEnd)
        streamed = head.slice(0, head.indexOf('\r\n')).includes('/converse-stream')
        bodyLeft = Number(/content-length: *(\d+)/i.exec(head)?.[1] ?? 0)
        bytes = bytes.subarray(headEnd + 4)
        if (bodyLeft === 0) onRequest(streamed)
      }
      const taken = Math.min(bodyLeft, bytes.length)
      bodyLeft -= taken
      bytes = bytes.subarray(taken)
      if (taken > 0 && bodyLeft === 0) onRequest(streamed)
    }
  })
}

/** The first event says how long it really waited, so that the timer's own lateness can be taken off. */
function replyLate(socket: Socket, plan: UpstreamPlan): void {
  const arrivedMs = performance.now()
  socket.write(Buffer.concat([STREAM_HEAD, toHttpChunk(toFirstFrames())]))
  setTimeout(() => {
    if (socket.destroyed) return
    socket.write(toHttpChunk(toTextFrame((performance.now() - arrivedMs) * 1000)))
    const more = Array<Buffer>(plan.events - 1).fill(toHttpChunk(toTextFrame(0)))
    socket.write(Buffer.concat([...more, toHttpChunk(toLastFrames(plan.events)), LAST_HTTP_CHUNK]))
  }, plan.firstTokenDelayMs)
}

interface Paced {
  readonly socket: Socket
  readonly periodMs: number
  readonly last: Buffer
  left: number
  dueMs: number
}

/**
 * Streams at a steady pace, one event per write, each at a phase of its own: real streams do not tick together. Every event is
 * stamped with the time of its writing.
 */
class Pacer {
  readonly #streams = new Set<Paced>()
  #timer: NodeJS.Timeout | null = null
  #started = 0

  add(socket: Socket, plan: UpstreamPlan): void {
    const periodMs = 1000 / plan.eventsPerSecond
    // Multiples of the golden ratio spread evenly, however many there are.
    const phase = (this.#started * 0.618033988749895) % 1
    this.#started += 1
    socket.write(Buffer.concat([STREAM_HEAD, toHttpChunk(toFirstFrames())]))
    const stream: Paced = {
      socket,
      periodMs,
      last: Buffer.concat([toHttpChunk(toLastFrames(plan.events)), LAST_HTTP_CHUNK]),
      left: plan.events,
      dueMs: performance.now() + phase * periodMs,
    }
    this.#streams.add(stream)
    socket.once('close', () => this.#streams.delete(stream))
    this.#timer ??= setInterval(() => this.#tick(), 1)
  }

  cut(): void {
    for (const { socket } of this.#streams) socket.destroy()
    this.stop()
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
    this.#streams.clear()
  }

  #tick(): void {
    const nowMs = performance.now()
    for (const stream of this.#streams) {
      while (stream.left > 0 && stream.dueMs <= nowMs) {
        stream.socket.write(toStampedChunk(stampNow()))
        stream.left -= 1
        stream.dueMs += stream.periodMs
      }
      if (stream.left > 0 || stream.dueMs > nowMs) continue
      this.#streams.delete(stream)
      stream.socket.write(stream.last)
    }
    if (this.#streams.size === 0) this.stop()
  }
}
